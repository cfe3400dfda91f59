from dataclasses import replace

import pytest

from simulation.devices.month import simulate
from simulation.devices.plan import DevicePlan
from simulation.devices.truth import lost_after_s, within_s
from simulation.errors import BadPlanError, DoesNotFitError

SMALL = DevicePlan(
    seed=1,
    devices=6,
    branches=3,
    start_ms=1_788_192_000_000,
    days=1,
    transactions_per_device_day=5.0,
    planted={},
)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("devices", 2, "devices is 2; it must be from 3"),
        ("days", 0, "days is 0; it must be from 1 to 366"),
        ("heartbeat_s", 5, "heartbeat_s is 5; it must be from 10"),
        ("most_late_s", 61, "most_late_s is 61; it must be from 1 to 60"),
        ("chatter", "loud", "chatter is 'loud'; it must be one of low, middle, high"),
        ("start_ms", 0, "it must lie from 1980"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_what_can(field: str, value: object, said: str) -> None:
    with pytest.raises(BadPlanError, match=said):
        replace(SMALL, **{field: value})


def test_an_unknown_kind_of_incident_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadPlanError, match="no incident kind 'meteor'; there are: host_down"):
        simulate(replace(SMALL, planted={"meteor": 1}))


def test_more_incidents_than_there_is_room_for_are_refused_by_their_name() -> None:
    with pytest.raises(DoesNotFitError, match=r"host_down: no time is free .* or plan fewer"):
        simulate(replace(SMALL, planted={"host_down": 20}))


def test_what_is_only_usual_is_left_out_where_it_does_not_fit() -> None:
    month = simulate(replace(SMALL, planted=None))
    kinds = {truth.kind for truth in month.truths}
    assert not kinds & {"wear", "firmware_regression", "skimming", "silent_machine"}


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("card_retained", 60),  # at once, and a minute for the way
        ("tamper", 60),
        ("note_jam", 120 + 60),
        ("receipt_out", 600 + 60),
        ("cash_out", 120 + 60),
        ("host_session_lost", 2 * 300 + 60),
    ],
)
def test_an_item_is_due_when_the_hold_of_its_code_is_over(code: str, seconds: int) -> None:
    assert within_s(code, 300) == seconds


def test_a_cut_line_is_work_within_two_heartbeats_a_grace_and_the_hold() -> None:
    assert within_s("branch_link_down", 300, lost_after_s(300)) == 2 * 300 + 15 + 2 * 300 + 60


def test_a_fleet_that_chatters_more_says_more_that_means_nothing() -> None:
    months = [
        simulate(replace(SMALL, days=20, chatter=level, planted={"component_fault": 3}))
        for level in ("low", "middle", "high")
    ]
    blips = [sum(truth.kind in ("blip", "missed_heartbeat") for truth in month.truths) for month in months]
    assert 2 * blips[0] < blips[1] < blips[2] / 2
    assert all(sum(truth.expect == "item" for truth in month.truths) >= 3 for month in months)
