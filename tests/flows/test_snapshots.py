"""Snapshots of every format are read; what is due follows the parameters that are in force."""

import pickle
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from flows.plan import ScopePlan
from flows.recovery import RecoveryError
from flows.snapshots import NOTHING, SNAPSHOT_FORMAT, current
from tests.flows.made import KEYS, MINUTE_MS, Bank, Counting, NoticingSilence, minute_ms, plan_of, use

A, B = KEYS[:2]
ONE_LOG = {"one_log": True}


def planned(*detectors: Any, **how: Any) -> ScopePlan:
    """Plan detectors with their parameters, as a profile does."""
    plan = plan_of(*detectors, **how)
    return replace(
        plan, watchers=tuple(replace(each, parameters=asdict(each.detector)) for each in plan.watchers)
    )


def waiting(minutes: int) -> NoticingSilence:
    return replace(NoticingSilence(), wait=timedelta(minutes=minutes))


def told(bank: Bank) -> list[tuple[Any, ...]]:
    return [(name, key, at_ms) for alerts in bank.told.values() for name, key, at_ms, *_ in alerts]


def resumed(before: Any, after: Any, *, format_1: bool = False) -> Bank:
    """Let A fall silent at minute 0 and time pass to minute 8; resume under another plan."""
    bank = Bank(planned(*before, **ONE_LOG))
    bank.read(("p", [use("e1", 0, A), use("e2", 8, B)], False))
    kept = bank.end_epoch()
    if format_1:
        kept = {name: pickle.dumps((1, *pickle.loads(saved)[1:6])) for name, saved in kept.items()}
    bank.resume(kept, planned(*after, **ONE_LOG))
    return bank


@pytest.mark.parametrize("format_1", [True, False])
def test_under_a_shorter_wait_what_is_overdue_is_told_at_once_and_no_earlier_than_time_has_come(format_1):
    bank = resumed([waiting(10)], [waiting(5)], format_1=format_1)
    bank.read(("p", [use("e3", 9, B)], False))
    assert told(bank) == [("NoticingSilence", A, minute_ms(5))]
    (alert,) = [alert for alerts in bank.alerts.values() for alert in alerts]
    assert alert.told_ms == minute_ms(8)
    bank.read(("p", [use("e4", 30, B)], False))
    assert told(bank)[1:] == [("NoticingSilence", B, minute_ms(14))]


def test_under_a_longer_wait_nothing_is_told_early():
    bank = resumed([waiting(10)], [waiting(20)])
    bank.read(("p", [use("e3", 19, B)], False))
    assert told(bank) == []
    bank.read(("p", [use("e4", 21, B)], False))
    assert told(bank) == [("NoticingSilence", A, minute_ms(20))]


def test_what_was_due_under_the_same_parameters_is_not_worked_out_again():
    bank = resumed([waiting(10)], [waiting(10)])
    bank.read(("p", [use("e3", 11, B)], False))
    assert told(bank) == [("NoticingSilence", A, minute_ms(10))]


def test_a_detector_that_is_gone_is_due_no_more_and_one_that_comes_back_begins_anew():
    bank = resumed([waiting(10), Counting()], [Counting()])
    bank.resume(bank.end_epoch(), planned(waiting(10), Counting(), **ONE_LOG))
    bank.read(("p", [use("e3", 40, B)], False), ("p", [use("e4", 60, B)], False))
    assert [each for each in told(bank) if each[0] == "NoticingSilence"] == [
        ("NoticingSilence", B, minute_ms(50))
    ]


def test_a_key_beyond_the_memory_is_not_due_again():
    bank = Bank(planned(waiting(10), **ONE_LOG))
    bank.read(("p", [use("e1", 0, A)], False), ("p", [use("e2", 500, B)], False))
    assert told(bank) == [("NoticingSilence", A, minute_ms(10))]
    bank.resume(bank.end_epoch(), planned(waiting(5), **ONE_LOG))
    bank.read(("p", [use("e3", 501, B)], False))
    assert told(bank) == [("NoticingSilence", A, minute_ms(10))]


def test_what_was_held_back_comes_out_first_where_nobody_waits_any_more():
    late = planned(waiting(10), Counting(), one_log=True, lateness_ms=5 * MINUTE_MS)
    bank = Bank(late)
    bank.read(("p", [use("e2", 3, A), use("e1", 1, A)], False))
    assert told(bank) == []
    bank.resume(bank.end_epoch(), planned(waiting(10), Counting(), **ONE_LOG))
    bank.resume(bank.end_epoch())  # a crash before it came out
    bank.read(("p", [use("e3", 30, A)], False))
    assert told(bank) == [
        ("Counting", A, minute_ms(1)), ("Counting", A, minute_ms(3)),
        ("NoticingSilence", A, minute_ms(13)), ("Counting", A, minute_ms(30)),
    ]  # fmt: skip


def test_a_snapshot_of_a_newer_riskdesk_is_refused():
    with pytest.raises(
        RecoveryError,
        match=f"snapshots of format 99, this riskdesk reads them up to format {SNAPSHOT_FORMAT}",
    ):
        current((99, "whatever"))


def test_no_snapshot_is_an_empty_one():
    assert current(None) is NOTHING
