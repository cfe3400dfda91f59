"""Events to examine detectors with: crowds, ordinary ones, drawn ones, and the same ones elsewhere."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.events import CardIssued, Event, Issued, Place, Transaction
from domain.instants import from_ms

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
# A character of four bytes: what takes the most room.
WIDE = "\N{CREDIT CARD}"
# How far, in degrees, the twin of a cell lies.
_TWIN_SOUTH = 7.0


@cache
def crowd(scope: str, count: int) -> list[Event]:
    """Give many events of one key, second by second, as different and with as long tokens as may be."""
    random = Random(7)
    # A cell follows from the place.
    in_a_cell = scope == "cell"
    fixed = {} if in_a_cell else {scope: "key"}
    events: list[Event] = []
    for number in range(count):
        at_ms = START_MS + number * 1000
        issued_ms = START_MS - random.randrange(1, 3) * HOUR_MS
        lat, lon = random.randrange(-80, 80), random.randrange(-180, 180)
        anywhere = Place(lat=lat, lon=lon, city=long_token("city", number))
        events.append(
            Transaction(
                **{
                    "event_id": long_token("e", number),
                    "card": long_token("c", random.randrange(2000)),
                    "customer": long_token("k", random.randrange(900)),
                    "terminal": long_token("t", random.randrange(50)),
                    "merchant": long_token("m", random.randrange(50)),
                    "device": long_token("d", random.randrange(50)),
                    "issuance": "key",
                    **fixed,
                },
                last4=WIDE * 4,
                at=from_ms(at_ms),
                at_ms=at_ms,
                amount_minor=random.choice((0, 1, 5_000, 2_000_000, 10**15)),
                balance_after_minor=random.choice((None, 10**15, -(10**15))),
                currency=random.choice(CURRENCIES),
                channel=random.choice(("pos", "atm", "atm", "ecom")),
                type=random.choice(("purchase", "withdrawal", "withdrawal", "transfer_out")),
                place=HOME if in_a_cell else random.choice((anywhere, *FAR_AND_NEAR)),
                issued=Issued(branch="b", at=from_ms(issued_ms), place=HOME),
            )
        )
    return events


def homely(count: int) -> list[Event]:
    """Give a few ordinary events."""
    random = Random(11)
    return [
        Transaction(
            event_id=f"h{number}",
            at=from_ms(START_MS),
            at_ms=START_MS,
            card="c1",
            customer="k1",
            terminal="t1",
            device="d1",
            branch="b1",
            issuance="b|2026-03-01",
            issued=Issued(branch="b", at=from_ms(START_MS - 9 * HOUR_MS)),
            place=random.choice(FAR_AND_NEAR),
            amount_minor=random.randrange(10_000_000),
            currency="CNY",
            channel=random.choice(("pos", "atm")),
            type=random.choice(("purchase", "withdrawal")),
        )
        for number in range(count)
    ]


def long_token(letter: str, number: int) -> str:
    """Give a token of 64 characters of 4 bytes each, or nearly."""
    return f"{letter}{number}".ljust(64, WIDE)


HOME = Place(lat=31.3, lon=120.6, city="Suzhou", country="CN", error_km=0.5)
FAR_AND_NEAR = (
    HOME,
    Place(lat=31.31, lon=120.61, city=WIDE * 64),
    Place(lat=25.03, lon=121.57, city="苏" * 64, error_km=2.0),
    Place(lat=25.04, lon=121.56, city="Taipei", error_km=2.0),
    Place(lat=90.0, lon=-180.0),
    Place(lat=-90.0, lon=180.0, error_km=20_038.0),
)
CURRENCIES = ("CNY", "USD", "JPY", "KWD", "XXX")
GAPS_MS = (0, 1, 1_000, 30_000, 60_000, 150_000, 600_000, HOUR_MS, 7 * HOUR_MS)
JUMPS_MS = (0, 1, 60_000, HOUR_MS, 30 * HOUR_MS, -1_000, -90_000, -HOUR_MS, -40 * HOUR_MS)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Draw events of a few keys in runs of like ones: close together, far apart, late, and odd."""
    at_ms = START_MS
    events: list[Event] = []
    for _ in range(draw(st.integers(0, 4))):
        at_ms += draw(st.sampled_from(JUMPS_MS))
        gap_ms = draw(st.sampled_from(GAPS_MS))
        first, next_card = draw(st.integers(1, 3)), draw(st.booleans())
        of_customer = draw(st.integers(1, 2))
        known = draw(st.booleans())
        alike = draw(LIKE_EVENTS)
        lasts = draw(st.sampled_from((None, None, 1, 90_000, -5_000)))
        for number in range(draw(st.integers(1, 13))):
            at_ms += gap_ms
            card = first + number * next_card
            opened_ms = START_MS - 50 * HOUR_MS + card * 300_000
            common: dict[str, Any] = {
                "event_id": f"e{len(events)}",
                "card": f"c{card}",
                "customer": f"k{card // of_customer}",
                "issuance": "b|2026-02-28",
            }
            if alike is None:
                times = {"at": from_ms(opened_ms), "at_ms": opened_ms}
                events.append(CardIssued(**common, **times, branch="b", place=HOME if known else None))
                continue
            issued = Issued(branch="b", at=from_ms(opened_ms)) if known else None
            times = {"at": from_ms(at_ms), "at_ms": at_ms, "ended_at": lasts and from_ms(at_ms + lasts)}
            events.append(Transaction(**common, **times, **alike, issued=issued))
    return events


@st.composite
def disturbed(draw: st.DrawFn, events: Sequence[Event]) -> list[Event]:
    """Draw a sequence that went a little wrong: events lost, come twice, and come out of order."""
    left = list(events)
    for change in draw(st.lists(st.sampled_from(("lose", "repeat", "swap")), max_size=4)):
        if len(left) < 2:
            break
        index = draw(st.integers(0, len(left) - 2))
        if change == "lose":
            del left[index]
        elif change == "repeat":
            left.insert(draw(st.integers(index, len(left))), left[index])
        else:
            left[index], left[index + 1] = left[index + 1], left[index]
    return left


LIKE_EVENTS = st.none() | st.fixed_dictionaries(
    {
        "amount_minor": st.sampled_from((0, 1, 5_000, 5_000, 700_000, 2_000_000, 10**15)),
        "balance_after_minor": st.sampled_from((None, None, -500, 0, 3_000_000)),
        "currency": st.sampled_from(CURRENCIES[:2]),
        "channel": st.sampled_from(("pos", "atm", "atm", "ecom", "counter")),
        "type": st.sampled_from(("purchase", "withdrawal", "withdrawal", "deposit", "refund")),
        "outcome": st.sampled_from(("approved", "approved", "approved", "declined")),
        "terminal": st.sampled_from(("t1", "t1", "t2", None)),
        "place": st.sampled_from((*FAR_AND_NEAR, None)),
    }
)


def moved(event: Event, by_ms: int, number: int | None = None) -> Event:
    """Give an event as it would be later, with its own id where it has a number."""
    later: dict[str, Any] = {"at": from_ms(event.at_ms + by_ms), "at_ms": event.at_ms + by_ms}
    if getattr(event, "ended_at", None) is not None:
        later["ended_at"] = event.ended_at + timedelta(milliseconds=by_ms)
    if number is not None:
        later["event_id"] = f"e{number}"
    return msgspec.structs.replace(event, **later)


def twin(event: Event, scope: str) -> Event:
    """Give the same event of another key; of another cell it is some way to the south."""
    key = getattr(event, scope, None)
    if key is None:
        return event
    if scope != "cell":
        return msgspec.structs.replace(event, **{scope: f"{key}~"})
    south = msgspec.structs.replace(event.place, lat=event.place.lat - _TWIN_SOUTH)
    return msgspec.structs.replace(event, place=south)
