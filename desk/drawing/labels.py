"""Where labels go, so that none lies on another: the first free place around their point wins."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from desk.drawing.svg import TEXT_SIZE, Anchor, text_width

_GAP = 4.0
_HEIGHT = TEXT_SIZE + 2
# How far from their point labels may be moved, in steps; beyond the first a line leads back to it.
_REACHES = (0.0, 14.0, 28.0, 46.0, 70.0, 100.0)


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Tell whether two rectangles share anything."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        """Tell whether another rectangle lies within this one."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


class Label(NamedTuple):
    """A text that wants to stand beside the point (`x`, `y`), at least `away` off; `upright`: above."""

    said: str
    x: float
    y: float
    away: float = 6.0
    kind: str = "label"
    upright: bool = False

    @property
    def bold(self) -> bool:
        """Whether drawing.css writes it in bold."""
        return "strong" in self.kind or "label-bad" in self.kind


class Placed(NamedTuple):
    """A text with its place; `led` says that it is so far from its point that a line leads there."""

    label: Label
    x: float
    y: float
    anchor: Anchor
    box: Box
    led: bool


def placed(labels: Sequence[Label], taken: Sequence[Box], within: Box) -> list[Placed]:
    """Place labels in their order, off each other and off what is taken; one without room is left out."""
    kept = list(taken)
    found = []
    for label in labels:
        free = next(
            (
                place
                for place in _places(label)
                if within.holds(place.box) and not any(place.box.meets(box) for box in kept)
            ),
            None,
        )
        if free is not None:
            kept.append(free.box)
            found.append(free)
    return found


def text_box(x: float, y: float, said: str, anchor: Anchor, *, bold: bool = False) -> Box:
    """Give the rectangle of a text whose base line begins, ends or has its middle at a place."""
    width = text_width(said, bold=bold)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return Box(left, y - TEXT_SIZE, left + width, y + 3)


def _places(label: Label) -> Iterator[Placed]:
    for reach in _REACHES:
        away = label.away + _GAP + reach
        middle = label.y + TEXT_SIZE / 2 - 2
        above, below = label.y - away, label.y + away + _HEIGHT - 4
        slanted = away * 0.72
        sides: tuple[tuple[float, float, Anchor], ...] = (
            (label.x + away, middle, "start"),
            (label.x - away, middle, "end"),
            (label.x, above, "middle"),
            (label.x, below, "middle"),
            (label.x + slanted, label.y - slanted, "start"),
            (label.x + slanted, label.y + slanted + 8, "start"),
            (label.x - slanted, label.y - slanted, "end"),
            (label.x - slanted, label.y + slanted + 8, "end"),
        )
        for x, y, anchor in (*sides[2:], *sides[:2]) if label.upright else sides:
            box = text_box(x, y, label.said, anchor, bold=label.bold)
            yield Placed(label, x, y, anchor, box, reach > 0)
