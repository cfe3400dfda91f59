"""Examples that are written mean what they were written from."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors import available
from detectors.base import Detector
from detectors.examples import Example, problem, read_text, run
from domain.event_lines import EventLines
from domain.events import CardIssued, Event, Issued, Place, Progress, Transaction
from domain.instants import from_ms
from domain.tables import FaultRates, ModelFaults, SegmentAmount, SegmentAmounts, Tables
from domain.telemetry import Counters, Telemetry
from tests.detectors.reports import device_streams
from tests.detectors.streams import START_MS, disturbed, streams
from tuning.explain.examples_writer import Written, write_examples
from tuning.explain.slices import Slice

DETECTORS = available()
AT = from_ms(START_MS)
SUZHOU = Place(lat=31.3, lon=120.6, city="Suzhou", country="CN", error_km=0.5)
TABLES = Tables.of(
    [
        SegmentAmounts(
            effective_at=from_ms(START_MS - 1),
            version="v: 1",
            segments={
                "CNY|purchase|pos": SegmentAmount(mean=8.5, sd=1e-7, high=9.0, quantile=0.99, count=70),
                "USD|purchase|pos": SegmentAmount(mean=1 / 3, sd=0.5, high=9.0, quantile=0.99, count=70),
            },
        ),
        FaultRates(
            effective_at=AT,
            version="2",
            models={"a-100": ModelFaults(mean=0.1, shape=2.0, devices=7, days=9.0)},
        ),
    ]
)


def read_back(*events: Event, tables: Tables = TABLES) -> Example:
    text = write_examples([Written("one", {}, Slice(events, tables, ()))])
    (example,) = read_text(text, "written")
    return example


def transaction(**fields: Any) -> Transaction:
    given_ = {"event_id": "e", "at": AT, "card": "c", "amount_minor": 1, "currency": "CNY", "channel": "pos"}
    return msgspec.convert({**given_, "at_ms": START_MS, **fields}, Transaction)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_events_come_back_as_they_were(data: st.DataObject) -> None:
    events = data.draw(disturbed(data.draw(streams() | device_streams())))
    assert read_back(*events).events == tuple(events)


ODD = [
    transaction(card="{n}", merchant="c{n}", terminal="yes"),
    transaction(event_id="null", card="1e3", customer="- a: b", last4="0012", mcc="5411"),
    transaction(issued=Issued(branch="b", at=AT, place=SUZHOU)),
    transaction(issued=Issued(branch="b", at=AT), issuance="other|2020-01-01", branch="b2", device="d"),
    transaction(place=SUZHOU, ended_at=from_ms(START_MS + 90_001), ingested_at=from_ms(START_MS + 5)),
    transaction(place=Place(lat=1.5, lon=-0.0, city="苏州"), ended_at=from_ms(START_MS - 2000)),
    CardIssued(event_id="i", at=AT, at_ms=START_MS, card="c", customer="k", branch="b"),
    CardIssued(
        event_id="j", at=AT, at_ms=START_MS, card="c", customer="k", branch="b", issuance="b|2026-01-01"
    ),
    Progress(at=AT, at_ms=START_MS),
    Telemetry(
        event_id="t",
        at=AT,
        at_ms=START_MS,
        device="d",
        component="cassette",
        code="cash_low",
        edge="count",
        unit=2,
        counters=Counters(remaining=0, denomination_minor=10_000, currency="CNY"),
        raw="{n} #: 'x' \x00\u2028 \U0001f4b3",
        branch="b",
        vendor="v",
        model="m",
    ),
]


@pytest.mark.parametrize("event", ODD, ids=[str(number) for number in range(len(ODD))])
def test_no_field_is_lost_or_made_up(event: Event) -> None:
    assert read_back(event).events == (event,)


def test_nothing_is_said_for_all_that_one_of_them_does_not_have() -> None:
    assert read_back(*ODD).events == tuple(ODD)


def test_what_all_have_alike_is_said_once() -> None:
    events = (transaction(event_id="a"), transaction(event_id="b", amount_minor=2))
    text = write_examples([Written("one", {}, Slice(events, Tables(), ()))])
    assert "  defaults: {kind: transaction, card: c, currency: CNY, channel: pos}\n" in text
    assert "  - {after: 0s, event_id: b, amount_minor: 2}\n" in text


def test_an_example_means_the_same_in_a_file_that_begins_at_another_time() -> None:
    events = (transaction(issued=Issued(branch="b", at=AT)), transaction(event_id="f", at_ms=START_MS + 7))
    text = write_examples([Written("one", {}, Slice(events, TABLES, ()))])
    (here,), (there,) = read_text(text, "here"), read_text(f"start: 2031-01-01T00:00:00Z\n{text}", "there")
    assert here == there


def test_events_that_came_late_keep_their_place() -> None:
    events = (
        transaction(),
        transaction(at=from_ms(START_MS - 61_001), at_ms=START_MS - 61_001, event_id="f"),
    )
    assert read_back(*events).events == events


def test_tables_come_back_as_they_were() -> None:
    assert read_back(transaction()).tables == TABLES
    assert read_back(transaction(), tables=Tables()).tables == Tables()


def test_spans_are_those_that_examples_are_read_by() -> None:
    for length_ms in (0, 1, -1, 999, 1000, 61_001, -86_400_000, 10**10 + 7):
        line = EventLines(AT.isoformat(), "UTC", {}, {})
        event = transaction(at=from_ms(START_MS + length_ms), at_ms=START_MS + length_ms)
        start = transaction(event_id="start")
        assert read_back(start, event).events[1].at_ms == line.time_ms("0s") + length_ms


@pytest.mark.parametrize("made", DETECTORS.values(), ids=list(DETECTORS))
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_a_detector_says_passes_as_written(made: type[Detector[Any, Any]], data: Any) -> None:
    events = data.draw(disturbed(data.draw(streams() | device_streams())))
    times = [
        Progress(at=from_ms(last), at_ms=last)
        for last in [max([START_MS, *(e.at_ms for e in events)]) + 10**8]
    ]
    slice_ = Slice((*events, *times), TABLES, tuple(run(made(), [*events, *times], TABLES)))
    text = write_examples([Written("one", {}, slice_)], ["a comment"])
    (example,) = read_text(text, "written")
    assert len(example.fires) == len(slice_.fired)
    assert problem(made, example) is None
