"""Events shuffled within the lateness come out in the order of their times, and time is told with care."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Scope
from domain.alerts import Reached
from tests.flows.made import (
    BUCKET,
    KEYS,
    MINUTE_MS,
    Bank,
    Counting,
    NoticingSilence,
    mark,
    minute_ms,
    plan_of,
    runs,
    use,
)

LATENESS = 5
# Watched by device, so that buckets tell how far time has come.
BY_DEVICE = replace(NoticingSilence(), scope=Scope.DEVICE), replace(Counting(), scope=Scope.DEVICE)
PLAN = plan_of(*BY_DEVICE, one_log=True, lateness_ms=LATENESS * MINUTE_MS)


def at(event_id: str, minute: float, key: str = KEYS[0]):
    return use(event_id, minute, key, device=key)


@st.composite
def happenings(draw):
    """Draw events in the order of their times, and the same as they arrive: none later than is waited for."""
    minutes = sorted(draw(st.lists(st.integers(0, 60), min_size=1, max_size=12)))
    events = [
        at(f"e{number}", minute, draw(st.sampled_from(KEYS[:2]))) for number, minute in enumerate(minutes)
    ]
    delayed = [(minute + draw(st.integers(0, LATENESS)), draw(st.integers())) for minute in minutes]
    arriving = [events[place] for place in sorted(range(len(events)), key=delayed.__getitem__)]
    repeats = draw(st.lists(st.sampled_from(arriving), max_size=2))
    return events, [*arriving, *[one for one in repeats if one.at_ms >= arriving[-1].at_ms]]


@settings(max_examples=100, deadline=None)
@given(happenings(), st.data())
def test_events_shuffled_within_the_lateness_give_what_ordered_ones_give(happened, data):
    ordered, arriving = happened
    straight, shuffled = Bank(PLAN), Bank(PLAN)
    straight.read(("p", ordered, False), ("p", [], True))
    for run in data.draw(runs({"p": arriving})):
        shuffled.read(*run)
    assert shuffled.told == straight.told


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(KEYS[:2])), min_size=1, max_size=12), st.data())
@pytest.mark.parametrize("lateness", [0, LATENESS])
@pytest.mark.parametrize("names", [("p",), ("p", "q")])
def test_nothing_is_told_later_that_lies_before_what_was_reached(names, lateness, drawn, data):
    logs = {name: [] for name in names}
    for number, (minute, key) in enumerate(drawn):
        logs[data.draw(st.sampled_from(names))].append(at(f"e{number}", minute, key))
    plan = plan_of(*BY_DEVICE, one_log=len(names) == 1, lateness_ms=lateness * MINUTE_MS)
    bank = Bank(plan, names)
    for run in data.draw(runs(logs)):
        bank.read(*run)
    reached_ms = -1
    for one in bank.said[str(BUCKET)]:
        if isinstance(one, Reached):
            reached_ms = max(reached_ms, one.at_ms)
        else:
            assert one.told_ms > reached_ms
            assert one.told_ms >= one.at_ms
    # Once all has ended, all of it was reached.
    assert reached_ms == max(minute_ms(minute) for minute, _ in drawn)


def test_an_event_that_comes_later_still_is_watched_when_it_comes():
    bank = Bank(PLAN)
    bank.read(("p", [at("e1", 0), at("e2", 30), at("late", 10), mark(60)], True))
    seen = [
        (one.event_id, one.at_ms, one.told_ms)
        for one in bank.said[str(BUCKET)]
        if getattr(one, "event_id", "")
    ]
    assert seen == [
        ("e1", minute_ms(0), minute_ms(0)),
        ("late", minute_ms(10), minute_ms(30 - LATENESS)),
        ("e2", minute_ms(30), minute_ms(30)),
    ]
