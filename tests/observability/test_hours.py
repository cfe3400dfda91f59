"""Counting by the hour of event time: what comes, what lacks a field, and what fires."""

from collections import Counter
from typing import Any

from domain.events import Disposition, Event, Transaction, type_of_kind
from domain.instants import from_ms
from observability.hours import HOUR_MS, STRIDE, Hour, HourCounts

KINDS = {type_: kind for kind, type_ in type_of_kind.items()}


def use(at_ms: int, **fields: Any) -> Transaction:
    common: dict[str, Any] = {"card": "c", "amount_minor": 1, "currency": "EUR", "channel": "pos"}
    return Transaction(event_id=f"e{at_ms}", at=from_ms(at_ms), at_ms=at_ms, **common | fields)


def counts(*fields: str) -> HourCounts:
    made = HourCounts()
    made.look_for(KINDS, {Transaction: fields})
    return made


def add(made: HourCounts, events: list[Event], *, offset: int = 0, partition: str = "p") -> None:
    made.add_block(partition, offset, events, Counter(map(type, events)))


def told(at_ms: int) -> Disposition:
    return Disposition(
        event_id=f"d{at_ms}", at=from_ms(at_ms), at_ms=at_ms, case="C1", outcome="genuine", alert="a",
        alert_at=from_ms(0), detector="burst", scope="card", key="c",
    )  # fmt: skip


def test_events_are_counted_by_kind_and_partition_in_the_hour_of_their_time() -> None:
    made = counts()
    add(made, [use(0), use(HOUR_MS - 1), use(HOUR_MS), use(3 * HOUR_MS)])
    add(made, [use(HOUR_MS + 5), told(HOUR_MS + 6)], partition="q")
    first, second, fourth = made.take()
    assert (first.hour, first.events, first.partitions) == (0, {"transaction": 2}, {"p": 2})
    assert (second.events, second.partitions) == ({"transaction": 2, "disposition": 1}, {"p": 1, "q": 2})
    assert (fourth.hour, fourth.partitions) == (3, {"p": 1})


def test_what_was_taken_is_not_counted_again() -> None:
    made = counts()
    add(made, [use(0)])
    assert len(made.take()) == 1
    assert made.take() == []
    add(made, [use(1)])
    assert made.take()[0].events == {"transaction": 1}


def test_one_event_in_sixteen_is_looked_at_for_its_fields_wherever_blocks_are_cut() -> None:
    events: list[Event] = [use(at, terminal="t" if at % 4 else None) for at in range(16_000)]
    for size in (1, 7, 100, 16_000):
        made = counts("terminal", "place")
        for start in range(0, len(events), size):
            add(made, events[start : start + size], offset=start * 331)
        (hour,) = made.take()
        assert abs(hour.sampled["transaction"] * STRIDE - 16_000) < 1600
        assert hour.present["transaction.place"] == 0
        assert hour.present["transaction.terminal"] <= hour.sampled["transaction"]


def test_only_kinds_that_are_asked_for_are_looked_at() -> None:
    made = counts("terminal")
    add(made, [use(0, terminal="t"), *(told(at) for at in range(31))])
    (hour,) = made.take()
    assert hour.sampled == {"transaction": 1}
    assert hour.present == {"transaction.terminal": 1}


def test_the_counts_of_processes_add_up() -> None:
    one = Hour(hour=3, events={"transaction": 2}, alerts={"burst": 1})
    one.add(Hour(hour=3, events={"transaction": 5, "telemetry": 1}, partitions={"p": 6}))
    assert one == Hour(
        hour=3, events={"transaction": 7, "telemetry": 1}, alerts={"burst": 1}, partitions={"p": 6}
    )
