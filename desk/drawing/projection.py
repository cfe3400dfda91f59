"""From degrees to a plane: a schematic map without outlines, as wide at its middle as the globe is there."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, floor, radians
from typing import NamedTuple

from desk.drawing.svg import figure
from domain.places import KM_PER_DEGREE

# The least that a map shows, in degrees: some 3 km, so that one place is no map of its doorstep.
_LEAST_DEGREES = 0.03
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0)
_MOST_LINES = 5
_KM = tuple(nice * 10**power for power in range(-1, 5) for nice in (1, 2, 5))

Point = tuple[float, float]


class Frame(NamedTuple):
    """The part of a drawing that a map is in."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point of the drawing lies in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Projection(NamedTuple):
    """Puts `middle_lat` and `middle_lon` in the middle of a frame, `scale` being pixels to a degree north."""

    middle_lat: float
    middle_lon: float
    scale: float
    shrink: float
    frame: Frame

    @classmethod
    def fitting(cls, points: Sequence[Point], frame: Frame, margin: float = 56.0) -> "Projection":
        """Give the one that shows all of some points, each a latitude and a longitude in degrees.

        The date line may lie among them: the widest stretch of longitude without any is left out.
        """
        lats = [lat for lat, _ in points]
        low, high = min(lats), max(lats)
        west, east = _around([lon for _, lon in points])
        shrink = max(0.2, cos(radians((low + high) / 2)))
        # A margin is not to take all of a frame that is small.
        wide = max((frame.right - frame.left) * 0.5, frame.right - frame.left - 2 * margin)
        tall = max((frame.bottom - frame.top) * 0.5, frame.bottom - frame.top - 1.4 * margin)
        scale = min(
            tall / max(high - low, _LEAST_DEGREES), wide / (max(east - west, _LEAST_DEGREES) * shrink)
        )
        return cls((low + high) / 2, (west + east) / 2, scale, shrink, frame)

    def xy(self, lat: float, lon: float) -> Point:
        """Give the place of a point of the globe on the drawing, which may be outside the frame."""
        frame = self.frame
        east = (lon - self.middle_lon + 180) % 360 - 180
        return (
            (frame.left + frame.right) / 2 + east * self.scale * self.shrink,
            (frame.top + frame.bottom) / 2 - (lat - self.middle_lat) * self.scale,
        )

    def parallels(self) -> Iterator[tuple[float, str]]:
        """Give a few circles of latitude: where they lie on the drawing, and their names."""
        half = (self.frame.bottom - self.frame.top) / 2 / self.scale
        for lat in _round_degrees(self.middle_lat - half, self.middle_lat + half):
            if abs(lat) <= 90:
                yield self.xy(lat, self.middle_lon)[1], _degrees(lat, "N", "S")

    def meridians(self) -> Iterator[tuple[float, str]]:
        """Give a few meridians: where they lie on the drawing, and their names."""
        half = min(180.0, (self.frame.right - self.frame.left) / 2 / self.scale / self.shrink)
        middle = (self.frame.left + self.frame.right) / 2
        for lon in _round_degrees(self.middle_lon - half, self.middle_lon + half):
            x = middle + (lon - self.middle_lon) * self.scale * self.shrink
            yield x, _degrees((lon + 180) % 360 - 180, "E", "W")

    def measure(self, most_px: float) -> tuple[float, str]:
        """Give a round distance of at most so many pixels: how long it is drawn, and its name."""
        px_per_km = self.scale / KM_PER_DEGREE
        km = max((km for km in _KM if km * px_per_km <= most_px), default=_KM[0])
        return min(most_px, km * px_per_km), f"{figure(km)} km"

    def shown(self, outline: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
        """Give the stretches of an outline, of longitudes and latitudes, that lie within the frame."""
        places = [self.xy(lat, lon) for lon, lat in outline]
        most = 180 * self.scale * self.shrink
        for one, other in pairwise(places):
            # Over the back of the globe, where the map ends, nothing is joined.
            kept = _clipped(one, other, self.frame) if abs(one[0] - other[0]) < most else None
            if kept is not None:
                yield kept


def _around(lons: Sequence[float]) -> tuple[float, float]:
    """Give the west and east ends of the shortest stretch that holds all longitudes."""
    known = sorted({lon % 360 for lon in lons})
    gaps = [(after - before, after) for before, after in pairwise([*known, known[0] + 360])]
    gap, west = max(gaps)
    return west % 360, west % 360 + 360 - gap


def _round_degrees(low: float, high: float) -> Iterator[float]:
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_LINES), _STEPS[-1])
    number = -floor(-low / step)
    while number * step <= high:
        yield round(number * step, 2)
        number += 1


def _degrees(value: float, above: str, below: str) -> str:
    return f"{abs(value):g}°{above if value > 0 else below if value < 0 else ''}"


def _clipped(one: Point, other: Point, frame: Frame) -> tuple[Point, Point] | None:
    """Cut a line at a frame; None where nothing of it is within.

    Source: Y.-D. Liang and B. A. Barsky, A New Concept and Method for Line Clipping, ACM TOG 3 (1984).
    """
    (x, y), dx, dy = one, other[0] - one[0], other[1] - one[1]
    begin, end = 0.0, 1.0
    for toward, room in (
        (-dx, x - frame.left),
        (dx, frame.right - x),
        (-dy, y - frame.top),
        (dy, frame.bottom - y),
    ):
        if toward == 0:
            if room < 0:
                return None
            continue
        share = room / toward
        if toward < 0:
            begin = max(begin, share)
        else:
            end = min(end, share)
    return ((x + begin * dx, y + begin * dy), (x + end * dx, y + end * dy)) if begin <= end else None
