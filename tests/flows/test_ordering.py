"""The events of several partitions have one order, however they came, and nobody waits for what is over."""

import pickle
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instants import from_ms
from flows.ordering import Merger
from tests.flows.made import (
    BUCKET,
    ELSEWHERE,
    KEYS,
    MINUTE_MS,
    START_MS,
    Block,
    Counting,
    batches_of,
    plan_of,
    runs,
    use,
)

PLAN = plan_of(Counting())
NAMES = ("a", "b", "c")


def batch_of(block: Block):
    """Give what the bucket of our keys receives of a block."""
    return next((batch for _, batch in batches_of([PLAN], *block) if batch.bucket == str(BUCKET)), None)


def merged(drawn: list[list[Block]], names: tuple[str, ...] = NAMES) -> list[str]:
    """Give the ids in the order of their release, over runs that each resume from what the last dumped."""
    released, kept = [], None
    for run in drawn:
        merger = Merger(names, None if kept is None else pickle.loads(kept))
        for block in run:
            batch = batch_of(block)
            released += [event.event_id for _, event in merger.take(batch)] if batch else []
        kept = pickle.dumps(merger.dump())
    return released


def in_order(logs) -> list[str]:
    """Give the ids in the order that is wanted: by latest time seen in the log, log, and place in the log."""
    wanted = []
    for name, events in logs.items():
        latest = START_MS - MINUTE_MS
        for place, event in enumerate(events):
            at = event.ingested_at or event.at
            latest = max(latest, (at - from_ms(0)) // timedelta(milliseconds=1))
            wanted.append((latest, name, place, event.event_id))
    return [event_id for *_, event_id in sorted(wanted)]


@st.composite
def logs(draw, names=NAMES, prefix=""):
    """Draw the logs of partitions, with ties, times that run back, and clocks that are wrong."""
    found = {}
    for name in names:
        found[name] = []
        for number in range(draw(st.integers(0, 8))):
            minute = draw(st.integers(0, 12))
            stamped = draw(st.sampled_from((None, None, 0, 5)))
            ingested_at = None if stamped is None else from_ms(START_MS + (minute + stamped) * MINUTE_MS)
            # The other key lies in another bucket: this one only hears of time passing.
            key = draw(st.sampled_from((KEYS[0], KEYS[1], ELSEWHERE)))
            found[name].append(use(f"{prefix}{name}{number}", minute, key, ingested_at=ingested_at))
    return found


def of_the_bucket(found):
    return [event.event_id for log in found.values() for event in log if event.card != ELSEWHERE]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_order_is_that_of_the_logs_however_they_are_cut_mixed_and_resumed(data):
    found = data.draw(logs())
    released = merged(data.draw(runs(found)))
    ours = set(of_the_bucket(found))
    assert released == [event_id for event_id in in_order(found) if event_id in ours]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_logs_that_grew_after_they_had_ended_are_merged_anew_behind_what_was_there(data):
    first, second = data.draw(logs()), data.draw(logs(prefix="later-"))
    released = merged([*data.draw(runs(first)), *data.draw(runs(second))])
    whole = {name: first[name] + second[name] for name in NAMES}
    place = {event_id: number for number, event_id in enumerate(in_order(whole))}
    assert released[: len(of_the_bucket(first))] == sorted(of_the_bucket(first), key=place.__getitem__)
    assert released[len(of_the_bucket(first)) :] == sorted(of_the_bucket(second), key=place.__getitem__)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_while_logs_are_open_only_what_none_can_precede_is_released(data):
    found = data.draw(logs())
    released = merged(data.draw(runs(found, closed=False)))
    ours = set(of_the_bucket(found))
    assert released == [event_id for event_id in in_order(found) if event_id in ours][: len(released)]
    if not all(found.values()):
        assert released == []


def take(merger: Merger, *block) -> list[str]:
    batch = batch_of(block)
    assert batch is not None
    return [event.event_id for _, event in merger.take(batch)]


def test_an_event_waits_until_every_partition_has_passed_its_time():
    merger = Merger(("a", "b"), None)
    assert take(merger, "a", [use("a1", 1, KEYS[0])], False) == []
    assert take(merger, "b", [use("b1", 1, KEYS[0])], False) == []
    assert take(merger, "b", [use("b2", 2, KEYS[0])], False) == []
    assert take(merger, "a", [use("a3", 3, KEYS[0])], False) == ["a1", "b1"]


def test_a_partition_that_has_ended_holds_nobody_up():
    merger = Merger(("a", "b"), None)
    assert take(merger, "a", [use("a1", 1, KEYS[0])], False) == []
    assert take(merger, "b", [], True) == []
    assert take(merger, "a", [use("a2", 2, KEYS[0])], False) == ["a1"]
    assert merger.bound_ms == merger.reached_ms == START_MS + 2 * MINUTE_MS
    assert take(merger, "a", [], True) == ["a2"]
    assert merger.bound_ms is None
    assert merger.reached_ms == START_MS + 2 * MINUTE_MS


def test_a_partition_that_had_ended_is_waited_for_until_it_says_so_again():
    before = Merger(("a", "b"), None)
    take(before, "a", [use("a1", 1, KEYS[0])], True)
    take(before, "b", [use("b1", 2, KEYS[0])], True)
    merger = Merger(("a", "b"), pickle.loads(pickle.dumps(before.dump())))
    assert take(merger, "b", [use("b5", 5, KEYS[0])], False) == []
    assert take(merger, "a", [use("a4", 4, KEYS[0])], False) == []
    assert take(merger, "a", [], True) == ["a4"]
    assert take(merger, "b", [], True) == ["b5"]


@pytest.mark.parametrize("now_there", [("b",), ("b", "c")])
def test_a_partition_that_is_known_but_gone_holds_nobody_up_and_loses_nothing(now_there):
    before = Merger(("a", "b"), None)
    assert take(before, "a", [use("a1", 1, KEYS[0]), use("a9", 9, KEYS[0])], False) == []
    assert take(before, "b", [use("b2", 2, KEYS[0])], False) == ["a1"]
    merger = Merger(now_there, pickle.loads(pickle.dumps(before.dump())))
    released = []
    for name in now_there:
        released += take(merger, name, [use(f"{name}10", 10, KEYS[0])], False)
    assert released == ["b2", "a9"]


def test_a_partition_that_is_new_is_waited_for():
    before = Merger(("a",), None)
    take(before, "a", [use("a1", 1, KEYS[0])], False)
    merger = Merger(("a", "b"), before.dump())
    assert take(merger, "a", [use("a2", 2, KEYS[0])], False) == []
    assert take(merger, "b", [use("b3", 3, KEYS[0])], False) == ["a1"]
