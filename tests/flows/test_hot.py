"""The loop that is built in C against its twin in Python: the same alerts, cells and counts."""

import pickle
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.watch
import hatch_build
from domain.events import CardIssued
from domain.instants import from_ms
from flows.stepping import Stepper
from tests.flows.made import KEYS, Bank, Counting, Failing, NoticingSilence, minute_ms, plan_of, use
from tests.flows.test_watch import COUNTS, a_log

hot = pytest.importorskip(
    "flows._hot", reason="no part in C was built: there was no compiler", exc_type=ImportError
)


def test_what_is_installed_is_built_of_these_sources() -> None:
    assert hatch_build.sources_digest() == hot.SOURCES, "run `python hatch_build.py`"


def read(loop: type, events: list[Any], *detectors: Any) -> tuple[Any, ...]:
    """Let a bucket see events through a loop; gives all that it said, counted and saved."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flows.watch, "Stepper", loop)
        bank = Bank(plan_of(*detectors, one_log=True))
        bank.read(("p", events, False))
    saved = {name: pickle.loads(kept) for name, kept in bank.end_epoch().items()}
    errors = [bank.errors(type(each).__name__) for each in detectors]
    return bank.told, [bank.count(name) for name in COUNTS], errors, saved


@settings(max_examples=100, deadline=None)
@given(events=a_log("p"), silence=st.booleans())
def test_both_say_count_and_keep_the_same(events: list[Any], silence: bool) -> None:
    noticing = (NoticingSilence(wait=timedelta(minutes=59)),) if silence else ()
    assert read(hot.Stepper, events, Failing(), *noticing) == read(Stepper, events, Failing(), *noticing)


@given(ids=st.lists(st.text("1|. é字", min_size=1, max_size=4), max_size=40))
def test_ids_of_any_script_are_kept_and_told_apart_alike(ids: list[str]) -> None:
    events = [use(event_id, number / 10, KEYS[number % 2]) for number, event_id in enumerate(ids)]
    assert read(hot.Stepper, events, Counting()) == read(Stepper, events, Counting())


def test_other_kinds_of_events_find_their_detectors_alike() -> None:
    issued = CardIssued(
        event_id="i1", at=from_ms(minute_ms(1)), at_ms=minute_ms(1), card=KEYS[0], customer="u", branch="b"
    )
    events = [use("e1", 0, KEYS[0]), issued, issued, use("e2", 2, KEYS[0])]
    told, counts, *_ = read(hot.Stepper, events, Counting())
    assert (told, counts) == read(Stepper, events, Counting())[:2]
    assert counts[0] == 1


@pytest.mark.parametrize("loop", [hot.Stepper, Stepper])
def test_what_is_no_fault_of_a_detector_stops_all(loop: type) -> None:
    class Stopping(Counting):
        def step(self, state: list[int], event: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(loop, [use("e1", 0)], Stopping())
