"""The look at events' times that is built in C against its twin in Python: the same stamps and verdict."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import stamping
from domain.events import CardIssued, Chargeback, Disposition, Progress, Transaction
from domain.instants import to_ms
from domain.telemetry import Telemetry

hot = pytest.importorskip(
    "connectors._hot", reason="no part in C was built: there was no compiler", exc_type=ImportError
)

OFFSETS = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59))
ZONES = st.one_of(st.just(UTC), st.builds(timezone, OFFSETS))


def by_the_clock(year: int, *parts: int) -> datetime:
    return datetime(year, *parts)  # noqa: DTZ001 - an offset is put beside it, or its lack is what matters


YEAR = by_the_clock(2024, 1, 1), by_the_clock(2025, 1, 1)
NEAR = by_the_clock(2024, 2, 29), by_the_clock(2024, 2, 29, 0, 0, 2)


def moments(least: datetime, most: datetime) -> st.SearchStrategy[datetime]:
    return st.datetimes(least, most, timezones=ZONES)


ANY_TIME = moments(by_the_clock(1, 1, 2), by_the_clock(9999, 12, 30))
MOMENTS = st.one_of(moments(*NEAR), moments(*YEAR), ANY_TIME)


def use(at: datetime, ingested_at: datetime | None = None, ended_at: datetime | None = None) -> Transaction:
    return Transaction(
        event_id="e",
        at=at,
        card="c",
        amount_minor=1,
        currency="EUR",
        channel="pos",
        ingested_at=ingested_at,
        ended_at=ended_at,
    )


def of_another_kind(at: datetime, ingested_at: datetime | None, number: int) -> Any:
    return (
        CardIssued(event_id="e", at=at, card="c", customer="u", branch="b", ingested_at=ingested_at),
        Telemetry(
            event_id="e",
            at=at,
            device="d",
            component="device",
            code="beat",
            edge="heartbeat",
            ingested_at=ingested_at,
        ),
        Progress(at=at),
        Disposition(
            event_id="e",
            at=at,
            case="k",
            outcome="genuine",
            alert="a",
            alert_at=at,
            detector="d",
            scope="card",
            key="c",
        ),
        Chargeback(event_id="e", at=at, about="e1", transaction_at=at),
    )[number]


MAYBE = st.one_of(st.none(), MOMENTS)
EVENTS = st.one_of(
    st.builds(use, MOMENTS, MAYBE, MAYBE),
    st.builds(of_another_kind, MOMENTS, MAYBE, st.integers(0, 4)),
)
# Within the range of times, around the near ones, and far beyond all of them.
EDGES_MS = st.one_of(
    st.integers(1_709_164_799_000, 1_709_164_803_000), st.sampled_from((-(2**53), -1, 0, 2**42, 2**53))
)


def both(events: list[Any], *bounds: int) -> list[tuple[bool, list[int]]]:
    """Let each stamp the events; gives what each said, and the stamps."""
    said = []
    for stamp in (hot.stamp, stamping.stamp):
        for event in events:
            stamping.force_setattr(event, "at_ms", -1)
        said.append((stamp(events, *bounds), [event.at_ms for event in events]))
    return said


@settings(max_examples=500, deadline=None)
@given(
    st.lists(EVENTS, max_size=4),
    EDGES_MS,
    EDGES_MS,
    st.sampled_from((0, 1, 1000, 86_400_000)),
)
def test_both_believe_and_stamp_the_same(events: list[Any], one: int, other: int, ahead_ms: int) -> None:
    in_c, in_python = both(events, min(one, other), max(one, other), ahead_ms)
    assert in_c == in_python


@given(ANY_TIME)
def test_every_moment_of_the_calendar_has_the_same_stamp(at: datetime) -> None:
    in_c, in_python = both([use(at)], -(2**53), 2**53, 0)
    assert in_c == in_python == (True, [to_ms(at)])


@pytest.mark.parametrize(
    ("ingested_us", "ended_us", "believed"),
    [(None, None, True), (-1000, None, True), (-1001, None, False), (None, 0, True), (None, -1, False)],
)
def test_a_microsecond_decides_alike(ingested_us: int | None, ended_us: int | None, believed: bool) -> None:
    at = datetime(2024, 2, 29, 23, 59, 59, 999_500, UTC)
    other = timezone(timedelta(hours=5, minutes=30))
    beside = [
        None if us is None else (at + timedelta(microseconds=us)).astimezone(other)
        for us in (ingested_us, ended_us)
    ]
    in_c, in_python = both([use(at, *beside)], 0, 2**42, 1)
    assert in_c == in_python
    assert in_c[0] == believed


def test_what_says_no_offset_is_refused_by_both() -> None:
    for stamp in (hot.stamp, stamping.stamp):
        with pytest.raises(TypeError):
            stamp([use(by_the_clock(2024, 1, 1))], 0, 2**42, 0)
