"""Customers in two places against wallets that travel, and against the plain rule."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detectors.customer_in_two_places import CustomerInTwoPlaces
from detectors.examples import run
from domain.events import Place, Transaction
from domain.findings import Severity
from domain.instants import from_ms
from domain.places import distance_km
from domain.tables import Tables

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
CARDS = st.sampled_from(("c1", "c2", "c3"))
# Within 3,400 km of each other, so that some ways can be travelled in hours and some cannot.
POINTS = st.tuples(st.floats(20, 40), st.floats(100, 130))
SHANGHAI = Place(lat=31.23, lon=121.47, city="Shanghai")
TAIPEI = Place(lat=25.03, lon=121.57, city="Taipei")


def use(number: int, at_ms: int, place: Place, card: str, **fields: Any) -> Transaction:
    given = {"customer": "k1", "amount_minor": 100, "currency": "CNY", "channel": "pos", **fields}
    return Transaction(event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms, place=place, card=card, **given)


@given(
    ways=st.lists(st.tuples(POINTS, CARDS, st.integers(0, HOUR_MS), st.floats(-0.4, 0.4)), max_size=8),
    data=st.data(),
)
def test_a_wallet_that_travels_is_never_reported_in_whatever_order_its_uses_come(
    ways: list[tuple[tuple[float, float], str, int, float]], data: st.DataObject
) -> None:
    at_ms, here, events = START_MS, (31.23, 121.47), []
    for number, (there, card, waits_ms, off) in enumerate(ways):
        at_ms += int(distance_km(*here, *there) / 900 * HOUR_MS) + 1 + waits_ms
        here = there
        # A degree is at most 111.2 km.
        place = Place(lat=here[0] + off, lon=here[1], error_km=abs(off) * 111.2)
        events.append(use(number, at_ms, place, card))
    arrived = data.draw(st.permutations(events))
    for made in (CustomerInTwoPlaces(), CustomerInTwoPlaces(min_km=0.0)):
        assert run(made, arrived, Tables()) == []


@given(
    places=st.lists(st.tuples(POINTS, CARDS, st.integers(0, 2 * HOUR_MS)), min_size=2, max_size=6),
    min_km=st.sampled_from((0.0, 50.0, 500.0)),
    max_kmh=st.sampled_from((800.0, 1000.0, 9000.0)),
    data=st.data(),
)
def test_it_goes_off_for_the_first_time_where_the_plain_rule_does_in_any_order(
    places: list[tuple[tuple[float, float], str, int]], min_km: float, max_kmh: float, data: st.DataObject
) -> None:
    events, at_ms = [], START_MS
    for number, ((lat, lon), card, gap_ms) in enumerate(places):
        at_ms += gap_ms
        events.append(use(number, at_ms, Place(lat=lat, lon=lon), card))
    expected, known = None, []
    arrived = data.draw(st.permutations(events))
    for event in arrived:
        # Of equal times the one that came first is the earlier one.
        known = sorted([*known, event], key=lambda other: other.at_ms)
        touching = [pair for pair in pairwise(known) if event in pair]
        if any(impossible(one, other, min_km, max_kmh) for one, other in touching):
            expected = event.event_id
            break
    fired = run(CustomerInTwoPlaces(min_km=min_km, max_kmh=max_kmh), arrived, Tables())
    assert (fired[0].event_id if fired else None) == expected


def impossible(one: Transaction, other: Transaction, min_km: float, max_kmh: float) -> bool:
    assert one.place is not None
    assert other.place is not None
    km = distance_km(one.place.lat, one.place.lon, other.place.lat, other.place.lon)
    hours = max(other.at_ms - one.at_ms, 1000) / HOUR_MS
    return one.card != other.card and km > min_km and km / hours > max_kmh


@given(
    uses=st.lists(
        st.tuples(CARDS, st.sampled_from((SHANGHAI, TAIPEI)), st.integers(1, HOUR_MS // 2), st.booleans()),
        max_size=40,
    )
)
def test_however_often_two_ends_are_used_they_are_reported_once_and_once_more_when_worse(
    uses: list[tuple[str, Place, int, bool]],
) -> None:
    events, at_ms = [], START_MS
    for number, (card, place, gap_ms, cash) in enumerate(uses):
        at_ms += gap_ms
        how = {"channel": "atm", "type": "withdrawal"} if cash else {}
        events.append(use(number, at_ms, place, card, **how))
    fired = run(CustomerInTwoPlaces(), events, Tables())
    medium, high = [Severity.MEDIUM], [Severity.HIGH]
    assert [found.severity for found in fired] in ([], medium, high, medium + high)
    for found in fired:
        one, other = found.finding.members
        assert one.card != other.card
        assert bool(found.finding.ring) == (found.severity == Severity.HIGH)
