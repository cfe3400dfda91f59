"""Where cards were used, on a schematic map without outlines of countries, and the ways between.

How a border is drawn is a matter of law in some countries, so none is: a bank that has lines of its own
(coasts, provinces) hands them in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, sqrt
from typing import NamedTuple

from desk.drawing.labels import Box, Label, Placed, placed, text_box
from desk.drawing.legend import Key, legend
from desk.drawing.projection import Frame, Point, Projection
from desk.drawing.svg import bar, cut, element, hover, line, picture, text, text_width
from domain.places import distance_km

# What the map says is not believed of a traveller, in km/h: an airliner's cruise.
BELIEVED_KMH = 900.0
_INSIDE, _SAME_PX = 1.0, 17.0
_MOST_WAYS, _LEAST_WAY_PX = 60, 24.0
# More names of ways that are nothing out of the ordinary would hide the places.
_MOST_NAMED_WAYS, _MOST_KEPT_CLEAR = 3, 12
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


@dataclass(frozen=True, kw_only=True)
class MapWords:
    """What a map says, in the reader's language; `way` names a distance in km, a time in ms and km/h."""

    title: str
    description: str
    flagged: str
    usual: str
    not_believed: str
    way_taken: str
    nothing: str
    way: Callable[[float, int, float], str]


class _Spot(NamedTuple):
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
    def name(self) -> str:
        names = list(dict.fromkeys(stop.name for stop in self.stops if stop.name))
        more = f" +{len(names) - 2}" if len(names) > 2 else ""
        count = f" \N{MULTIPLICATION SIGN}{len(self.stops)}" if len(self.stops) > 1 else ""
        return cut(", ".join(names[:2]) + more, _LONGEST_NAME) + count


class _Way(NamedTuple):
    """The fastest way of a card from one point to another."""

    begin: _Spot
    end: _Spot
    middle: Point
    km: float
    gap_ms: int
    kmh: float


def place_map(
    stops: Sequence[Stop],
    words: MapWords,
    *,
    outlines: Sequence[Sequence[Point]] = (),
    believed_kmh: float = BELIEVED_KMH,
    width: float = 640.0,
    height: float = 360.0,
) -> str:
    """Draw stops and the ways between those of a card that follow one another.

    A way that takes more than `believed_kmh` stands out. `outlines` are lines of longitudes and latitudes in
    degrees, in that order as GeoJSON has it.
    """
    frame = Frame(_INSIDE, _INSIDE, width - _INSIDE, height - _INSIDE)
    if not stops:
        empty = [
            bar(_INSIDE, _INSIDE, width - 2 * _INSIDE, height - 2 * _INSIDE, "ground"),
            text(width / 2, height / 2, words.nothing, "middle"),
        ]
        return picture(width, height, words.title, words.description, empty, "place-map")
    projection = Projection.fitting([(stop.lat, stop.lon) for stop in stops], frame)
    spots = _spots(stops, projection)
    ways = _ways(stops, spots, frame)
    parts, margins = ground(projection, outlines)
    parts += [_curve(way, believed_kmh, words) for way in reversed(ways)]
    parts += [_point(spot) for spot in sorted(spots, key=lambda spot: spot.flagged)]
    parts += _labels(spots, ways, margins, frame, believed_kmh, words)
    keys, keys_height = legend(_keys(spots, ways, believed_kmh, words), 2, height + 6, width - 4)
    total = height + 6 + keys_height + 2
    return picture(width, total, words.title, words.description, [*parts, *keys], "place-map")


def ground(projection: Projection, outlines: Sequence[Sequence[Point]] = ()) -> tuple[list[str], list[Box]]:
    """Draw what a map lies on: lines of latitude and longitude, outlines, a measure.

    Gives the parts, and the boxes of the texts among them.
    """
    frame = projection.frame
    parts = [bar(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top, "ground")]
    names: list[tuple[float, float, str]] = []
    for y, said in projection.parallels():
        if frame.top + 36 <= y <= frame.bottom - 30:
            parts.append(line(frame.left, y, frame.right, y, "grid"))
            names.append((frame.left + 4, y - 3, said))
    above = frame.top + 13
    for x, said in projection.meridians():
        parts.append(line(x, frame.top, x, frame.bottom, "grid"))
        free = names[-1][0] + text_width(names[-1][2]) if names and names[-1][1] == above else frame.left
        if free + 3 <= x and x + 6 + text_width(said) <= frame.right:
            names.append((x + 3, above, said))
    for outline in outlines:
        parts += [line(*one, *other, "outline") for one, other in projection.shown(outline)]
    parts += [text(x, y, said, kind="tick") for x, y, said in names]
    length, said = projection.measure(120)
    x, y = frame.left + 10, frame.bottom - 10
    parts.append(element("path", class_="measure", d=f"M{x:g} {y - 5:g}v5h{length:.2f}v-5"))
    parts.append(text(x + 4, y - 7, said, kind="tick"))
    boxes = [text_box(left, base, name, "start") for left, base, name in names]
    return parts, [*boxes, Box(x, y - 20, x + max(length, 60), y)]


def _spots(stops: Sequence[Stop], projection: Projection) -> list[_Spot]:
    """Put stops that would lie on one another into one spot, where the first of them is."""
    spots: list[_Spot] = []
    for stop in sorted(stops, key=lambda stop: (not stop.flagged, stop.at_ms)):
        x, y = projection.xy(stop.lat, stop.lon)
        near = min(spots, key=lambda spot: hypot(spot.x - x, spot.y - y), default=None)
        if near is not None and hypot(near.x - x, near.y - y) <= _SAME_PX:
            near.stops.append(stop)
        else:
            spots.append(_Spot(x, y, [stop]))
    return spots


def _ways(stops: Sequence[Stop], spots: Sequence[_Spot], frame: Frame) -> list[_Way]:
    """Give the fastest way of each direction between two spots, the fastest of all first."""
    spot_of = {stop: spot for spot in spots for stop in spot.stops}
    by_card: dict[str, list[Stop]] = {}
    for stop in sorted(stops, key=lambda stop: stop.at_ms):
        by_card.setdefault(stop.card, []).append(stop)
    fastest: dict[tuple[Point, Point], _Way] = {}
    for uses in by_card.values():
        for one, other in pairwise(uses):
            begin, end = spot_of[one], spot_of[other]
            km = distance_km(one.lat, one.lon, other.lat, other.lon)
            if km < _LEAST_KM or hypot(begin.x - end.x, begin.y - end.y) < _LEAST_WAY_PX:
                continue
            gap_ms = other.at_ms - one.at_ms
            way = _Way(begin, end, _bend(begin, end, frame), km, gap_ms, km * _HOUR_MS / max(1, gap_ms))
            key = (begin.x, begin.y), (end.x, end.y)
            if key not in fastest or way.kmh > fastest[key].kmh:
                fastest[key] = way
    return sorted(fastest.values(), key=lambda way: -way.kmh)[:_MOST_WAYS]


def _bend(begin: _Spot, end: _Spot, frame: Frame) -> Point:
    """Give the point that a curve bends towards, to the right of who goes along it."""
    dx, dy = end.x - begin.x, end.y - begin.y
    x, y = (begin.x + end.x) / 2 - dy * 0.16, (begin.y + end.y) / 2 + dx * 0.16
    return min(max(x, frame.left + 8), frame.right - 8), min(max(y, frame.top + 8), frame.bottom - 8)


def _curve(way: _Way, believed_kmh: float, words: MapWords) -> str:
    """Draw a way with an arrow in its middle, as both ends are often crowded."""
    begin, end, (x, y) = way.begin, way.end, way.middle
    kind = "way way-bad" if way.kmh > believed_kmh else "way"
    curve = element(
        "path", class_=kind, d=f"M{begin.x:.2f} {begin.y:.2f}Q{x:.2f} {y:.2f} {end.x:.2f} {end.y:.2f}"
    )
    top_x, top_y = _on_curve(way)
    length = hypot(end.x - begin.x, end.y - begin.y)
    ahead_x, ahead_y = (end.x - begin.x) / length, (end.y - begin.y) / length
    corners = [
        (top_x + 7 * ahead_x, top_y + 7 * ahead_y),
        (top_x - 4 * ahead_x - 4.5 * ahead_y, top_y - 4 * ahead_y + 4.5 * ahead_x),
        (top_x - 4 * ahead_x + 4.5 * ahead_y, top_y - 4 * ahead_y - 4.5 * ahead_x),
    ]
    arrow = element("polygon", class_="arrow", points=" ".join(f"{a:.2f},{b:.2f}" for a, b in corners))
    title = f"{begin.name} → {end.name} · {words.way(way.km, way.gap_ms, way.kmh)}"
    return element("g", hover(title) + curve + arrow, class_=kind)


def _on_curve(way: _Way, share: float = 0.5) -> Point:
    """Give where the curve is after a share of it."""
    (x, y), rest = way.middle, 1 - share
    begin, middle, end = rest * rest, 2 * rest * share, share * share
    return (
        begin * way.begin.x + middle * x + end * way.end.x,
        begin * way.begin.y + middle * y + end * way.end.y,
    )


def _point(spot: _Spot) -> str:
    """Draw a spot; what is said of it is what is said of its stops, a dozen of them at most."""
    said = [stop.title for stop in sorted(spot.stops, key=lambda stop: (not stop.flagged, stop.at_ms))]
    more = [f"+{len(said) - 12}"] if len(said) > 12 else []
    title = hover("\n".join([spot.name, *said[:12], *more]))
    kind = f"mark {'mark-bad' if spot.flagged else 'mark-usual'}"
    return element("circle", title, class_=kind, cx=spot.x, cy=spot.y, r=spot.radius)


def _labels(
    spots: Sequence[_Spot],
    ways: Sequence[_Way],
    taken: Sequence[Box],
    frame: Frame,
    believed_kmh: float,
    words: MapWords,
) -> Iterator[str]:
    """Write names where there is room: first of what is flagged, then of ways, then of the rest."""
    ranked = [(0 if spot.flagged else 2, _name_of(spot)) for spot in spots if spot.name]
    for way in ways:
        bad = way.kmh > believed_kmh
        if bad or len(ways) <= _MOST_NAMED_WAYS:
            said, kind = words.way(way.km, way.gap_ms, way.kmh), "label label-bad" if bad else "label soft"
            ranked.append((1 if bad else 3, Label(said, *_on_curve(way), 6, kind, upright=True)))
    circles = [Box(s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius) for s in spots]
    curves = [
        Box(x - 3, y - 3, x + 3, y + 3)
        for way in ways[:_MOST_KEPT_CLEAR]
        for x, y in (_on_curve(way, step / 12) for step in range(1, 12))
    ]
    order = [label for _, label in sorted(ranked, key=lambda each: each[0])]
    # Within the frame there is to be some air as well.
    within = Box(frame.left + 3, frame.top + 3, frame.right - 3, frame.bottom - 3)
    for found in placed(order, [*taken, *circles, *curves], within):
        yield from label_with_lead(found)


def label_with_lead(found: Placed) -> Iterator[str]:
    """Write a label, with a line back to its point where it could not stay beside it."""
    label, box = found.label, found.box
    if found.led:
        x = min(max(label.x, box.left), box.right)
        y = min(max(label.y, box.top), box.bottom)
        yield line(label.x, label.y, x, y, "lead")
    yield text(found.x, found.y, label.said, found.anchor, label.kind)


def _name_of(spot: _Spot) -> Label:
    return Label(spot.name, spot.x, spot.y, spot.radius, "label strong" if spot.flagged else "label")


def _keys(spots: Sequence[_Spot], ways: Sequence[_Way], believed_kmh: float, words: MapWords) -> list[Key]:
    def dot(kind: str) -> Callable[[float, float], str]:
        return lambda x, y: element("circle", class_=f"mark {kind}", cx=x, cy=y, r=5)

    def stroke(kind: str) -> Callable[[float, float], str]:
        return lambda x, y: line(x - 7, y, x + 7, y, kind)

    found = []
    if any(spot.flagged for spot in spots):
        found.append(Key(dot("mark-bad"), words.flagged))
    if any(not spot.flagged for spot in spots):
        found.append(Key(dot("mark-usual"), words.usual))
    if any(way.kmh > believed_kmh for way in ways):
        found.append(Key(stroke("way way-bad"), words.not_believed))
    if any(way.kmh <= believed_kmh for way in ways):
        found.append(Key(stroke("way"), words.way_taken))
    return found
