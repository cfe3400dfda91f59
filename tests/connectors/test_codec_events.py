from datetime import timedelta, timezone
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codec import Codec, TimeBounds
from domain.card_numbers import holds_card_number
from domain.events import CardIssued, Chargeback, Disposition, Place, Progress, Transaction
from domain.instants import EPOCH, from_ms, to_ms
from domain.rejections import Reason
from domain.telemetry import Counters, Telemetry
from tests.connectors.decoding import decoded, judged
from tests.connectors.hostile import EARLIEST_MS, LATEST_MS, honest, write

# Without digits, of which hypothesis makes card numbers soon enough, and control characters.
TOKENS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Nd")), min_size=1, max_size=64)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.builds(
    lambda since_us, zone: (EPOCH + timedelta(microseconds=since_us)).astimezone(zone),
    st.integers(EARLIEST_MS * 1000, LATEST_MS * 1000 - 10**6),
    ZONES,
)
PLACES = st.builds(
    Place,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    city=st.just("") | TOKENS,
    country=st.none() | st.just("CN"),
    error_km=st.floats(0, 20_038),
)
TRANSACTIONS = st.builds(
    Transaction,
    event_id=TOKENS,
    at=TIMES,
    card=TOKENS,
    amount_minor=st.integers(0, 10**15),
    currency=st.sampled_from(["CNY", "JPY"]),
    channel=st.sampled_from(["pos", "atm", "ecom"]),
    type=st.sampled_from(["purchase", "withdrawal", "refund"]),
    customer=st.none() | TOKENS,
    place=st.none() | PLACES,
    balance_after_minor=st.none() | st.integers(-(10**15), 10**15),
    ended_at=st.none() | st.just(from_ms(LATEST_MS)),
    ingested_at=st.none() | st.just(from_ms(LATEST_MS)),
    at_ms=st.integers(-(10**15), 10**15),
)
CARDS_ISSUED = st.builds(
    CardIssued,
    event_id=TOKENS,
    at=TIMES,
    card=TOKENS,
    customer=TOKENS,
    branch=TOKENS,
    place=st.none() | PLACES,
)
DISPOSITIONS = st.builds(
    Disposition,
    event_id=TOKENS,
    at=TIMES,
    case=TOKENS,
    outcome=st.sampled_from(["confirmed_fraud", "genuine", "device_resolved"]),
    alert=TOKENS,
    alert_at=TIMES,
    detector=TOKENS,
    scope=TOKENS,
    key=TOKENS,
    trigger=st.none() | TOKENS,
    card=st.none() | TOKENS,
    retracted=st.booleans(),
)
CHARGEBACKS = st.builds(
    Chargeback,
    event_id=TOKENS,
    at=TIMES,
    about=TOKENS,
    transaction_at=TIMES,
    fraud=st.booleans(),
    retracted=st.booleans(),
    card=st.none() | TOKENS,
    terminal=st.none() | TOKENS,
)
COUNTS = st.none() | st.integers(0, 10**9)
REPORTS = st.builds(
    Telemetry,
    event_id=TOKENS,
    at=TIMES,
    device=TOKENS,
    component=st.sampled_from(["device", "cassette", "network"]),
    code=TOKENS,
    edge=st.sampled_from(["raise", "clear", "state", "count", "heartbeat"]),
    severity=st.integers(0, 4),
    unit=st.integers(0, 99),
    sequence=st.none() | st.integers(0, 10**12 - 1),
    counters=st.none() | st.builds(Counters, remaining=COUNTS, errors=COUNTS, load=st.none() | TOKENS),
    raw=st.text(alphabet="|ABE01 ", max_size=256).filter(lambda text: not holds_card_number(text)),
    branch=st.none() | TOKENS,
)
EVENTS = TRANSACTIONS | CARDS_ISSUED | DISPOSITIONS | CHARGEBACKS | REPORTS | st.builds(Progress, at=TIMES)


@settings(deadline=None)
@given(st.lists(EVENTS, min_size=1))
def test_events_come_back_as_they_were_written_with_their_time_in_milliseconds(events):
    data = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    expected = [msgspec.structs.replace(event, at_ms=to_ms(event.at)) for event in events]
    assert decoded(data) == (expected, [])


@pytest.mark.parametrize(
    ("at", "at_ms"),
    [
        ("2020-01-01T00:00:00Z", EARLIEST_MS),  # the bounds themselves are believed
        ("2040-01-01T00:00:00Z", LATEST_MS),
        ("2026-03-01T00:00:00.0019999Z", 1_772_323_200_002),  # digits beyond the sixth are rounded to it
        ("2026-03-01T00:00:00.001999Z", 1_772_323_200_001),
        ("2026-03-01T08:00:00+08:00", 1_772_323_200_000),
        ("2026-02-28T23:30:00-00:30", 1_772_323_200_000),
    ],
)
def test_the_time_in_milliseconds_is_rounded_down(at, at_ms):
    assert judged(write(honest(Random(1), at=at))).at_ms == at_ms


@pytest.mark.parametrize(
    ("at", "reason"),
    [("2026-03-01T00:15:00Z", None), ("2026-03-01T00:15:00.000001Z", Reason.TOO_LATE)],
)
def test_an_event_may_be_so_far_ahead_of_its_ingest_stamp_and_no_further(at, reason):
    found = judged(write(honest(Random(1), at=at, ingested_at="2026-03-01T00:00:00Z")))
    assert getattr(found, "reason", None) == reason


def test_an_ingest_stamp_does_not_lift_the_bounds():
    line = write(honest(Random(1), at="9999-01-01T00:00:00Z", ingested_at="9999-01-01T00:00:00Z"))
    assert judged(line).reason == Reason.TOO_LATE


def test_times_within_one_day_are_told_apart_at_bounds_on_that_day():
    noon_ms = 1_772_366_400_000
    codec = Codec(TimeBounds(noon_ms, noon_ms + 1, 0))
    lines = [
        honest(Random(1), at=f"2026-03-01T{time}Z") for time in ("11:59:59.999", "12:00:00", "12:00:00.002")
    ]
    events, rejected = decoded(b"".join(write(line) + b"\n" for line in lines), codec=codec)
    assert [event.at_ms for event in events] == [noon_ms]
    assert [each.reason for each in rejected] == [Reason.TOO_EARLY, Reason.TOO_LATE]
