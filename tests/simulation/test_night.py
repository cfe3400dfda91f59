from dataclasses import replace
from itertools import pairwise

import pytest

from domain.instants import to_ms
from simulation.errors import BadPlanError, DoesNotFitError
from simulation.plan import Plan
from tests.simulation.recorded import Recorded, recorded


def test_the_same_plan_gives_the_same_bytes(usual_plan: Plan) -> None:
    assert recorded(usual_plan) == recorded(usual_plan)


def test_another_seed_gives_another_stream(usual_plan: Plan) -> None:
    one, other = recorded(usual_plan), recorded(replace(usual_plan, seed=99))
    assert not set(one.by_id) & set(other.by_id)
    assert not {use.card for use in one.uses} & {use.card for use in other.uses}


def test_there_are_as_many_events_as_asked_for(night: Recorded) -> None:
    assert len(night.by_id) == len(night.events) == night.plan.events


def test_every_event_lies_in_the_window(night: Recorded) -> None:
    window = night.plan.window
    assert all(window.start_ms <= to_ms(event.at) < window.end_ms for event in night.events)


def test_events_arrive_at_most_two_seconds_behind_a_later_one(night: Recorded) -> None:
    times = [to_ms(event.at) for event in night.events]
    behind = [before - after for before, after in pairwise(times) if before > after]
    assert behind
    assert max(behind) <= 2_000


@pytest.mark.parametrize(
    ("customers", "hours", "events"),
    [(1, 1.0, 5), (3, 24.0, None), (40, 0.5, 30), (5_000, 20.0, 400), (50, 24 * 40.0, 9_000)],
)
def test_honest_life_fits_any_size(
    usual_plan: Plan, customers: int, hours: float, events: int | None
) -> None:
    plan = replace(usual_plan, customers=customers, hours=hours, events=events, incidents={})
    night = recorded(plan)
    assert events is None or len(night.events) == events
    assert not [truth for truth in night.truths if truth.detector and hasattr(truth, "ring")]


def test_a_customer_uses_cards_about_three_times_a_day_unless_told_otherwise(usual_plan: Plan) -> None:
    night = recorded(replace(usual_plan, hours=48.0, events=None))
    assert 2 < len(night.events) / night.plan.customers / 2 < 4


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"customers": 12}, "simulate more customers or plan fewer incidents"),
        ({"events": 100}, "ask for more events or plan fewer incidents"),
        ({"hours": 1.0}, "simulate more hours"),
        ({"customers": 8, "incidents": {"many_cards_one_terminal": 2}}, "simulate more customers"),
    ],
)
def test_a_plan_that_does_not_fit_says_what_to_change(
    usual_plan: Plan, change: dict[str, object], advice: str
) -> None:
    with pytest.raises(DoesNotFitError, match=advice):
        recorded(replace(usual_plan, **change))  # type: ignore[arg-type]


def test_an_unknown_kind_of_incident_is_named_with_those_there_are(usual_plan: Plan) -> None:
    with pytest.raises(BadPlanError, match=r"no incident kind 'bursts'; there are: travel_ring, .*burst"):
        recorded(replace(usual_plan, incidents={"bursts": 1}))
