"""The points of a map at which cards were used, and the fastest ways of a card between them."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot, sqrt
from typing import NamedTuple

from desk.drawing.projection import Frame, Point, Projection
from desk.drawing.svg import cut
from domain.places import distance_km

_SAME_PX = 17.0
_MOST_WAYS, _LEAST_WAY_PX = 60, 24.0
# Where more ways than this are nothing out of the ordinary, those that no alert is about are left out.
_MOST_USUAL_WAYS = 12
_LEAST_KM, _LONGEST_NAME = 1.0, 170.0
_HOUR_MS = 3_600_000


class Stop(NamedTuple):
    """A card was here: `title` is what is said of it when one points at it; flagged if an alert names it."""

    at_ms: int
    card: str
    lat: float
    lon: float
    name: str
    title: str
    flagged: bool = False


class Spot(NamedTuple):
    """Stops that would lie on one another, as one point."""

    x: float
    y: float
    stops: list[Stop]

    @property
    def flagged(self) -> bool:
        return any(stop.flagged for stop in self.stops)

    @property
    def radius(self) -> float:
        return min(8.0, 3.5 + sqrt(len(self.stops)) * 0.8)

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(stop.name for stop in self.stops if stop.name))

    @property
    def name(self) -> str:
        names = self.places
        more = f" +{len(names) - 2}" if len(names) > 2 else ""
        count = f" \N{MULTIPLICATION SIGN}{len(self.stops)}" if len(self.stops) > 1 else ""
        return cut(", ".join(names[:2]) + more, _LONGEST_NAME) + count


class Way(NamedTuple):
    """The fastest way of a card from one point to another."""

    begin: Spot
    end: Spot
    middle: Point
    km: float
    gap_ms: int
    kmh: float


def spots_of(stops: Sequence[Stop], projection: Projection) -> list[Spot]:
    """Put stops that would lie on one another into one spot, where the first of them is."""
    spots: list[Spot] = []
    for stop in sorted(stops, key=lambda stop: (not stop.flagged, stop.at_ms)):
        x, y = projection.xy(stop.lat, stop.lon)
        near = min(spots, key=lambda spot: hypot(spot.x - x, spot.y - y), default=None)
        if near is not None and hypot(near.x - x, near.y - y) <= _SAME_PX:
            near.stops.append(stop)
        else:
            spots.append(Spot(x, y, [stop]))
    return spots


def ways_between(stops: Sequence[Stop], spots: Sequence[Spot], frame: Frame) -> list[Way]:
    """Give the fastest way of each direction between two spots, the fastest of all first."""
    spot_of = {stop: spot for spot in spots for stop in spot.stops}
    by_card: dict[str, list[Stop]] = {}
    for stop in sorted(stops, key=lambda stop: stop.at_ms):
        by_card.setdefault(stop.card, []).append(stop)
    fastest: dict[tuple[Point, Point], Way] = {}
    for uses in by_card.values():
        for one, other in pairwise(uses):
            begin, end = spot_of[one], spot_of[other]
            km = distance_km(one.lat, one.lon, other.lat, other.lon)
            if km < _LEAST_KM or hypot(begin.x - end.x, begin.y - end.y) < _LEAST_WAY_PX:
                continue
            gap_ms = other.at_ms - one.at_ms
            way = Way(begin, end, _bend(begin, end, frame), km, gap_ms, km * _HOUR_MS / max(1, gap_ms))
            key = (begin.x, begin.y), (end.x, end.y)
            if key not in fastest or way.kmh > fastest[key].kmh:
                fastest[key] = way
    return sorted(fastest.values(), key=lambda way: -way.kmh)[:_MOST_WAYS]


def telling(ways: list[Way], believed_kmh: float) -> list[Way]:
    """Keep all ways, or of many the ones that are not believed, lead to an alert, or away from one."""
    if sum(way.kmh <= believed_kmh for way in ways) <= _MOST_USUAL_WAYS:
        return ways
    told = [way for way in ways if way.kmh > believed_kmh or way.begin.flagged or way.end.flagged]
    usual = [way for way in told if way.kmh <= believed_kmh]
    return [way for way in told if way not in usual[_MOST_USUAL_WAYS:]]


def _bend(begin: Spot, end: Spot, frame: Frame) -> Point:
    """Give the point that a curve bends towards, to the right of who goes along it."""
    dx, dy = end.x - begin.x, end.y - begin.y
    x, y = (begin.x + end.x) / 2 - dy * 0.16, (begin.y + end.y) / 2 + dx * 0.16
    return min(max(x, frame.left + 8), frame.right - 8), min(max(y, frame.top + 8), frame.bottom - 8)


def on_curve(way: Way, share: float = 0.5) -> Point:
    """Give where the curve is after a share of it."""
    (x, y), rest = way.middle, 1 - share
    begin, middle, end = rest * rest, 2 * rest * share, share * share
    return (
        begin * way.begin.x + middle * x + end * way.end.x,
        begin * way.begin.y + middle * y + end * way.end.y,
    )
