import json
import re
from collections import Counter
from datetime import timedelta, timezone
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.blocks import Block
from connectors.codec import OTHER_FIELDS, Codec, TimeBounds
from connectors.verdicts import Accepted, verdict
from domain.events import CardIssued, Event, Place, Progress, Transaction
from domain.instants import EPOCH, from_ms, to_ms
from domain.rejections import Reason, Rejected
from tests.connectors.hostile import (
    AHEAD_MS,
    EARLIEST_MS,
    LATEST_MS,
    MAX_LINE_BYTES,
    Line,
    honest,
    hostile_lines,
    write,
)

BOUNDS = TimeBounds(EARLIEST_MS, LATEST_MS, AHEAD_MS)
HOSTILE = hostile_lines(seed=20260301, count=10_000)


def decoded(data: bytes, offset: int = 1, codec: Codec | None = None) -> tuple[list[Event], list[Rejected]]:
    return (codec or Codec(BOUNDS, MAX_LINE_BYTES)).decode(Block("p", offset, data))


def judged(raw: bytes) -> Event | Rejected:
    """Give what becomes of one line."""
    events, rejected = decoded(raw + b"\n")
    (found,) = [*events, *rejected]
    return found


def blob(lines: list[Line]) -> bytes:
    return b"".join(line.raw + b"\n" for line in lines)


@pytest.fixture(scope="module")
def all_decoded() -> tuple[list[Event], list[Rejected]]:
    return decoded(blob(HOSTILE))


# --- ten thousand hostile lines


def test_each_hostile_line_is_an_event_or_is_refused_for_the_right_reason(all_decoded):
    events, rejected = all_decoded
    offset, expected = 1, []
    for line in HOSTILE:
        if line.reason is not None:
            expected.append((offset, line.reason, line.raw[:200]))
        offset += len(line.raw) + 1
    raw_at = {place: raw for place, _, raw in expected}
    found = [(each.offset, each.reason, raw_at.get(each.offset, each.raw)) for each in rejected]
    assert found == expected
    assert len(events) == len(HOSTILE) - len(rejected)


def test_the_hostile_lines_hold_every_reason_and_enough_events():
    reasons = Counter(line.reason for line in HOSTILE)
    assert set(reasons) == {None, *Reason}
    assert reasons[None] > 2000


def test_events_come_in_the_order_of_their_lines(all_decoded):
    expected = [json.loads(line.raw).get("event_id") for line in HOSTILE if line.reason is None]
    assert [getattr(event, "event_id", None) for event in all_decoded[0]] == expected


def test_each_line_alone_gives_what_it_gives_among_others(all_decoded):
    events, rejected, offset = [], [], 1
    for line in HOSTILE:
        more_events, more_rejected = decoded(line.raw + b"\n", offset)
        events += more_events
        rejected += more_rejected
        offset += len(line.raw) + 1
    assert (events, rejected) == all_decoded


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 300)))
def test_how_lines_are_cut_into_blocks_changes_nothing(seed, cuts):
    lines = hostile_lines(seed, 300)
    whole = Codec(BOUNDS)
    cut = Codec(BOUNDS)
    events, rejected, offset = [], [], 1
    for start, end in pairwise(sorted({0, 300, *cuts})):
        more_events, more_rejected = decoded(blob(lines[start:end]), offset, cut)
        events += more_events
        rejected += more_rejected
        offset += len(blob(lines[start:end]))
    assert decoded(blob(lines), 1, whole) == (events, rejected)
    assert whole.unknown_fields == cut.unknown_fields


def test_the_fast_path_gives_what_the_verdict_would():
    events = [
        found.event
        for line in HOSTILE
        if isinstance(found := verdict(line.raw, BOUNDS), Accepted) and len(line.raw) <= MAX_LINE_BYTES
    ]
    assert decoded(blob(HOSTILE))[0] == events


@given(
    st.sampled_from(["amount_minor", "at_ms", "balance_after_minor", "lat", "card", "unknown"]),
    st.integers(-(10**40), 10**40)
    | st.sampled_from([4111111111111111, 4.1111111111111e15, 4111111111110000e1])
    | st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_number_of_any_size_is_the_same_beside_a_line_that_must_be_looked_at_closely(name, value):
    line = write(honest(Random(1), **{name: value}))
    closely = write(honest(Random(2), card='"', customer="4111111111111111"))
    found = judged(line)
    events, rejected = decoded(line + b"\n" + closely + b"\n")
    assert [*events, *rejected[:-1]] == [found]


PIECES = st.sampled_from(
    (
        *("4111111111111111", "4111 1111", " 1111-1111", "4111", "111111111111", "1"),
        *("=2512", "^", "D2512101", " ", "-", "/", "\u00a0"),
        *("x", "\u00e9", "\uff14" + "\uff11" * 15, "\u0664" + "\u0661" * 15, "\u06f4111", '"', "\\", "\n"),
    )
)


@given(
    st.lists(PIECES, max_size=6).map("".join),
    st.booleans(),
    st.sampled_from(["customer", "merchant", "note"]),
)
def test_the_quick_look_misses_no_card_number(text, ensure_ascii, name):
    line = write(honest(Random(1), place=None, **{name: text}), ensure_ascii=ensure_ascii)
    line = line.replace(b"41", b"\\u00341") if len(text) % 3 == 0 else line
    found, definition = judged(line), verdict(line, BOUNDS)
    if isinstance(definition, Accepted):
        assert found == definition.event
    else:
        assert (found.reason, found.detail) == definition


@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b"")))
def test_no_bytes_crash_the_codec(raw):
    assert judged(raw) is not None


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_no_change_of_bytes_crashes_the_codec_or_moves_other_lines(seed, changes):
    line = bytearray(write(honest(Random(seed))))
    for place, byte in changes:
        line[int(place * len(line))] = byte if byte != 10 else 32
    before, after = write(honest(Random(1), event_id="before")), write(honest(Random(2), event_id="after"))
    events, rejected = decoded(b"\n".join((before, bytes(line), after, b"")))
    assert len(events) + len(rejected) == 3
    assert (events[0].event_id, events[-1].event_id) == ("before", "after")


# --- nothing secret is kept


def windows(text: str) -> list[str]:
    """Give every window of 13 to 19 digits, single blanks and dashes between them left out.

    Coordinates, which may have so many decimals, are left out too.
    """
    text = re.sub(r'"(lat|lon)":-?[0-9]{1,3}\.[0-9]+(?=[,}])', "", text)
    found = []
    for stretch in re.findall(r"[0-9](?:[ -]?[0-9])+", text):
        digits = re.sub(r"[^0-9]", "", stretch)
        found += [
            digits[start:end]
            for start in range(len(digits))
            for end in range(start + 13, min(start + 19, len(digits)) + 1)
        ]
    return found


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def test_no_card_number_is_left_in_what_was_refused(all_decoded):
    for each in all_decoded[1]:
        for text in (each.raw.decode("utf-8", "replace"), each.detail):
            assert [window for window in windows(text) if luhn(window)] == []


def test_not_even_most_digits_of_a_card_number_are_left_in_what_was_refused(all_decoded):
    numbers = {}
    offset = 1
    for line in HOSTILE:
        numbers[offset] = line.number
        offset += len(line.raw) + 1
    with_number = [(each, numbers[each.offset]) for each in all_decoded[1] if numbers[each.offset]]
    assert len(with_number) > 500
    for each, number in with_number:
        assert number[:9] not in each.raw.decode("utf-8", "replace")
        assert number[:9] not in each.detail


def test_a_refused_line_is_kept_as_it_came_apart_from_secrets():
    raw = write(honest(Random(1), channel="fax", merchant="5012 34"))
    assert judged(raw).raw == raw


def test_of_a_line_that_is_too_long_the_beginning_is_kept_and_its_length_told():
    refused = judged(b"x" * 100_000)
    assert (refused.raw, refused.reason) == (b"x" * 4096, Reason.TOO_LONG)
    assert "100000 bytes" in refused.detail


@pytest.mark.parametrize("before", range(4096 - 17, 4096))
def test_a_card_number_that_the_cut_divides_is_written_over_first(before):
    refused = judged(b"x" * before + b"4111111111111111" + b"x" * 70_000)
    assert len(re.findall(b"[0-9]", refused.raw)) <= 4
    assert refused.raw.startswith(b"x" * before + b"*"[: 4096 - before])


# --- events

# Without digits, of which hypothesis makes card numbers soon enough.
TOKENS = st.text(st.characters(exclude_categories=("Cs", "Nd")), min_size=1, max_size=64)
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


@settings(deadline=None)
@given(st.lists(TRANSACTIONS | CARDS_ISSUED | st.builds(Progress, at=TIMES), min_size=1))
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


# --- where lines begin and end


def test_two_objects_on_a_line_do_not_make_up_for_an_object_on_two_lines():
    whole = write(honest(Random(1)))
    first, second = whole[:60], whole[60:]
    lines = (whole + whole, first, second, b"")
    _, rejected = decoded(b"\n".join(lines))
    assert [each.raw for each in rejected] == list(lines[:3])
    event = whole.replace(b'"place"', b'\n"place"').split(b"\n")
    for first, second in (
        (event[0] + b'"place":', event[1].removeprefix(b'"place":')),  # the second begins with {
        (b'{"place":{"lat":1,"lon":2}', b"," + event[0][1:-1] + b"}"),  # the first ends with }
    ):
        events, rejected = decoded(b"\n".join((whole, whole + whole, first, second, whole, b"")))
        assert (len(events), len(rejected)) == (2, 3)
        assert len(decoded(first + second)[0]) == 1


def test_a_last_line_without_a_newline_is_a_line():
    line = write(honest(Random(1)))
    assert len(decoded(line + b"\n" + line)[0]) == 2
    assert [each.offset for each in decoded(line + b"\n{")[1]] == [1 + len(line) + 1]


def test_an_empty_block_is_nothing():
    assert decoded(b"") == ([], [])


def test_lines_that_end_like_those_of_windows_are_read_fast_as_well(monkeypatch):
    monkeypatch.setattr(Codec, "_decode_lines", None)  # the slow path is not needed
    line = write(honest(Random(1)))
    assert len(decoded((line + b"\r\n") * 3)[0]) == 3


def test_a_byte_order_mark_is_forgiven_at_the_beginning_of_a_partition_only():
    line = b"\xef\xbb\xbf" + write(honest(Random(1))) + b"\n"
    events, rejected = decoded(line + line, offset=0)
    assert (len(events), [each.reason for each in rejected]) == (1, [Reason.NOT_JSON])
    assert [each.reason for each in decoded(line)[1]] == [Reason.NOT_JSON]


def test_a_short_limit_on_lines_holds_in_the_midst_of_others():
    short, long = write(honest(Random(1))), write(honest(Random(2), customer="u" * 60))
    codec = Codec(BOUNDS, max_line_bytes=len(long) - 1)
    events, rejected = decoded(b"\n".join((short, long, short, b"")), codec=codec)
    assert (len(events), [each.reason for each in rejected]) == (2, [Reason.TOO_LONG])


# --- fields that nothing here reads


def test_fields_that_are_not_known_are_counted_by_name():
    codec = Codec(BOUNDS)
    grown = honest(Random(1), scheme="debit", risk={"score": 1})
    grown["place"]["floor"] = 2
    events, rejected = decoded((write(grown) + b"\n") * 2, codec=codec)
    assert events == [judged(write(honest(Random(1))))] * 2
    assert rejected == []
    assert codec.unknown_fields == {"scheme": 2, "risk": 2, "floor": 2}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_feed_that_grows_simple_fields_is_read_fast(monkeypatch, separators):
    monkeypatch.setattr(Codec, "_decode_lines", None)  # the slow path is not needed
    codec = Codec(BOUNDS)
    grown = [
        honest(
            Random(seed),
            place={"lat": 1, "lon": 2, "floor": seed},
            scheme="\u4fe1 a,b",
            score=-0.5,
            ok=True,
            no=None,
        )
        for seed in range(50)
    ]
    lines = [write(event, ensure_ascii=False, separators=separators) for event in grown]
    events, rejected = decoded(b"\n".join(lines) + b"\n", codec=codec)
    assert (len(events), rejected) == (50, [])
    assert codec.unknown_fields == dict.fromkeys(("floor", "scheme", "score", "ok"), 50)


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","x":"a,"scheme":"b"}","y":"z"}',  # within a string
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":01}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":"\xff"}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":"\x01"}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":"4111111111111111"}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":4111111111111111}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":{"pin":1}}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":1,"cvv":1}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":1"y":1}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z",\x0c"scheme":1}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":\x0b1}',
        b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":1\x0c}',
    ],
)
def test_what_is_wrong_with_a_grown_field_is_still_found(line):
    codec = Codec(BOUNDS)
    grown = b'{"kind":"progress","at":"2026-03-01T00:00:00Z","scheme":"debit"}'
    events, (refused,) = decoded(b"\n".join((grown, line, grown, b"")), codec=codec)
    assert (refused.reason, refused.detail) == verdict(line, BOUNDS)
    assert len(events) == 2
    assert codec.unknown_fields == {"scheme": 2}


def test_a_stranger_cannot_make_up_names_without_end():
    codec = Codec(BOUNDS)
    decoded(b"".join(write(honest(Random(1), **{f"x{n}": n})) + b"\n" for n in range(300)), codec=codec)
    assert len(codec.unknown_fields) == 101
    assert codec.unknown_fields[OTHER_FIELDS] == 200


# --- words


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"place": {"lat": 100, "lon": 0}}, "$.place.lat is 100, expected float <= 90.0"),
        ({"place": {"lat": 1}}, "$.place.lon is missing"),
        ({"amount_minor": "5"}, '$.amount_minor is "5", expected int, got str'),
        ({"channel": "fax"}, '$.channel is "fax", expected one of pos, atm, ecom, moto, mobile, counter'),
        ({"kind": "fax"}, '$.kind is "fax", expected one of transaction, card_issued, progress'),
        (
            {"kind": "a - at `$.x`"},
            '$.kind is "a - at `$.x`", expected one of transaction, card_issued, progress',
        ),
        ({"tier": "gold"}, '$.tier is "gold", expected one of standard, premium, private'),
        ({"cvv": "123"}, "$.cvv must not be sent, not even empty: leave the field out"),
        ({"x\x1b[2J": {"pin": 1}}, "$.x?[2J.pin must not be sent, not even empty: leave the field out"),
        (
            {"card": "4111111111111111"},
            "$.card holds a card number or track data: send a token, and the last 4 digits as last4",
        ),
        (
            {"at": "2026-03-01T00:00:00"},
            '$.at is "2026-03-01T00:00:00", expected an offset, Z or one such as +08:00: without it, '
            "it is not known which moment is meant",
        ),
        (
            {"at": "1969-01-01T00:00:00Z"},
            "$.at is 1969-01-01T00:00:00+00:00, expected from 2020-01-01T00:00:00.000Z on",
        ),
        (
            {"ingested_at": "2026-01-01T00:00:00Z", "at": "2026-02-01T00:00:00Z"},
            "$.at is 2026-02-01T00:00:00+00:00, expected at most 15 minutes after $.ingested_at; "
            "is a clock wrong?",
        ),
    ],
)
def test_a_refusal_says_where_what_and_what_is_allowed(fields, detail):
    assert judged(write(honest(Random(1), **fields))).detail == detail


def test_bounds_that_no_event_can_meet_are_refused():
    with pytest.raises(ValueError, match="earliest_ms is after latest_ms"):
        TimeBounds(2, 1, 0)
    with pytest.raises(ValueError, match="is negative"):
        TimeBounds(1, 2, -1)
    with pytest.raises(ValueError, match="needs at least 1"):
        Codec(BOUNDS, max_line_bytes=0)
