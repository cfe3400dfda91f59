"""Counters and uses tell one story, except where notes were stolen."""

from itertools import pairwise

from domain.telemetry import Telemetry
from tests.simulation.devices.recorded_month import RecordedMonth, begins_ms

NOTE_MINOR = 10_000


def _by_load(reports: list[Telemetry]) -> dict[str, list[tuple[int, int]]]:
    """Give for each load the notes paid out by all cassettes together, by the time of the count."""
    paid: dict[tuple[str, int], int] = {}
    for event in reports:
        counters = event.counters
        if event.component == "cassette" and counters and counters.dispensed is not None:
            key = counters.load or "", event.at_ms
            paid[key] = paid.get(key, 0) + counters.dispensed
    loads: dict[str, list[tuple[int, int]]] = {}
    for (load, at_ms), notes in sorted(paid.items(), key=lambda one: one[0][1]):
        loads.setdefault(load, []).append((at_ms, notes))
    return loads


def _approved(month: RecordedMonth, device: str, from_ms: int, until_ms: int) -> int:
    """Give the notes of approved withdrawals after one time and up to another."""
    used = month.used(device, from_ms + 1, until_ms + 1)
    kept = [use for use in used if use.outcome == "approved" and use.type == "withdrawal"]
    return sum(use.amount_minor for use in kept) // NOTE_MINOR


def test_no_more_notes_leave_than_were_approved_unless_they_are_stolen(month: RecordedMonth) -> None:
    robbed = {
        (truth.devices[0], begins_ms(truth))
        for truth in month.incidents
        if truth.kind in ("jackpotting", "malware")
    }
    uncovered = set()
    for device, reports in month.reports.items():
        for counts in _by_load(reports).values():
            for (before_ms, before), (at_ms, notes) in pairwise(counts):
                assert notes >= before
                if notes - before > _approved(month, device, before_ms, at_ms):
                    uncovered.add((device, before_ms, at_ms))
    assert uncovered
    for device, before_ms, at_ms in uncovered:
        assert any(
            device == thief and before_ms < stolen_ms + 3_600_000 and stolen_ms < at_ms
            for thief, stolen_ms in robbed
        )
    assert {device for device, *_ in uncovered} == {device for device, _ in robbed}


def test_nothing_is_paid_out_of_an_empty_machine(month: RecordedMonth) -> None:
    empty = [truth for truth in month.incidents if truth.kind == "cash_out"]
    assert empty
    for device in {truth.devices[0] for truth in empty}:
        gone_ms = None
        for event in month.reports[device]:
            if event.code == "cash_out" and event.edge == "raise":
                gone_ms = event.at_ms
            elif event.code == "cash_loaded" and gone_ms is not None:
                assert _approved(month, device, gone_ms, event.at_ms) == 0
                gone_ms = None


def test_a_load_brings_new_counters_and_a_full_cassette(month: RecordedMonth) -> None:
    for reports in month.reports.values():
        for at_ms in [event.at_ms for event in reports if event.code == "cash_loaded"]:
            said = month.said(reports[0].device, at_ms, at_ms + 1)
            fresh = [event.counters for event in said if event.component == "cassette" and event.counters]
            assert len(fresh) >= 2
            for counters in fresh:
                assert (counters.remaining, counters.dispensed) in ((2_500, 0), (None, None))
