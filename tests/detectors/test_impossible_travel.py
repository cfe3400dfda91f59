"""Impossible travel against journeys that can be made, and against the plain rule."""

from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.examples import run
from detectors.impossible_travel import ImpossibleTravel
from domain.events import Place, Transaction
from domain.instants import from_ms
from domain.places import distance_km
from domain.tables import Tables

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
POINTS = st.tuples(st.floats(-80, 80), st.floats(-180, 180))
# Within 3,400 km of each other, so that some ways can be travelled in hours and some cannot.
NEAR_POINTS = st.tuples(st.floats(20, 40), st.floats(100, 130))


def use(number: int, at_ms: int, place: Place, **fields: Any) -> Transaction:
    given = {"card": "c1", "amount_minor": 100, "currency": "CNY", "channel": "pos", **fields}
    return Transaction(event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms, place=place, **given)


@st.composite
def journeys(draw: st.DrawFn) -> list[Transaction]:
    """Draw a journey that never goes faster than 900 km/h, its places each off by at most their error."""
    at_ms, (lat, lon) = START_MS, draw(POINTS)
    events = []
    for number in range(draw(st.integers(1, 10))):
        to_lat, to_lon = draw(POINTS | st.just((lat, lon)))
        km = distance_km(lat, lon, to_lat, to_lon)
        waits_ms = draw(st.integers(0, 2 * HOUR_MS))
        at_ms += int(km / 900 * HOUR_MS) + 1 + waits_ms
        lat, lon = to_lat, to_lon
        off = draw(st.floats(-0.4, 0.4))
        # A degree is at most 111.2 km.
        place = Place(lat=lat + off, lon=lon, error_km=abs(off) * 111.2)
        lasts_ms = draw(st.integers(0, waits_ms))
        events.append(use(number, at_ms - lasts_ms, place, ended_at=from_ms(at_ms)))
    return events


@given(events=journeys(), data=st.data())
def test_a_journey_that_can_be_made_is_never_reported_in_whatever_order_it_comes(
    events: list[Transaction], data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(events))
    for made in (ImpossibleTravel(), ImpossibleTravel(min_km=0.0)):
        assert run(made, arrived, Tables()) == []


@given(
    places=st.lists(st.tuples(NEAR_POINTS, st.integers(0, 3 * HOUR_MS)), min_size=2, max_size=8),
    min_km=st.sampled_from((0.0, 50.0, 500.0)),
    max_kmh=st.sampled_from((800.0, 1000.0, 9000.0)),
    data=st.data(),
)
def test_a_card_goes_off_for_the_first_time_where_the_plain_rule_does_in_any_order(
    places: list[tuple[tuple[float, float], int]], min_km: float, max_kmh: float, data: st.DataObject
) -> None:
    events, at_ms = [], START_MS
    for number, ((lat, lon), gap_ms) in enumerate(places):
        at_ms += gap_ms
        events.append(use(number, at_ms, Place(lat=lat, lon=lon)))
    expected, known = None, []
    arrived = data.draw(st.permutations(events))
    for event in arrived:
        # Of equal times the one that came first is the earlier one.
        known = sorted([*known, event], key=lambda other: other.at_ms)
        touching = [pair for pair in pairwise(known) if event in pair]
        if any(too_fast(one, other, min_km, max_kmh) for one, other in touching):
            expected = event.event_id
            break
    fired = run(ImpossibleTravel(min_km=min_km, max_kmh=max_kmh), arrived, Tables())
    assert (fired[0].event_id if fired else None) == expected


def too_fast(one: Transaction, other: Transaction, min_km: float, max_kmh: float) -> bool:
    assert one.place is not None
    assert other.place is not None
    km = distance_km(one.place.lat, one.place.lon, other.place.lat, other.place.lon)
    return km > min_km and km / (max(other.at_ms - one.at_ms, 1000) / HOUR_MS) > max_kmh


@given(hops=st.integers(2, 30), gap_ms=st.integers(1, HOUR_MS // 2))
def test_however_often_two_ends_are_used_they_are_reported_at_most_twice_a_day(
    hops: int, gap_ms: int
) -> None:
    assume(hops * gap_ms < 23 * HOUR_MS)
    ends = Place(lat=31.23, lon=121.47, city="Shanghai"), Place(lat=25.03, lon=121.57, city="Taipei")
    events = [use(number, START_MS + number * gap_ms, ends[number % 2]) for number in range(hops)]
    fired = run(ImpossibleTravel(), events, Tables())
    assert [found.finding.evidence["there_and_back"] for found in fired] in ([False], [False, True])
    assert {found.finding.ring for found in fired} == {"travel:Shanghai>Taipei"}


def test_exactly_at_a_limit_is_believed() -> None:
    km = distance_km(0, 0, 0, 8)
    at = [START_MS, START_MS + HOUR_MS]
    events = [use(number, at[number], Place(lat=0, lon=8 * number)) for number in range(2)]
    assert run(ImpossibleTravel(max_kmh=km), events, Tables()) == []
    assert run(ImpossibleTravel(max_kmh=km * 0.999999), events, Tables()) != []
    assert run(ImpossibleTravel(max_kmh=1.0, min_km=km), events, Tables()) == []
