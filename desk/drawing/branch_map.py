"""Branches by what state they are in: where they lie, or region by region where nobody said where."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import NamedTuple

from desk.drawing.labels import Box, Label, placed
from desk.drawing.legend import Key, Sign, legend
from desk.drawing.place_map import ground, label_with_lead
from desk.drawing.projection import Frame, Point, Projection
from desk.drawing.svg import bar, cut, element, hover, line, picture, text, text_width

_SIZE, _PITCH = 15.0, 18.0
_INSIDE, _ROW_GAP, _MOST_NAMES = 1.0, 8.0, 170.0


class State(NamedTuple):
    """A state of branches: the class of its colour, its name, and a character for eyes without colours."""

    kind: str
    name: str
    sign: str = ""


class Branch(NamedTuple):
    """A branch; `title` is what is said of it when one points at it, `lat` and `lon` are in degrees."""

    region: str
    state: str
    title: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, kw_only=True)
class BranchMapWords:
    """What the picture says, in the reader's language; `nothing` where there are no branches."""

    title: str
    description: str
    nothing: str


def branch_map(
    branches: Sequence[Branch],
    states: Sequence[State],
    words: BranchMapWords,
    *,
    outlines: Sequence[Sequence[Point]] = (),
    width: float = 960.0,
    height: float = 420.0,
) -> str:
    """Draw each branch as a square in the colour of its state; `states` come the gravest first.

    Squares that would lie on one another move to the nearest free place. Where a branch has no place on the
    globe, all stand in rows by region, in which `height` counts for nothing. `outlines` are as in place_map.
    Raises ValueError for a branch in a state that is not among them.
    """
    known = {state.kind: state for state in states}
    if strange := {branch.state for branch in branches} - set(known):
        raise ValueError(f"state {min(strange)!r} is none of {', '.join(known)}")
    rank = {state.kind: index for index, state in enumerate(states)}
    ordered = sorted(branches, key=lambda branch: rank[branch.state])
    if not branches:
        parts, height = [text(width / 2, 40, words.nothing, "middle")], 80.0
    elif any(branch.lat is None or branch.lon is None for branch in branches):
        parts, height = _rows(ordered, known, width)
    else:
        parts = _map(ordered, known, outlines, Frame(_INSIDE, _INSIDE, width - _INSIDE, height - _INSIDE))
    counts = Counter(branch.state for branch in branches)
    keys = [
        Key(_sign(state), f"{state.name} · {counts[state.kind]}") for state in states if counts[state.kind]
    ]
    drawn, keys_height = legend(keys, 2, height + 6, width - 4)
    total = height + keys_height + 8
    return picture(width, total, words.title, words.description, [*parts, *drawn], "branch-map")


def _map(
    branches: Sequence[Branch],
    states: dict[str, State],
    outlines: Sequence[Sequence[Point]],
    frame: Frame,
) -> list[str]:
    points = [(branch.lat or 0.0, branch.lon or 0.0) for branch in branches]
    projection = Projection.fitting(points, frame, margin=70)
    parts, taken = ground(projection, outlines)
    cells: dict[tuple[int, int], Branch] = {}
    for branch, (lat, lon) in zip(branches, points, strict=True):
        x, y = projection.xy(lat, lon)
        cells[_free_cell(round(x / _PITCH), round(y / _PITCH), cells, frame)] = branch
    squares = []
    for (column, row), branch in cells.items():
        x, y = column * _PITCH, row * _PITCH
        squares.append(_square(x, y, branch, states[branch.state]))
        taken.append(Box(x - _SIZE / 2, y - _SIZE / 2, x + _SIZE / 2, y + _SIZE / 2))
    regions = sorted(Counter(branch.region for branch in branches if branch.region).items(), key=_size)
    wanted = [_region_label(f"{region} · {count}", region, cells) for region, count in regions]
    within = Box(frame.left + 3, frame.top + 3, frame.right - 3, frame.bottom - 3)
    names = [part for found in placed(wanted, taken, within) for part in label_with_lead(found)]
    return [*parts, *names, *squares]


def _size(region: tuple[str, int]) -> tuple[int, str]:
    return -region[1], region[0]


def _region_label(said: str, region: str, cells: dict[tuple[int, int], Branch]) -> Label:
    """Name a region above the middle of its squares."""
    own = [cell for cell, branch in cells.items() if branch.region == region]
    top = min(row for _, row in own)
    upper = [column for column, row in own if row == top]
    return Label(said, sum(upper) / len(upper) * _PITCH, top * _PITCH, _SIZE / 2, "label strong")


def _free_cell(column: int, row: int, taken: dict[tuple[int, int], Branch], frame: Frame) -> tuple[int, int]:
    """Give the nearest free cell, ring by ring; within the frame as long as there is one."""
    half = _SIZE / 2 + 1
    inner = Frame(frame.left + half, frame.top + half, frame.right - half, frame.bottom - half)
    widest = ceil(max(frame.right - frame.left, frame.bottom - frame.top) / _PITCH)
    for ring in count():
        cells = [
            (column + across, row + down)
            for across in range(-ring, ring + 1)
            for down in range(-ring, ring + 1)
            if max(abs(across), abs(down)) == ring
        ]
        free = [
            cell
            for cell in cells
            if cell not in taken and (ring > widest or inner.holds(cell[0] * _PITCH, cell[1] * _PITCH))
        ]
        if free:
            return min(free, key=lambda cell: ((cell[0] - column) ** 2 + (cell[1] - row) ** 2, cell))
    raise AssertionError("count() does not end")


def _rows(branches: Sequence[Branch], states: dict[str, State], width: float) -> tuple[list[str], float]:
    """Draw a row for each region, wrapped where it is long; gives the parts and the height."""
    regions = sorted({branch.region for branch in branches})
    names = min(_MOST_NAMES, max(text_width(f"{region} · 999") for region in regions)) + 14
    parts: list[str] = []
    y = 2.0
    for region in regions:
        own = [branch for branch in branches if branch.region == region]
        if parts:
            parts.append(line(0, y - _ROW_GAP / 2, width, y - _ROW_GAP / 2, "lane"))
        parts.append(text(2, y + _SIZE - 3, cut(f"{region} · {len(own)}", names - 8), kind="lane-name"))
        a_row = max(1, int((width - names) / _PITCH))
        for index, branch in enumerate(own):
            x = names + (index % a_row) * _PITCH + _SIZE / 2
            parts.append(_square(x, y + (index // a_row) * _PITCH + _SIZE / 2, branch, states[branch.state]))
        y += ceil(len(own) / a_row) * _PITCH + _ROW_GAP
    return parts, y


def _square(x: float, y: float, branch: Branch, state: State) -> str:
    """Draw a branch around a point."""
    return element("g", hover(branch.title) + "".join(_signed(x, y, state, _SIZE)), class_="branch")


def _sign(state: State) -> Sign:
    return lambda x, y: "".join(_signed(x, y, state, 13))


def _signed(x: float, y: float, state: State, size: float) -> Iterator[str]:
    yield bar(x - size / 2, y - size / 2, size, size, f"mark {state.kind}")
    if state.sign:
        yield text(x, y + 4, state.sign[:1], "middle", "sign")
