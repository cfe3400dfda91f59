"""Names beside points, so that none covers another, a point, or the edge."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, hypot
from typing import NamedTuple

from tuning.report.drawing import REACH, SIZE, fitted, width_of

_MOST_NAME = 200
_GAP = 6
# How far above its baseline and below it a text reaches.
_ASCENT, _DESCENT = SIZE, 4
# Farther away a name is joined to its point by a line.
_RINGS = (0, 18, 36)

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Placed(NamedTuple):
    """A name with where it begins, and the line to its point where it stands apart (x1, y1, x2, y2)."""

    said: str
    left: float
    baseline: float
    leader: tuple[float, float, float, float] | None

    @property
    def box(self) -> Box:
        """What it covers."""
        return _box(self.left, self.baseline, self.said)


def place_labels(
    points: Sequence[tuple[float, float, str]],
    within: Box,
    others: Sequence[tuple[float, float]] = (),
    line: Sequence[tuple[float, float]] = (),
) -> list[Placed]:
    """Place as many names of points (x, y, name) as find room within a box, the first ones first.

    `others` are points without a name, which no name may cover either; `line` is one that names keep off
    where they can.
    """
    places = [*((x, y) for x, y, _ in points), *others]
    taken = [(x - REACH, y - REACH, x + REACH, y + REACH) for x, y in places]
    drawn = list(_along(line))
    found: list[Placed] = []
    for x, y, name in points:
        tries = list(_tries(x, y, fitted(name, _MOST_NAME))) if name else []
        free = [each for each in tries if _free(each.box, taken, within)]
        label = next((each for each in free if _free(each.box, drawn, within)), free[0] if free else None)
        if label is not None:
            taken.append(label.box)
            found.append(label)
    return found


def _along(line: Sequence[tuple[float, float]]) -> Iterator[Box]:
    """Give small boxes along a line."""
    for (x1, y1), (x2, y2) in pairwise(line):
        steps = max(1, ceil(hypot(x2 - x1, y2 - y1) / SIZE))
        for step in range(steps + 1):
            x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
            yield (x - 1, y - 1, x + 1, y + 1)


def _tries(x: float, y: float, said: str) -> Iterator[Placed]:
    """Give the places around a point, the most readable first."""
    width, middle = width_of(said), y + SIZE / 2 - 2
    for away in _RINGS:
        far = REACH + _GAP + away
        up, down = y - far - _DESCENT + 2, y + far + _ASCENT - 2
        places = (
            (x + far, middle), (x - far - width, middle), (x - width / 2, up), (x - width / 2, down),
            (x + far, up), (x + far, down), (x - far - width, up), (x - far - width, down),
        )  # fmt: skip
        for left, baseline in places:
            end = min(max(x, left), left + width)
            height = min(max(y, baseline - _ASCENT), baseline + _DESCENT)
            yield Placed(said, left, baseline, (x, y, end, height) if away else None)


def _box(left: float, baseline: float, said: str) -> Box:
    return (left, baseline - _ASCENT, left + width_of(said), baseline + _DESCENT)


def _free(box: Box, taken: Sequence[Box], within: Box) -> bool:
    left, top, right, bottom = box
    if left < within[0] or top < within[1] or right > within[2] or bottom > within[3]:
        return False
    return not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken
    )
