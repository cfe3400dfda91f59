"""What counts as an alarm that a machine raised."""

from typing import Any

import pytest

from benchmarks.raw_alarms import RawAlarms
from domain.telemetry import Edge, Telemetry


def report(code: str, edge: Edge, severity: int = 0, **fields: Any) -> Telemetry:
    given: dict[str, Any] = {"event_id": "e1", "at": "2026-03-01T00:00:00Z", "device": "d1"}
    return Telemetry(code=code, edge=edge, severity=severity, **given | {"component": "dispenser"} | fields)


def counted(*reports: Telemetry) -> int:
    raw = RawAlarms()
    assert sum(map(raw.add, reports)) == raw.count == sum(raw.by_code.values())
    return raw.count


def test_every_raise_counts_also_of_what_stands_already() -> None:
    assert counted(report("note_jam", "raise", 4), report("note_jam", "raise", 4)) == 2
    assert counted(report("note_jam", "raise", 4), report("note_jam", "clear")) == 1


def test_a_state_counts_when_it_becomes_a_fault_and_not_when_it_is_said_again() -> None:
    bad, good = report("note_jam", "state", 4), report("note_jam", "state", 0)
    assert counted(bad, bad, good, bad) == 2
    assert counted(report("note_jam", "raise", 4), bad) == 1
    assert counted(bad, report("note_jam", "clear"), bad) == 2


def test_a_warning_of_a_module_is_no_fault() -> None:
    assert counted(report("cdm_fatal", "state", 2)) == 0
    assert counted(report("cdm_fatal", "state", 3)) == 1


def test_levels_of_one_condition_take_turns() -> None:
    low = report("cash_low", "state", 2, component="cassette", unit=1)
    out = report("cash_out", "state", 4, component="cassette", unit=1)
    assert counted(low, out, out, low) == 3
    other = report("cash_out", "state", 4, component="cassette", unit=2)
    assert counted(out, other) == 2


@pytest.mark.parametrize(
    "told",
    [
        report("note_error", "raise", 1),
        report("supervisor_enter", "raise"),
        report("made_up_code", "raise", 4),
        report("heartbeat", "heartbeat", component="device"),
        report("cdm_fatal", "count"),
    ],
)
def test_what_asks_for_nobody_is_no_alarm(told: Telemetry) -> None:
    assert counted(told) == 0
