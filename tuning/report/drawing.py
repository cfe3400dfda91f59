"""Pictures as SVG, drawn here: they need no script, print as they look and take the page's colours."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from unicodedata import east_asian_width

SIZE = 12  # of most texts, in units of the picture
LINE = 16  # from one line of text to the next
COLOURS = 8
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_NARROW, _BROAD = frozenset("ijltfrI.,:;|!'()[] -/"), frozenset("mwMW@%")
# Shapes tell series apart where colours do not: circle, square, diamond, triangles up and down.
_SHAPES = (
    "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "m-4-4h8v8h-8z",
    "m0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z",
    "m0-5l5 9h-10z",
    "m0 5l5-9h-10z",
)
REACH = 6  # of the largest shape, from its middle


def width_of(text: str, size: float = SIZE) -> float:
    """Estimate how wide a text is, on the large side: the reader's font is not known.

    >>> width_of("alerts") < width_of("ALERTS") < width_of("告警告警告警")
    True
    """
    return size * sum(_em(character) for character in text)


@cache
def _em(character: str) -> float:
    if east_asian_width(character) in "WFA":
        return 1.02
    if character in _NARROW:
        return 0.42
    if character in _BROAD:
        return 0.98
    return 0.72 if character.isupper() else 0.64


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """Cut a text that is wider than its room.

    >>> fitted("card_velocity", 200), fitted("card_velocity", 60)
    ('card_velocity', 'card_v…')
    """
    if width_of(text, size) <= room:
        return text
    used, kept = width_of(_ELLIPSIS, size), 0
    for character in text:
        used += width_of(character, size)
        if used > room:
            break
        kept += 1
    return text[:kept] + _ELLIPSIS


def place(value: float) -> str:
    """Write a coordinate, to a tenth and always the same way.

    >>> place(12.04), place(-0.01), place(7.25)
    ('12', '0', '7.2')
    """
    said = f"{value:.1f}"
    return "0" if said == "-0.0" else said.removesuffix(".0")


def colour(index: int) -> str:
    """Give the class of a series' colour; past the last they begin again."""
    return f"c{index % COLOURS}"


def dashes(index: int) -> str:
    """Give the class of a series' kind of line: whole for the first colours, then dashed, then dotted."""
    return ("", " dashed", " dotted")[index // COLOURS % 3]


class Picture:
    """The parts of one picture; what is drawn later lies above."""

    def __init__(self, width: float) -> None:
        """Begin a picture as wide as `width`; its height is given when it is written."""
        self.width = width
        self._parts: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """Draw a straight line."""
        ends = f'x1="{place(x1)}" y1="{place(y1)}" x2="{place(x2)}" y2="{place(y2)}"'
        self._parts.append(f'<line class="{kind}" {ends}/>')

    def box(
        self, x: float, y: float, width: float, height: float, kind: str, tip: str = "", strength: float = 1
    ) -> None:
        """Draw a rectangle; `tip` is shown under the pointer, `strength` within 0 and 1 is how full it is."""
        corner = f'x="{place(x)}" y="{place(y)}" width="{place(width)}" height="{place(height)}"'
        faint = "" if strength == 1 else f' fill-opacity="{strength:.2f}"'
        self._parts.append(_tipped("rect", f'class="{kind}" {corner}{faint}', tip))

    def path(self, steps: str, kind: str) -> None:
        """Draw a path of SVG steps; none draws nothing."""
        if steps:
            self._parts.append(f'<path class="{kind}" d="{steps}"/>')

    def mark(self, x: float, y: float, index: int, tip: str = "", kind: str = "") -> None:
        """Draw a point in the colour and shape of a series."""
        steps = f"M{place(x)} {place(y)}{_SHAPES[index % len(_SHAPES)]}"
        named = f"mark {colour(index)} {kind}".rstrip()
        self._parts.append(_tipped("path", f'class="{named}" d="{steps}"', tip))

    def ring(self, x: float, y: float) -> None:
        """Draw a ring around a point."""
        self._parts.append(f'<circle class="ring" cx="{place(x)}" cy="{place(y)}" r="{REACH + 3}"/>')

    def text(
        self,
        x: float,
        y: float,
        said: str,
        anchor: str = "start",
        kind: str = "",
        *,
        room: float | None = None,
        upwards: bool = False,
    ) -> None:
        """Write a text, cut to its room, moved where it would leave the picture."""
        shown = fitted(said, self.width if room is None else room)
        if not upwards:
            x = _kept(x, width_of(shown), anchor, self.width)
        turned = f' transform="rotate(-90 {place(x)} {place(y)})"' if upwards else ""
        named = f' class="{kind}"' if kind else ""
        full = f"<title>{escape(said)}</title>" if shown != said else ""
        where = f'x="{place(x)}" y="{place(y)}" text-anchor="{anchor}"'
        self._parts.append(f"<text{named} {where}{turned}>{full}{escape(shown)}</text>")

    def written(self, height: float, title: str, about: str) -> str:
        """Give the picture as SVG with its title and description."""
        head = f'<svg viewBox="0 0 {place(self.width)} {place(height)}" role="img">'
        named = f"<title>{escape(title)}</title><desc>{escape(about)}</desc>"
        return "\n".join((head + named, *self._parts, "</svg>"))


def joined(points: Iterable[tuple[float, float] | None]) -> str:
    """Give the steps of a line through points; it breaks where there is none."""
    steps, move = [], "M"
    for point in points:
        if point is not None:
            steps.append(f"{move}{place(point[0])} {place(point[1])}")
        move = "M" if point is None else "L"
    return "".join(steps)


def blocks(boxes: Sequence[tuple[float, float, float, float]]) -> str:
    """Give the steps of rectangles (left, top, width, height) as one path.

    Right edges are written as places, not as widths: rounding must not open a gap between neighbours.
    """
    return "".join(
        f"M{place(x)} {place(y)}H{place(x + width)}V{place(y + height)}H{place(x)}z"
        for x, y, width, height in boxes
    )


def _tipped(tag: str, attributes: str, tip: str) -> str:
    return f"<{tag} {attributes}><title>{escape(tip)}</title></{tag}>" if tip else f"<{tag} {attributes}/>"


def _kept(x: float, width: float, anchor: str, end: float) -> float:
    before = {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return max(before, min(x, end - width + before))
