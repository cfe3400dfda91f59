"""Lines from a seed such as a hostile or broken feed sends, each with what must become of it.

What must become of a line is known from how it was made, never found out by reading it.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from domain.rejections import Reason
from tests.connectors.hostile_reports import BAD_REPORTS, telemetry

EARLIEST_MS, LATEST_MS = 1_577_836_800_000, 2_208_988_800_000  # 2020-01-01 and 2040-01-01, UTC
AHEAD_MS = 900_000
MAX_LINE_BYTES = 65_536


class Line(NamedTuple):
    """A line without its newline; `reason` is None when it is an event, `number` the card number in it."""

    raw: bytes
    reason: Reason | None
    number: str = ""


def hostile_lines(seed: int, count: int) -> list[Line]:
    """Make `count` lines, all kinds of them, some honest."""
    random = Random(seed)
    return [random.choice(_MAKERS)(random) for _ in range(count)]


def card_number(random: Random, length: int | None = None, start: str | None = None) -> str:
    """Make up a card number: right beginning, length and check digit (ISO/IEC 7812-1)."""
    start = start or random.choice(
        ("4", "51", "55", "2221", "2720", "34", "37", "36", "62", "6011", "35", "9792")
    )
    length = length or random.randint(13, 19)
    body = start + "".join(random.choice("0123456789") for _ in range(length - len(start) - 1))
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled // 10 + doubled % 10
    return body + str(-total % 10)


def honest(random: Random, **fields: Any) -> dict[str, Any]:
    """Make a transaction as a feed would send it; a field given as None is left out."""
    event: dict[str, Any] = {
        "kind": "transaction",
        "event_id": f"e{random.randrange(10**6):06}",  # small enough to repeat now and then
        "at": f"2026-03-{random.randint(1, 28):02}T{random.randint(0, 23):02}:30:07.{random.randint(0, 9)}Z",
        "card": f"c{random.randrange(10**5):05}",
        "amount_minor": random.randrange(10**6),
        "currency": random.choice(("CNY", "EUR", "USD")),
        "channel": random.choice(("pos", "atm", "ecom")),
        "terminal": f"t{random.randrange(10**4)}",
        "place": {
            "lat": round(random.uniform(-90, 90), random.choice((1, 5, 16))),
            "lon": round(random.uniform(-180, 180), random.choice((1, 5, 16))),
            "city": "Lisboa",
        },
    } | fields
    return {name: value for name, value in event.items() if value is not None}


def write(event: Any, **style: Any) -> bytes:
    """Write JSON without blanks, unless told otherwise."""
    return json.dumps(event, **{"separators": (",", ":"), **style}).encode()


def _changed(reason: Reason | None, **choices: Any) -> Callable[[Random], Line]:
    """Make honest transactions with one field changed to one of the values."""

    def make(random: Random) -> Line:
        name, values = random.choice(list(choices.items()))
        return Line(write(honest(random, **{name: random.choice(values)})), reason)

    return make


def _raw(reason: Reason, *texts: bytes) -> Callable[[Random], Line]:
    return lambda random: Line(random.choice(texts), reason)


def _with_number(random: Random) -> Line:
    number = card_number(random)
    sixteen = card_number(random, 16)
    groups = [sixteen[place : place + 4] for place in range(0, 16, 4)]
    name, value, digits = random.choice(
        (
            ("card", number, number),
            ("card", int(number), number),
            ("customer", f"card {number}.", number),
            ("event_id", f"tx_{number}_1", number),
            ("counterparty", random.choice((" ", "-", ".", "/")).join(groups), sixteen),
            ("merchant", number if len(number) != 15 else f"m/{number}", number),
            ("note", [{"deep": [number]}], number),
            (number, "unknown", number),
            ("note", f";{sixteen}=2512101123", sixteen),
            ("note", f"%B{sixteen}^HOLDER/CARD^2512101?", sixteen),
            ("note", f"{sixteen}D2512101", sixteen),
            ("place", {"lat": 1, "lon": 2, "city": f"x {number}"}, number),
            ("note", "".join(chr(0xFF10 + int(digit)) for digit in number), number),
        )
    )
    raw = write(honest(random, **{name: value}), ensure_ascii=random.random() < 0.5)
    if random.random() < 0.3:
        escaped = "".join(f"\\u{ord(digit):04x}" for digit in digits[:3]) + digits[3:]
        raw = raw.replace(f'"{digits}"'.encode(), f'"{escaped}"'.encode())
    return Line(raw, Reason.CARD_NUMBER, digits)


def _secret(random: Random) -> Line:
    name = random.choice(
        (
            "pan",
            "cvv",
            "CVV2",
            "cvc",
            "pin",
            "pinBlock",
            "pin-block",
            "track",
            "track_1",
            "Track2",
            "track_data",
        )
    )
    number = card_number(random)
    field = {name: random.choice(("123", 123, None, "", [1], {"a": number}, number))}
    event = honest(random, **random.choice((field, {"extra": {"list": [field]}})))
    return Line(write(event | field if None in field.values() else event), Reason.SENSITIVE_FIELD, number)


def _truncated(random: Random) -> Line:
    number = card_number(random, 16)
    raw = write(honest(random, customer=number))
    return Line(raw[: random.randrange(len(raw))], Reason.NOT_JSON, number)


def _pierced(piece: bytes, reason: Reason) -> Callable[[Random], Line]:
    def make(random: Random) -> Line:
        raw = write(honest(random))
        place = random.randrange(len(raw) + 1)
        return Line(raw[:place] + piece + raw[place:], reason)

    return make


def _of_length(random: Random) -> Line:
    length = random.choice((MAX_LINE_BYTES, MAX_LINE_BYTES + 1))
    event = honest(random, padding="")
    event["padding"] = "x" * (length - len(write(event)))
    return Line(write(event), None if length <= MAX_LINE_BYTES else Reason.TOO_LONG)


def _too_long_with_number(random: Random) -> Line:
    number = card_number(random, 16)
    return Line(b"x" * random.randint(4070, 4100) + number.encode() + b"x" * 70_000, Reason.TOO_LONG, number)


def _grown(random: Random) -> Line:
    fields = {"scheme": "debit", "risk": {"score": 0.5, "words": ["a", None, True]}, "version": 3}
    event = honest(random, **fields)
    event["place"]["floor"] = 2
    return Line(write(event), None)


def _styled(random: Random) -> Line:
    event = honest(
        random, place={"lat": 48, "lon": -1e1, "city": random.choice(("München", "上海", "القاهرة"))}
    )
    shuffled = random.sample(list(event.items()), len(event))
    raw = write(dict(shuffled), ensure_ascii=random.random() < 0.5, separators=(", ", " : "))
    return Line(random.choice((b"%s", b" %s", b"%s\r", b"\t%s ")) % raw, None)


def _nested(random: Random) -> Line:
    depth, reason = random.choice(((500, None), (5000, Reason.NOT_JSON)))
    raw = write(honest(random))[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"
    return Line(raw, reason)


def _lists(random: Random) -> Line:
    depth, reason = random.choice(((900, Reason.NOT_AN_OBJECT), (1100, Reason.NOT_JSON)))
    return Line(b"[" * depth + b"]" * depth, reason)


def _repeated(random: Random) -> Line:
    raw = write(honest(random))[:-1]
    return random.choice(
        (
            Line(raw + b',"amount_minor":7}', None),
            Line(raw + b',"amount_minor":-7}', Reason.OUT_OF_RANGE),
            Line(raw + b"}" + raw + b"}", Reason.NOT_JSON),
            Line(raw + b"},", Reason.NOT_JSON),
        )
    )


_OTHER_KINDS = (
    {"kind": "progress", "at": "2026-03-01T00:00:00+08:00"},
    {
        "kind": "card_issued",
        "event_id": "i1",
        "at": "2026-03-01T00:00:00Z",
        "card": "c1",
        "customer": "u1",
        "branch": "b1",
    },
    {
        "kind": "disposition",
        "event_id": "d1",
        "at": "2026-03-02T00:00:00Z",
        "case": "C1",
        "outcome": "genuine",
        "alert": "a1",
        "alert_at": "2026-03-01T00:00:00Z",
        "detector": "burst",
        "scope": "card",
        "key": "c1",
    },
    telemetry(),
    telemetry(edge="count", code="counted", counters={"remaining": 0, "currency": "CNY", "wear": 3}),
    telemetry(device="d" * 64, sequence=10**12 - 1, raw="x" * 256, unit=99, severity=0),
)


def _bad_report(random: Random) -> Line:
    reason, fields = random.choice(BAD_REPORTS)
    return Line(write(telemetry(**fields)), reason)


_MAKERS: tuple[Callable[[Random], Line], ...] = (
    _bad_report,
    *(8 * (lambda random: Line(write(honest(random)), None),)),
    lambda random: Line(write(random.choice(_OTHER_KINDS)), None),
    _styled,
    _grown,
    _repeated,
    # Together, as they take long.
    lambda random: random.choice((_nested, _of_length, _too_long_with_number, _lists))(random),
    *(3 * (_truncated,)),
    *(4 * (_with_number,)),
    _secret,
    _pierced(b"\x00", Reason.NOT_JSON),
    _pierced(b"\xff", Reason.NOT_UTF8),
    _pierced(b"\xed\xa0\x80", Reason.NOT_UTF8),
    _raw(
        Reason.NOT_JSON, b"", b" ", b"\r", b"hello", b"{", b"{}}", b"\xef\xbb\xbf{}", b"{'kind':'progress'}"
    ),
    _raw(
        Reason.NOT_JSON,
        *(b'{"kind":"progress","at":%s}' % text for text in (b"NaN", b"-Infinity", b"01", b"'x'")),
    ),
    _raw(Reason.NOT_AN_OBJECT, b"[]", b"null", b"5", b'"text"', b"true", b'[{"kind":"progress"}]'),
    _raw(Reason.OUT_OF_RANGE, b'{"kind":"progress","at":1e999}'),
    _changed(Reason.UNKNOWN_KIND, kind=["telemetrie", "", "Transaction", "4" * 40]),
    _changed(Reason.MISSING_FIELD, kind=[None], event_id=[None], at=[None], card=[None], channel=[None]),
    _changed(Reason.MISSING_FIELD, place=[{"lat": 1.0}, {}], issued=[{"branch": "b1"}]),
    _changed(Reason.WRONG_TYPE, kind=[5, []], card=[5, [], {}], amount_minor=["5", 5.5, 5.0, True, []]),
    _changed(
        Reason.WRONG_TYPE, at=[1772323207, 1772323207027, ["2026-03-01T00:00:00Z"]], place=["Rome", [1, 2]]
    ),
    _changed(Reason.WRONG_TYPE, place=[{"lat": "1", "lon": 1}, {"lat": [], "lon": 1}], mcc=[5999]),
    _changed(Reason.OUT_OF_RANGE, amount_minor=[-1, 10**15 + 1, 10**17], balance_after_minor=[-(10**16)]),
    _changed(
        Reason.OUT_OF_RANGE,
        place=[{"lat": 100, "lon": 0}, {"lat": 0, "lon": -180.001}, {"lat": 0, "lon": 0, "error_km": -1}],
    ),
    _changed(
        Reason.OUT_OF_RANGE, event_id=["", "e" * 65], currency=["EU", "EURO"], mcc=["1"], last4=["12345"]
    ),
    _changed(Reason.OUT_OF_RANGE, channel=["fax", ""], type=["theft"], outcome=["maybe"], entry=["guess"]),
    _changed(Reason.OUT_OF_RANGE, ended_at=["2026-02-01T00:00:00Z"]),
    _changed(
        Reason.NAIVE_TIME,
        at=["2026-03-01T00:00:00", "2026-03-01 00:00:00.5"],
        ended_at=["2026-03-30T00:00:00"],
    ),
    _changed(Reason.BAD_TIME, at=["", "soon", "2026-02-30T00:00:00Z", "2026-03-01", "2026-03-01T25:00:00Z"]),
    _changed(Reason.BAD_TIME, at=["01/03/2026", "2026-03-01T00:00:60Z", "2026-03-01T00:00:00+2500"]),
    _changed(
        Reason.TOO_EARLY, at=["1970-01-01T00:00:00Z", "2019-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00"]
    ),
    _changed(Reason.TOO_LATE, at=["2040-01-01T00:00:00.001Z", "9999-12-31T23:59:59-14:00"]),
    _changed(Reason.TOO_LATE, ingested_at=["2026-02-27T00:00:00Z", "0001-01-01T00:00:00Z"]),
    # What looks like a card number and is none.
    _changed(
        None, event_id=["123e4567-1234-4234-8234-426614174000", "4111111111111111ab", "4111111111111112"]
    ),
    _changed(None, event_id=["1772323207027", "20260301093007027", "x4111111111111111", "1111111111111117"]),
    _changed(
        None, merchant=["445000000000003"], amount_minor=[4222222222222], balance_after_minor=[-4222222222222]
    ),
    _changed(
        None,
        ingested_at=["2026-03-30T00:00:00Z"],
        ended_at=["2026-03-30T00:00:00Z"],
        at_ms=[5],
        tier=["private"],
    ),
)
