"""Where cards were used, on a schematic map without outlines of countries, and the ways between.

How a border is drawn is a matter of law in some countries, so none is: a bank that has lines of its own
(coasts, provinces) hands them in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot

from desk.drawing.labels import Box, Label, Placed, placed, text_box
from desk.drawing.legend import Key, legend
from desk.drawing.projection import Frame, Point, Projection
from desk.drawing.svg import bar, element, hover, line, picture, text, text_width
from desk.drawing.ways import Spot, Stop, Way, on_curve, spots_of, telling, ways_between

# What the map says is not believed of a traveller, in km/h: an airliner's cruise.
BELIEVED_KMH = 900.0
_INSIDE = 1.0
# More names of ways that are nothing out of the ordinary would hide the places.
_MOST_NAMED_WAYS, _MOST_KEPT_CLEAR = 3, 12


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
    spots = spots_of(stops, projection)
    ways = telling(ways_between(stops, spots, frame), believed_kmh)
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


def _curve(way: Way, believed_kmh: float, words: MapWords) -> str:
    """Draw a way with an arrow in its middle, as both ends are often crowded."""
    begin, end, (x, y) = way.begin, way.end, way.middle
    kind = "way way-bad" if way.kmh > believed_kmh else "way"
    curve = element(
        "path", class_=kind, d=f"M{begin.x:.2f} {begin.y:.2f}Q{x:.2f} {y:.2f} {end.x:.2f} {end.y:.2f}"
    )
    top_x, top_y = on_curve(way)
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


def _point(spot: Spot) -> str:
    """Draw a spot; what is said of it is what is said of its stops, a dozen of them at most."""
    said = [stop.title for stop in sorted(spot.stops, key=lambda stop: (not stop.flagged, stop.at_ms))]
    more = [f"+{len(said) - 12}"] if len(said) > 12 else []
    title = hover("\n".join([spot.name, *said[:12], *more]))
    kind = f"mark {'mark-bad' if spot.flagged else 'mark-usual'}"
    return element("circle", title, class_=kind, cx=spot.x, cy=spot.y, r=spot.radius)


def _labels(
    spots: Sequence[Spot],
    ways: Sequence[Way],
    taken: Sequence[Box],
    frame: Frame,
    believed_kmh: float,
    words: MapWords,
) -> Iterator[str]:
    """Write names where there is room: first of what is flagged, then of ways, then of the rest."""
    ranked = [(0 if spot.flagged else 2, _name_of(spot)) for spot in _named_once(spots)]
    for way in ways:
        bad = way.kmh > believed_kmh
        if bad or len(ways) <= _MOST_NAMED_WAYS:
            said, kind = words.way(way.km, way.gap_ms, way.kmh), "label label-bad" if bad else "label soft"
            ranked.append((1 if bad else 3, Label(said, *on_curve(way), 6, kind, upright=True)))
    circles = [Box(s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius) for s in spots]
    curves = [
        Box(x - 3, y - 3, x + 3, y + 3)
        for way in ways[:_MOST_KEPT_CLEAR]
        for x, y in (on_curve(way, step / 12) for step in range(1, 12))
    ]
    order = [label for _, label in sorted(ranked, key=lambda each: each[0])]
    # Within the frame there is to be some air as well.
    within = Box(frame.left + 3, frame.top + 3, frame.right - 3, frame.bottom - 3)
    for found in placed(order, [*taken, *circles, *curves], within):
        yield from label_with_lead(found)


def _named_once(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Give the spots to write a name at: of spots that alerts do not name, one of each place, the biggest."""
    known = {name for spot in spots if spot.flagged for name in spot.places}
    for spot in sorted(spots, key=lambda spot: (not spot.flagged, -len(spot.stops))):
        if spot.places and (spot.flagged or not known.issuperset(spot.places)):
            known.update(spot.places)
            yield spot


def label_with_lead(found: Placed) -> Iterator[str]:
    """Write a label, with a line back to its point where it could not stay beside it."""
    label, box = found.label, found.box
    if found.led:
        x = min(max(label.x, box.left), box.right)
        y = min(max(label.y, box.top), box.bottom)
        yield line(label.x, label.y, x, y, "lead")
    yield text(found.x, found.y, label.said, found.anchor, label.kind)


def _name_of(spot: Spot) -> Label:
    return Label(spot.name, spot.x, spot.y, spot.radius, "label strong" if spot.flagged else "label")


def _keys(spots: Sequence[Spot], ways: Sequence[Way], believed_kmh: float, words: MapWords) -> list[Key]:
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
