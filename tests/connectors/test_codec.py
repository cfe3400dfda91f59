import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codec import OTHER_FIELDS, Codec, TimeBounds
from connectors.verdicts import Accepted, verdict
from domain.rejections import Reason
from tests.connectors.decoding import BOUNDS, decoded, judged
from tests.connectors.hostile import honest, write

# --- the fast path and the definition

KINDS = "transaction, card_issued, progress, disposition, chargeback, telemetry"


@settings(deadline=None)
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


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b"")))
def test_no_bytes_crash_the_codec(raw):
    assert judged(raw) is not None


@settings(deadline=None)
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


# --- what is kept of a refused line


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
        (
            {"kind": "fax"},
            '$.kind is "fax", expected one of transaction, card_issued, progress, disposition, '
            "chargeback, telemetry",
        ),
        ({"kind": "a - at `$.x`"}, f'$.kind is "a - at `$.x`", expected one of {KINDS}'),
        ({"outcome": "genuine"}, '$.outcome is "genuine", expected one of approved, declined'),
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
