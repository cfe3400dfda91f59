"""Columns: one for each hour or month, with lines at what they should stay below or reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import NamedTuple

from desk.drawing.amounts import short
from desk.drawing.legend import Key, Sign, legend
from desk.drawing.svg import bar, cut, figure, line, picture, text, text_width

_LEFT, _RIGHT, _TOP, _BELOW = 46.0, 10.0, 16.0, 26.0
# A wider column says no more.
_WIDEST = 56.0
_ROOM_FOR_FIGURE, _WIDEST_NAME = 26.0, 88.0


class Column(NamedTuple):
    """One column; a `value` of None is not known, which is not 0."""

    label: str
    value: float | None
    title: str
    kind: str = "mark-usual"


class Limit(NamedTuple):
    """A line across the columns."""

    value: float
    said: str
    kind: str = "limit-bad"


@dataclass(frozen=True, kw_only=True)
class BarWords:
    """What columns say, in the reader's language."""

    title: str
    description: str
    unknown: str = "?"


def bars(
    columns: Sequence[Column],
    words: BarWords,
    *,
    limits: Sequence[Limit] = (),
    width: float = 480.0,
    height: float = 180.0,
) -> str:
    """Draw columns from 0 up; figures stand above them where there is room."""
    plot = height - _TOP - _BELOW
    known = [column.value for column in columns if column.value is not None]
    top = _nice_top(max((*known, *(limit.value for limit in limits)), default=0))
    parts = list(_grid(top, width, plot))
    slot = (width - _LEFT - _RIGHT) / max(1, len(columns))
    figures: list[str] = []
    for index, column in enumerate(columns):
        left = _LEFT + index * slot
        parts += _column(column, left, slot, plot, top, words)
        figures += _figure(column, left, slot, plot, top)
    for limit in limits:
        y = _TOP + plot * (1 - max(0.0, limit.value) / top)
        parts.append(line(_LEFT, y, width - _RIGHT, y, f"limit {limit.kind}"))
    parts += figures
    parts += _names(columns, slot, plot, width)
    keys = [Key(_stroke(limit.kind), limit.said) for limit in sorted(limits, key=lambda each: each.value)]
    drawn, keys_height = legend(keys, _LEFT, height, width - _LEFT - _RIGHT)
    return picture(width, height + keys_height, words.title, words.description, [*parts, *drawn], "bars")


def _stroke(kind: str) -> Sign:
    return lambda x, y: line(x - 6, y, x + 6, y, f"limit {kind}")


def _column(
    column: Column, left: float, slot: float, plot: float, top: float, words: BarWords
) -> Iterator[str]:
    middle, foot = left + slot / 2, _TOP + plot
    if column.value is None:
        if slot >= text_width(words.unknown):
            yield text(middle, foot - 5, words.unknown, "middle", "soft")
        return
    tall = plot * min(1.0, max(0.0, column.value) / top)
    wide = max(1.0, min(slot * 0.76, _WIDEST))
    yield bar(middle - wide / 2, foot - tall, wide, tall, f"mark {column.kind}", column.title)


def _figure(column: Column, left: float, slot: float, plot: float, top: float) -> Iterator[str]:
    """Write a figure above its column, over whatever line is there."""
    said = "" if column.value is None else figure(column.value)
    if column.value and slot >= _ROOM_FOR_FIGURE and text_width(said) <= slot:
        above = _TOP + plot * (1 - min(1.0, max(0.0, column.value) / top))
        yield text(left + slot / 2, above - 4, said, "middle", "figure")


def _grid(top: float, width: float, plot: float) -> Iterator[str]:
    for step in range(5):
        y = _TOP + plot * (1 - step / 4)
        yield line(_LEFT, y, width - _RIGHT, y, "grid" if step else "axis")
        if step % 2 == 0:
            yield text(_LEFT - 6, y + 4, short(top * step / 4), "end", "tick")


def _names(columns: Sequence[Column], slot: float, plot: float, width: float) -> Iterator[str]:
    """Write as many names below as fit, evenly."""
    names = [cut(column.label, _WIDEST_NAME) for column in columns]
    widest = max(map(text_width, names), default=0) + 8
    for index in range(0, len(columns), max(1, ceil(widest / slot))):
        said, x = names[index], _LEFT + (index + 0.5) * slot
        if x + text_width(said) / 2 <= width:
            yield text(x, _TOP + plot + 16, said, "middle", "tick")


def _nice_top(most: float) -> float:
    """Give an end of the scale that four lines divide into round figures.

    >>> _nice_top(0), _nice_top(7), _nice_top(61), _nice_top(0.3)
    (4.0, 8.0, 80.0, 0.4)
    """
    if most <= 0:
        return 4.0
    power: float = 10.0 ** floor(log10(most))
    return next(nice * power for nice in (1, 2, 4, 6, 8, 10, 12) if nice * power >= most * 0.999_999)
