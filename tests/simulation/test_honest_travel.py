"""Honest people obey physics, judged by an oracle of its own: chords of a sphere, and every pair of uses."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from math import asin, cos, dist, pi, radians, sin

import pytest

from domain.events import CARD_PRESENT, Place, Transaction
from simulation.plan import Plan
from simulation.truth import Incident
from tests.simulation.recorded import Recorded, recorded

FASTEST_KMH = 900.0
FASTEST_BETWEEN_ATMS_KMH = 500.0
# The promise is kept with a tenth to spare.
MARGIN = 0.9
GLOBE_KM = 40_030.2


def _vector(place: Place) -> tuple[float, float, float]:
    phi, lam = radians(place.lat), radians(place.lon)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def _least_km(a: Place, b: Place) -> float:
    around = 2 * asin(min(1.0, dist(_vector(a), _vector(b)) / 2))
    return max(0.0, around / (2 * pi) * GLOBE_KM - a.error_km - b.error_km)


def _honest(night: Recorded) -> dict[str, list[Transaction]]:
    """Give each customer's honest uses of any card at a terminal, in order of time."""
    planted = {
        event_id for truth in night.truths if isinstance(truth, Incident) for event_id in truth.event_ids
    }
    present = defaultdict(list)
    for use in sorted(night.uses, key=lambda use: use.at):
        if use.channel in CARD_PRESENT and use.event_id not in planted:
            present[night.cards[use.card].customer].append(use)
    return present


def _assert_possible(before: Transaction, after: Transaction) -> None:
    assert before.place is not None
    assert after.place is not None
    km = _least_km(before.place, after.place)
    hours = (after.at - (before.ended_at or before.at)).total_seconds() / 3_600
    between_atms = before.channel == after.channel == "atm"
    fastest = FASTEST_BETWEEN_ATMS_KMH if between_atms else FASTEST_KMH
    assert km <= max(0.0, hours) * fastest * MARGIN, f"{km:.0f} km in {hours:.2f} h: {before} {after}"


def test_no_honest_customer_is_anywhere_too_soon(night: Recorded) -> None:
    judged = 0
    for uses in _honest(night).values():
        for index, after in enumerate(uses):
            for before in uses[:index]:
                _assert_possible(before, after)
                judged += 1
    assert judged > 500


@pytest.mark.parametrize("seed", range(20, 26))
def test_a_crowd_of_travellers_is_nowhere_too_soon(usual_plan: Plan, seed: int) -> None:
    plan = replace(usual_plan, seed=seed, customers=250, hours=24 * 6.0, events=9_000, incidents={})
    night = recorded(plan)
    countries = set()
    for uses in _honest(night).values():
        for before, after in pairwise(uses):
            _assert_possible(before, after)
            countries.add(after.place and after.place.country)
    assert len(countries) > 1


def test_nobody_is_in_two_shops_of_a_city_within_a_minute(night: Recorded) -> None:
    for uses in _honest(night).values():
        for before, after in pairwise(uses):
            gap_s = (after.at - (before.ended_at or before.at)).total_seconds()
            assert before.terminal == after.terminal or gap_s >= 60


def test_some_honest_customers_are_far_away_on_one_night(night: Recorded) -> None:
    farthest = max(
        _least_km(a.place, b.place)
        for uses in _honest(night).values()
        for a, b in pairwise(uses)
        if a.place and b.place
    )
    assert farthest > 500
