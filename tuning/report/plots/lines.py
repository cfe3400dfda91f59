"""Lines: how one figure changes with another, or with time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tuning.report.axes import Axis, Ticks, number_ticks, time_ticks
from tuning.report.drawing import Picture, colour, dashes, joined
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import Key, Plot, chart, end_of, legend, plot, spans
from tuning.report.words import Language, Said, say

# With more points a mark at each would hide the line.
_MOST_MARKS = 40

Pairs = Sequence[tuple[float, float | None]]
Bands = Mapping[Said, Sequence[tuple[float, float, float]]]


class Level(NamedTuple):
    """A line across the picture, such as a limit (`along` the x axis) or the day that splits the data."""

    name: Said
    at: float
    along: bool = True


def lines(
    title: Said,
    series: Mapping[Said, Pairs],
    x_axis: Axis,
    y_axis: Axis,
    *,
    about: Said = "",
    bands: Bands | None = None,
    levels: Sequence[Level] = (),
) -> Chart:
    """Draw a line for each series.

    Args:
        title: What the picture shows.
        series: The points (x, y) of each line in order of x; a y of None breaks the line.
        x_axis: What x is; an axis of time takes milliseconds since 1970.
        y_axis: What y is.
        about: How to read the picture.
        bands: For series of the same names, what is uncertain: (x, low, high).
        levels: Limits and splits.
    """
    drawing = _Lines(series, x_axis, y_axis, bands or {}, levels)
    shown = [(name, [y for _, y in _known(pairs)]) for name, pairs in series.items()]
    draw = drawing.draw if any(values for _, values in shown) else None
    return chart(title, about, drawing.numbers(title), draw, spans(y_axis, shown))


class _Lines(NamedTuple):
    series: Mapping[Said, Pairs]
    x_axis: Axis
    y_axis: Axis
    bands: Bands
    levels: Sequence[Level]

    def draw(self, picture: Picture, language: Language) -> float:
        keys = [
            Key(name, f"line {colour(index)}{dashes(index)}", "line")
            for index, name in enumerate(self.series)
        ]
        top = legend(picture, language, keys if len(keys) > 1 else ())
        y = number_ticks(self._heights(), self.y_axis, language)
        area = plot(
            picture, language, x=lambda room: self._across(room, language), y=y,
            x_axis=self.x_axis, y_axis=self.y_axis, top=top,
        )  # fmt: skip
        for index, name in enumerate(self.series):
            picture.path(_outline(area, self.bands.get(name, ())), f"band {colour(index)}")
        for level in self.levels:
            _level(picture, area, level, language)
        for index, (name, pairs) in enumerate(self.series.items()):
            self._line(picture, area, index, f"{say(name, language)}", pairs)
        return end_of(area, self.x_axis)

    def _line(self, picture: Picture, area: Plot, index: int, name: str, pairs: Pairs) -> None:
        points = [
            None if drawable(y) is None or y is None else (area.across(x), area.up(y)) for x, y in pairs
        ]
        picture.path(joined(points), f"line {colour(index)}{dashes(index)}")
        known = list(_known(pairs))
        if len(known) <= _MOST_MARKS:
            for x, y in known:
                tip = f"{name} · {self.x_axis.write(x)} · {self.y_axis.write(y)}"
                picture.mark(area.across(x), area.up(y), index, tip, "small")

    def _across(self, room: float, language: Language) -> Ticks:
        points = [x for pairs in self.series.values() for x, _ in pairs]
        points += [level.at for level in self.levels if not level.along]
        if self.x_axis.kind == "time":
            return time_ticks(points, self.x_axis, room)
        return number_ticks(points, self.x_axis, language)

    def _heights(self) -> Iterator[float]:
        for pairs in self.series.values():
            yield from (y for _, y in _known(pairs))
        for name in self.series:
            for _, low, high in self.bands.get(name, ()):
                yield from (low, high)
        yield from (level.at for level in self.levels if level.along)

    def numbers(self, title: Said) -> Table:
        """Give a row for each x, with a column for each line."""
        found = {name: dict(pairs) for name, pairs in self.series.items()}
        across = sorted({x for pairs in self.series.values() for x, _ in pairs})
        rows = tuple(
            (self.x_axis.write(x), *(self.y_axis.write(values.get(x)) for values in found.values()))
            for x in across
        )
        return Table(title, (self.x_axis.heading, *found), rows)


def _known(pairs: Pairs) -> Iterator[tuple[float, float]]:
    return ((x, y) for x, y in pairs if y is not None and drawable(y) is not None)


def _outline(area: Plot, band: Sequence[tuple[float, float, float]]) -> str:
    """Give the steps of the area between low and high."""
    there = [(area.across(x), area.up(high)) for x, _, high in band]
    back = [(area.across(x), area.up(low)) for x, low, _ in reversed(band)]
    return joined((*there, *back)) + "z" if band else ""


def _level(picture: Picture, area: Plot, level: Level, language: Language) -> None:
    name = say(level.name, language)
    if level.along:
        y = area.up(level.at)
        picture.line(area.left, y, area.right, y, "level")
        picture.text(area.right - 2, y - 5 if y - area.top > 14 else y + 14, name, "end", "name halo")
        return
    x = area.across(level.at)
    picture.line(x, area.top, x, area.bottom, "level")
    picture.text(x + 5, area.top + 10, name, kind="name halo")
