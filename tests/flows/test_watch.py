"""A bucket says the same however its logs are cut, saved and resumed; a detector's fault stops no other."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Progress
from domain.instants import from_ms, span_ms
from observability.logs import Discretion, JsonFormatter
from tests.flows.made import (
    BUCKET,
    ELSEWHERE,
    KEYS,
    Bank,
    Counting,
    Failing,
    NoticingSilence,
    mark,
    minute_ms,
    plan_of,
    runs,
    use,
)

A, B, C = KEYS[:3]
MEMORY_MS = span_ms(Counting().memory)


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[logging.Logger]:
    """The log of the keyed step, kept to itself: detectors fail here by the thousand."""
    log = logging.getLogger("flows.watch")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    yield log
    log.propagate = True


@pytest.fixture
def logged(quiet) -> Iterator[io.StringIO]:
    """What the flow logs, as it is written in production."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(whole_errors=False))
    handler.addFilter(Discretion())
    quiet.addHandler(handler)
    yield stream
    quiet.removeHandler(handler)


COUNTS = ("repeated_events_total", "late_events_total")


@st.composite
def a_log(draw: st.DrawFn, name: str) -> list[Any]:
    """Draw a log: events close, far apart, late, come twice, unlucky, of clocks that are wrong; and marks."""
    at, events = draw(st.integers(0, 30)), []
    for number in range(draw(st.integers(0, 14))):
        at += draw(st.sampled_from((0, 1, 5, 11, 31, 70, -4, -65)))
        key = draw(st.sampled_from((A, A, B, C, ELSEWHERE)))
        fresh = draw(st.integers(0, 3))
        event_id = f"{name}{number}" if fresh else f"again{draw(st.integers(0, 1))}"
        amount_minor = draw(st.sampled_from((500, 500, 13)))
        off = draw(st.sampled_from((None, None, 0, 5, -10, -75)))
        ingested_at = None if off is None else from_ms(minute_ms(at + off))
        events.append(use(event_id, at, key, amount_minor=amount_minor, ingested_at=ingested_at))
        if not draw(st.integers(0, 5)):
            events.append(mark(at + draw(st.integers(0, 20))))
    return events


def watched(plan, names, drawn, *, saves: bool = True, epochs: frozenset[int] = frozenset()) -> Bank:
    """Read the runs, each in buckets resumed from what the last one saved; also save after some blocks."""
    bank, kept, number = Bank(plan, names, saves=saves), None, 0
    for run in drawn:
        if kept is not None and saves:
            bank.resume(kept)
        for block in run:
            bank.read(block)
            number += 1
            if number in epochs:
                bank.end_epoch()
        kept = bank.end_epoch()
    return bank


WAITS = st.sampled_from((10, 59, 70)).map(lambda minutes: timedelta(minutes=minutes))
SHAPES = {
    "one log": ({"one_log": True}, ("p",)),
    "partitioned by key": ({"own_log": True}, ("p", "q")),
    "merged": ({}, ("p", "q", "r")),
}


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_alerts_are_a_function_of_the_logs_alone(shape, data):
    order, names = SHAPES[shape]
    silence = NoticingSilence(wait=data.draw(WAITS))
    detectors = data.draw(st.sampled_from([(Counting(), Failing()), (Failing(), silence)]))
    plan = plan_of(*detectors, **order)
    logs = {name: data.draw(a_log(name)) for name in names}
    closed = data.draw(st.booleans())
    whole = [(name, events, False) for name, events in logs.items()]
    ends = [(name, [], True) for name in names] if closed else []
    expected = watched(plan, names, [[*whole, *ends]])
    epochs = data.draw(st.frozensets(st.integers(1, 20)))
    for saves in (True, False):
        bank = watched(plan, names, data.draw(runs(logs, closed=closed)), saves=saves, epochs=epochs)
        assert bank.told == expected.told
        assert [bank.count(name) for name in COUNTS] == [expected.count(name) for name in COUNTS]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_every_key_is_counted_anew_after_its_memory_and_never_twice_for_one_event(data):
    events = [event for event in data.draw(a_log("p")) if not isinstance(event, Progress)]
    in_bucket = [event for event in events if event.card != ELSEWHERE]
    # What a plain reading of the rules gives.
    cells: dict[str, dict[str, Any]] = {}
    latest = repeats = late = 0
    told = []
    for event in in_bucket:
        cell = cells.get(event.card)
        if cell is None or latest - cell["latest"] > MEMORY_MS:
            cell = cells[event.card] = {"latest": event.at_ms, "ids": [], "seen": 0}
        if event.event_id in cell["ids"]:
            repeats += 1
            continue
        cell["ids"].append(event.event_id)
        cell["seen"] += 1
        late += event.at_ms < cell["latest"]
        cell["latest"] = max(cell["latest"], event.at_ms)
        latest = max(latest, event.at_ms)
        told.append(("Counting", event.card, event.at_ms, event.event_id, cell["seen"]))
    bank = watched(plan_of(Counting(), one_log=True), ("p",), data.draw(runs({"p": in_bucket})))
    assert bank.told == ({str(BUCKET): told} if told else {})
    assert [bank.count(name) for name in COUNTS] == [repeats, late]


# --- repeats


@pytest.mark.parametrize("saved_between", [True, False])
def test_a_repeat_of_one_of_a_keys_last_eight_ids_is_dropped_and_counted(saved_between):
    for count in (8, 15, 16, 17, 40):
        bank = Bank(plan_of(Counting(), own_log=True))
        bank.read(("p", [use(f"e{number}", number) for number in range(count)], False))
        if saved_between:
            bank.resume(bank.end_epoch())
        bank.read(("p", [use(f"e{number}", number) for number in range(count - 8, count)], False))
        assert bank.count("repeated_events_total") == 8
        assert [len(told) for told in bank.told.values()] == [count]


def test_an_id_of_another_key_is_no_repeat():
    bank = Bank(plan_of(Counting(), own_log=True))
    bank.read(("p", [use("e1", 0, A), use("e1", 0, B)], False))
    assert bank.count("repeated_events_total") == 0


@given(st.lists(st.text("1|. ", min_size=1, max_size=4), unique=True, max_size=30))
def test_ids_that_contain_one_another_are_told_apart(ids):
    bank = Bank(plan_of(Counting(), own_log=True))
    bank.read(("p", [use(event_id, number / 10) for number, event_id in enumerate(ids)], False))
    assert sum(map(len, bank.told.values())) == len(ids)


def test_an_event_older_than_the_latest_of_its_key_is_counted_as_late_and_watched_all_the_same():
    bank = Bank(plan_of(Counting(), own_log=True))
    events = [use("e1", 5, A), use("e2", 5, A), use("e3", 4.99, A), use("e4", 3, B), use("e5", 6, A)]
    bank.read(("p", events, False))
    assert bank.count("late_events_total") == 1
    assert sum(map(len, bank.told.values())) == 5


# --- memory


@pytest.mark.parametrize("swept", [True, False])
def test_a_key_starts_anew_after_more_than_its_memory_of_silence(swept):
    bank = Bank(plan_of(Counting(), own_log=True))
    bank.read(("p", [use("e1", 0, A), use("e2", 0, B)], False))
    for at in (30, 60):
        bank.read(("p", [use(f"b{at}", at, B)], False))
    bank.read(("p", [use("e3", 60, A)], False))
    bank.read(("p", [use("b90", 90, B), use("b120", 120, B), use("b121", 121, B)], False))
    if swept:
        bank.end_epoch()
        assert bank.count("keys_held") == 1
    bank.read(("p", [use("e4", 121, A), use("e1", 121, A)], False))
    (told,) = bank.told.values()
    # At 60 minutes to the millisecond A is still known; after more its ids are forgotten too.
    assert [(event_id, seen) for _, key, _, event_id, seen in told if key == A] == [
        ("e1", 1), ("e3", 2), ("e4", 1), ("e1", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("swept", [True, False])
def test_a_key_that_starts_anew_moves_the_time_of_the_bucket(swept):
    bank = Bank(plan_of(Counting(), own_log=True))
    bank.read(("p", [use("a1", 0, A), use("c1", 50, C), use("b1", 61, B)], False))
    if swept:
        bank.end_epoch()
    # A is forgotten; its new event makes it 111 minutes, and C has been silent for more than its memory.
    bank.read(("p", [use("a2", 111, A), use("c2", 50, C)], False))
    (told,) = bank.told.values()
    assert told[-1][-2:] == ("c2", 1)


def test_the_longest_memory_of_a_scope_holds_for_all_its_detectors():
    plan = plan_of(Counting(), Failing(remembers=timedelta(minutes=120)), own_log=True)
    bank = Bank(plan)
    bank.read(("p", [use("e1", 0, A), use("b1", 100, B), use("e2", 100, A)], False))
    (told,) = bank.told.values()
    assert [seen for _, key, _, _, seen in told if key == A] == [1, 1, 2, 2]


@pytest.mark.parametrize("saves", [True, False])
def test_only_the_keys_that_moved_within_the_memory_are_held(saves):
    bank = Bank(plan_of(Counting(), own_log=True), saves=saves)
    held = []
    for number, key in enumerate(KEYS):
        bank.read(("p", [use(f"e{number}", 2 * number, key)], False))
        bank.end_epoch()
        held.append(bank.count("keys_held"))
    # Those of an hour, and of the quarter of one that passes between two sweeps.
    assert max(held) <= 31 + 8 + 2
    assert held[-1] >= 31


def test_nothing_is_saved_where_nobody_keeps_it():
    bank = Bank(plan_of(Counting(), own_log=True), saves=False)
    bank.read(("p", [use("e1", 0)], False))
    assert [len(kept) < 10 for kept in bank.end_epoch().values()] == [True]


# --- a detector that fails


def test_a_detector_that_fails_is_counted_and_logged_and_stops_no_other(logged):
    bank = Bank(plan_of(Counting(), Failing(), own_log=True))
    bank.read(("p", [use("e1", 0), use("e2", 1, amount_minor=13), use("e3", 2)], False))
    (told,) = bank.told.values()
    assert [(event_id, name, seen) for name, _, _, event_id, seen in told] == [
        ("e1", "Counting", 1), ("e1", "Failing", 1),
        ("e2", "Counting", 2),
        ("e3", "Counting", 3), ("e3", "Failing", 2),
    ]  # fmt: skip
    assert (bank.errors("Failing"), bank.errors("Counting")) == (1, 0)
    (line,) = map(json.loads, logged.getvalue().splitlines())
    assert line["detector"] == "Failing"
    assert line["error"]["type"] == "ValueError"


def test_no_token_of_the_event_comes_into_the_log_of_a_failure(logged):
    bank = Bank(plan_of(Failing(), own_log=True))
    bank.read(("p", [use("secret-id", 0, "secret-card", amount_minor=13, customer="secret-person")], False))
    assert "unlucky" not in logged.getvalue()
    assert "secret" not in logged.getvalue()
