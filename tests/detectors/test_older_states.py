"""States that an older version of a detector dumped: they are read, and what was told of comes to its end."""

from typing import Any

import msgspec
import pytest

import detectors
from domain.events import Event, Transaction
from domain.findings import Finding
from domain.instants import from_ms
from domain.telemetry import Counters
from tests.detectors.reports import report
from tests.detectors.streams import HOUR_MS, START_MS

THEN_MS = START_MS + HOUR_MS
WEEK = START_MS // (168 * HOUR_MS)


def use(**fields: Any) -> Transaction:
    given = {
        "event_id": "t",
        "card": "c1",
        "device": "d1",
        "branch": "b1",
        "amount_minor": 1,
        "currency": "CNY",
    }
    return Transaction(
        at=from_ms(THEN_MS), at_ms=THEN_MS, channel="atm", type="withdrawal", **given, **fields
    )


# What is dumped, the shape it has, and what ends it: the code that is over. A flag said that it was told of.
OLDER: dict[str, tuple[Any, Event, str]] = {
    "flapping": (
        (START_MS, [("sensors", 0, "module_fault", START_MS, 1 << 20, True)]),
        report(THEN_MS, component="device", code="heartbeat", edge="heartbeat"),
        "flapping",
    ),
    "error_rate": (
        (START_MS, [], [("reads", 1000.0, 10.0, 99, 2, False, True, 1)]),
        use(entry="chip"),
        "card_read_degraded",
    ),
    "cash_out_soon": (
        (
            THEN_MS,
            [("cassette", 1, START_MS, 100_000, None, "l1")],
            START_MS - 240 * HOUR_MS,
            [(START_MS // HOUR_MS - 20, 1_000, 0)],
            [True, False],
        ),
        report(
            THEN_MS,
            component="cassette",
            code="counted",
            edge="count",
            unit=1,
            counters=Counters(remaining=2_000, load="l2"),
        ),
        "cash_out_soon",
    ),
    "supervisor_overstay": (
        (START_MS, START_MS, START_MS, False),
        report(THEN_MS, component="device", code="supervisor_exit", edge="raise"),
        "supervisor_enter",
    ),
    "silent_device": (
        (START_MS, [("d1", START_MS, WEEK - 4, WEEK, 3.0, [2] * 168, None)]),
        use(),
        "",
    ),
}


def resumed(name: str, dumped: Any) -> tuple[Any, Any]:
    made = detectors.build(name, {})
    state = made.load(msgspec.msgpack.decode(msgspec.msgpack.encode(dumped)), 1)
    return made, state


@pytest.mark.parametrize("name", OLDER)
def test_an_older_state_is_read_and_what_it_told_of_ends(name: str) -> None:
    dumped, event, code = OLDER[name]
    made, state = resumed(name, dumped)
    found: tuple[Finding, ...] = made.step(state, event)
    assert [(one.alarm.code, one.alarm.over) for one in found if one.alarm] == (
        [(code, True)] if code else []
    )


@pytest.mark.parametrize(
    ("until_ms", "goes_on"), [(START_MS + HOUR_MS, True), (START_MS - 1, False), (None, False)]
)
def test_a_burst_of_an_older_state_ends_unless_it_had(until_ms: int | None, goes_on: bool) -> None:
    reversals = [(START_MS - HOUR_MS, "c1", 100, "CNY"), (START_MS - 1_000, "c2", 100, "CNY")]
    made, state = resumed("reversal_burst", (START_MS, reversals, [], until_ms))
    assert made.due(state) == (until_ms if goes_on else None)
    found = made.expire(state, START_MS + HOUR_MS)
    assert [one.alarm.since_ms for one in found if one.alarm] == ([START_MS - HOUR_MS] if goes_on else [])


def test_every_detector_that_changed_its_shape_is_tried() -> None:
    changed = {name for name, made in detectors.available().items() if made.state_version > 1}
    assert changed <= {*OLDER, "reversal_burst"}
