"""Each incident is what its kind says, judged from the stream and the reference data alone."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import geometric_mean

import pytest

from domain.events import Transaction
from domain.places import distance_km
from simulation.truth import Incident
from tests.simulation.recorded import Recorded

MINUTE = timedelta(minutes=1)


def _only(night: Recorded, kind: str) -> Incident:
    (incident,) = night.of_kind(kind)
    assert isinstance(incident, Incident)
    return incident


def _cities(uses: list[Transaction]) -> list[str]:
    return [use.place.city for use in uses if use.place]


def _speed_kmh(before: Transaction, after: Transaction) -> float:
    assert before.place is not None
    assert after.place is not None
    km = distance_km(before.place.lat, before.place.lon, after.place.lat, after.place.lon)
    km -= before.place.error_km + after.place.error_km
    return km / max((after.at - before.at).total_seconds(), 1) * 3_600


def test_every_planned_kind_is_planted_as_often_as_planned(night: Recorded) -> None:
    planted = Counter(truth.kind for truth in night.truths if isinstance(truth, Incident))
    assert planted == night.plan.incidents


def test_every_incident_names_a_detector_decided_beforehand(night: Recorded) -> None:
    seen_by = {truth.kind: truth.detector for truth in night.truths if isinstance(truth, Incident)}
    assert seen_by == {
        "travel_ring": "impossible_travel",
        "opened_together": "opened_together",
        "impossible_travel": "impossible_travel",
        "burst": "burst",
        "amount_outlier": "amount_outlier",
        "many_cards_one_terminal": "many_cards_one_terminal",
    }


def test_no_card_or_customer_takes_part_twice(night: Recorded) -> None:
    cards = Counter(card for truth in night.truths for card in truth.cards)
    customers = Counter(customer for truth in night.truths for customer in truth.customers)
    assert set(cards.values()) == set(customers.values()) == {1}


def test_the_rings_are_numbered_and_nothing_else_is_a_ring(night: Recorded) -> None:
    rings = {truth.ring: truth.kind for truth in night.truths if isinstance(truth, Incident) and truth.ring}
    assert rings == {"ring-1": "travel_ring", "ring-2": "opened_together"}


def test_eight_cards_of_four_customers_run_in_shanghai_and_half_an_hour_later_in_taipei(
    night: Recorded,
) -> None:
    ring = _only(night, "travel_ring")
    assert (len(ring.cards), len(ring.customers)) == (8, 4)
    assert Counter(night.cards[card].customer for card in ring.cards) == dict.fromkeys(ring.customers, 2)
    for card in ring.cards:
        uses = [use for use in night.uses_of(ring) if use.card == card]
        assert _cities(uses) == ["Shanghai"] * 3 + ["Taipei"] * 3
        assert timedelta(minutes=24) < uses[3].at - uses[2].at < timedelta(minutes=32)
        assert _speed_kmh(uses[2], uses[3]) > 1_200
    atms = {use.terminal for use in night.uses_of(ring) if use.channel == "atm"}
    assert len(atms) == 6


def test_twelve_cards_of_six_customers_opened_together_stir_together_far_away(night: Recorded) -> None:
    ring = _only(night, "opened_together")
    assert (len(ring.cards), len(ring.customers)) == (12, 6)
    opened = [night.cards[card] for card in ring.cards]
    assert Counter(card.customer for card in opened) == dict.fromkeys(ring.customers, 2)
    assert len({card.issued_branch for card in opened}) == 1
    times = [card.issued_at for card in opened]
    assert max(times) - min(times) <= 40 * MINUTE
    start = datetime.fromtimestamp(night.plan.start_ms / 1_000, UTC)
    assert timedelta(weeks=2) < start - max(times) < timedelta(weeks=7)

    stirring = night.uses_of(ring)
    assert {use.card for use in stirring} == set(ring.cards)
    assert stirring[-1].at - stirring[0].at <= timedelta(hours=2)
    (city,) = set(_cities(stirring))
    home = night.branches[opened[0].issued_branch].place
    assert home is not None
    assert stirring[0].place is not None
    assert distance_km(home.lat, home.lon, stirring[0].place.lat, stirring[0].place.lon) > 500, city
    assert len({use.terminal for use in stirring}) > 4
    # They have been asleep: the ring's uses are all there is of these cards.
    assert [use for use in night.uses if use.card in ring.cards and use not in stirring] == []


def test_a_clone_is_elsewhere_sooner_than_its_owner_can_be(night: Recorded) -> None:
    incidents = night.of_kind("impossible_travel")
    simultaneous = 0
    for incident in incidents:
        uses = night.uses_of(incident)
        assert len({use.card for use in uses}) == 1
        gaps = [after.at - before.at for before, after in pairwise(uses)]
        simultaneous += gaps[0] == timedelta(0)
        assert gaps[0] == timedelta(0) or _speed_kmh(uses[0], uses[1]) > 1_500
        assert len(set(_cities(uses))) == 2
    assert simultaneous == 1


def test_nobody_else_contradicts_the_owner_of_a_cloned_card(night: Recorded) -> None:
    for kind in ("impossible_travel", "travel_ring"):
        for incident in night.of_kind(kind):
            planted = night.uses_of(incident)
            for use in night.uses:
                if use.card in incident.cards and use.place and use not in planted:
                    assert min(abs(use.at - other.at) for other in planted) > timedelta(hours=7)


def test_a_burst_is_six_to_twelve_uses_of_one_card_within_ten_minutes(night: Recorded) -> None:
    bursts = [night.uses_of(incident) for incident in night.of_kind("burst")]
    for uses in bursts:
        assert 6 <= len(uses) <= 12
        assert len({use.card for use in uses}) == 1
        assert uses[-1].at - uses[0].at < 10 * MINUTE
        assert len({use.terminal for use in uses}) == 1
    assert {use.channel for uses in bursts for use in uses} == {"ecom", "pos"}


def test_an_outlier_is_far_above_the_habit_of_its_card_and_of_everyone(night: Recorded) -> None:
    planted = {event_id for truth in night.truths for event_id in truth.event_ids}
    everyone = sorted(
        use.amount_minor
        for use in night.uses
        if use.channel == "pos" and use.currency == "CNY" and use.event_id not in planted
    )
    for incident in night.of_kind("amount_outlier"):
        (outlier,) = night.uses_of(incident)
        earlier = [
            use.amount_minor
            for use in night.uses
            if use.card == outlier.card and use.at < outlier.at and use.channel == "pos"
        ]
        assert len(earlier) >= 8
        assert outlier.amount_minor > 20 * geometric_mean(earlier)
        assert outlier.amount_minor > 5 * max(earlier)
        assert outlier.amount_minor > 1.5 * everyone[len(everyone) * 998 // 1_000]


def test_a_runner_empties_cards_at_one_atm_near_the_limit_at_night(night: Recorded) -> None:
    for incident in night.of_kind("many_cards_one_terminal"):
        uses = night.uses_of(incident)
        assert 6 <= len(uses) == len({use.card for use in uses}) == len(incident.customers) <= 10
        assert len({use.terminal for use in uses}) == 1
        assert uses[-1].at - uses[0].at < 20 * MINUTE
        assert all(1_850_000 <= use.amount_minor <= 2_000_000 for use in uses)
        assert {use.type for use in uses} == {"withdrawal"}
        assert uses[0].at.hour in range(1, 5)


@pytest.mark.parametrize("kind", ["burst", "amount_outlier", "many_cards_one_terminal"])
def test_what_is_no_travel_happens_in_the_home_city(night: Recorded, kind: str) -> None:
    home = {branch.place.city for branch in night.branches.values() if branch.place}
    for incident in night.of_kind(kind):
        assert set(_cities(night.uses_of(incident))) <= home
