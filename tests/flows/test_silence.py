"""Silence is noticed when event time has passed, at the same times in every run, and once."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Scope
from flows.silence import Silence
from tests.flows.made import (
    ELSEWHERE,
    KEYS,
    MINUTE_MS,
    START_MS,
    Bank,
    NoticingSilence,
    found,
    mark,
    minute_ms,
    plan_of,
    use,
)

A, B = KEYS[:2]


@dataclass(frozen=True, kw_only=True)
class FailingInSilence(NoticingSilence):
    """Fails when its silence has come."""

    def expire(self, state: list[int], at_ms: int) -> Any:
        raise ValueError("no good")


@dataclass(frozen=True, kw_only=True)
class FailingToSay(NoticingSilence):
    """Fails to say when it is due."""

    def due(self, state: list[int]) -> int | None:
        raise ValueError("no good")


@dataclass(frozen=True, kw_only=True)
class NeverContent(NoticingSilence):
    """Forgets to note that it has told of a silence."""

    def expire(self, state: list[int], at_ms: int) -> Any:
        return found(since_ms=state[0])


@pytest.mark.parametrize("faulty", [FailingInSilence, FailingToSay, NeverContent])
def test_a_fault_in_noticing_silence_stops_no_other_and_is_not_met_for_ever(faulty):
    bank = Bank(plan_of(NoticingSilence(), faulty(), one_log=True))
    bank.read(("p", [use("e1", 0, A), use("e2", 30, B), use("e3", 60, B)], False))
    (told,) = bank.told.values()
    assert [(key, at_ms) for name, key, at_ms, _, _ in told if name == "NoticingSilence"] == [
        (A, minute_ms(10)), (B, minute_ms(40)),
    ]  # fmt: skip
    if faulty is NeverContent:
        assert [at_ms for name, _, at_ms, _, _ in told if name == "NeverContent"] == [
            minute_ms(10),
            minute_ms(40),
        ]
    else:
        assert 2 <= bank.errors(faulty.__name__) < 10


# --- silence


def silences(bank: Bank) -> list[tuple[str, float]]:
    """The keys that were silent, and the minute at which that was told."""
    return [
        (key, (at_ms - START_MS) / MINUTE_MS) for told in bank.told.values() for _, key, at_ms, _, _ in told
    ]


def test_a_key_is_silent_once_others_or_a_mark_have_passed_its_time():
    bank = Bank(plan_of(NoticingSilence(), one_log=True))
    bank.read(("p", [use("e1", 0, A), use("e2", 10, ELSEWHERE)], False))
    assert silences(bank) == []
    bank.read(("p", [mark(10.001)], False))
    assert silences(bank) == [(A, 10)]
    bank.read(("p", [mark(60)], False))
    assert silences(bank) == [(A, 10), (ELSEWHERE, 20)]


def test_a_key_that_moves_is_not_silent_and_may_fall_silent_again():
    bank = Bank(plan_of(NoticingSilence(), one_log=True))
    bank.read(("p", [use("e1", 0, A), use("e2", 10, A), use("e3", 15, A), mark(70)], False))
    bank.read(("p", [use("e4", 80, A), mark(100)], False))
    assert silences(bank) == [(A, 25), (A, 90)]


def test_the_end_of_the_input_is_no_silence():
    bank = Bank(plan_of(NoticingSilence(), one_log=True))
    bank.read(("p", [use("e1", 0, A)], True))
    assert silences(bank) == []


def test_an_alert_on_silence_has_the_same_id_in_every_run():
    ids = []
    for blocks in ([[use("e1", 0, A), mark(30)]], [[use("e1", 0, A)], [mark(11)], [mark(30)]]):
        bank = Bank(plan_of(NoticingSilence(), one_log=True))
        bank.read(*(("p", events, False) for events in blocks))
        ids.append([alert.id for alerts in bank.alerts.values() for alert in alerts])
    assert ids[0] == ids[1]
    assert len(ids[0]) == 1


def test_of_two_partitions_the_slower_one_decides_whether_a_key_is_silent():
    bank = Bank(plan_of(NoticingSilence(scope=Scope.TERMINAL)), ("p", "q"))
    bank.read(("p", [use("e1", 0, A), mark(40)], False))
    assert silences(bank) == []
    bank.read(("q", [use("e2", 9, A), mark(18)], False))
    assert silences(bank) == []
    bank.read(("q", [mark(19.5)], False))
    assert silences(bank) == [(A, 19)]


def test_of_two_partitions_one_that_has_ended_delays_no_silence():
    bank = Bank(plan_of(NoticingSilence(scope=Scope.TERMINAL)), ("p", "q"))
    bank.read(("p", [use("e1", 0, A), mark(40)], False))
    bank.read(("q", [], True))
    assert silences(bank) == [(A, 10)]


# --- whose turn it is

CALLS = st.lists(
    st.tuples(st.just("set"), st.sampled_from("abc"), st.none() | st.integers(0, 20))
    | st.tuples(st.just("before"), st.just(""), st.integers(0, 25))
    | st.tuples(st.just("resume"), st.just(""), st.just(0)),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(CALLS)
def test_keys_come_once_in_the_order_of_their_time_and_not_when_it_was_withdrawn(calls):
    silence, plain, reached = Silence(None), {}, 0
    for call, key, at_ms in calls:
        if call == "set":
            silence.set(key, at_ms)
            plain[key] = at_ms
        elif call == "before":
            reached = max(reached, at_ms)
            due = sorted((at, key) for key, at in plain.items() if at is not None and at < reached)
            assert list(silence.before(at_ms)) == due
            plain |= dict.fromkeys((key for _, key in due), None)
        else:
            silence = Silence(silence.dump())
