"""Bars by day: how many of what, stacked on each other or side by side."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tuning.report.axes import Axis, Tick, Ticks, number_ticks
from tuning.report.drawing import Picture, blocks, colour, width_of
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import Key, Plot, chart, end_of, legend, plot, spans
from tuning.report.words import PHRASES, Language, Said, say

# More colours than this nobody tells apart; the smallest series are drawn as one.
_MOST_SERIES = 7
# A wider bar says no more; among more days than these a pointer finds none.
_WIDEST, _MOST_TIPS = 56, 140
# Days narrower than this stand without gaps, which would only flicker.
_NARROW = 6
_EVERY = (1, 2, 7, 14, 28, 91, 182, 364, 728)

ByDay = Mapping[date, float]
Box = tuple[float, float, float, float]


def bars(
    title: Said,
    series: Mapping[Said, ByDay],
    y_axis: Axis,
    *,
    about: Said = "",
    grouped: bool = False,
    x_axis: Axis | None = None,
) -> Chart:
    """Draw bars for each day from the first to the last that any series has.

    Args:
        title: What the picture shows.
        series: The figure of each day; a day without one counts as 0, figures below 0 hang from the line.
        y_axis: What is counted.
        about: How to read the picture.
        grouped: Bars side by side, to compare; otherwise they are stacked, to add up.
        x_axis: Says what the days are, such as in which time zone they begin.
    """
    days = _days(series)
    drawn = dict(series) if grouped else _folded(series)
    drawing = _Bars(days, drawn, y_axis, x_axis or Axis(PHRASES.say("day")), grouped)
    rows = tuple(
        (day.isoformat(), *(y_axis.write(values.get(day, 0)) for values in series.values())) for day in days
    )
    numbers = Table(title, (drawing.x_axis.heading, *series), rows)
    shown = [(name, [_figure(values, day) for day in days]) for name, values in series.items()]
    return chart(title, about, numbers, drawing.draw if days else None, spans(y_axis, shown))


class _Bars(NamedTuple):
    days: Sequence[date]
    series: Mapping[Said, ByDay]
    y_axis: Axis
    x_axis: Axis
    grouped: bool

    def draw(self, picture: Picture, language: Language) -> float:
        keys = [Key(name, f"area {colour(index)}") for index, name in enumerate(self.series)]
        top = legend(picture, language, keys if len(keys) > 1 else ())
        y = number_ticks(list(self._ends()), self.y_axis, language, zero=True)
        area = plot(picture, language, x=self._ticks, y=y, x_axis=self.x_axis, y_axis=self.y_axis, top=top)
        boxes: list[list[Box]] = [[] for _ in self.series]
        for index, day in enumerate(self.days):
            for number, box in self._day(area, index, day):
                boxes[number].append(box)
        for number, of_series in enumerate(boxes):
            picture.path(blocks(of_series), f"area crisp {colour(number)}")
        picture.line(area.left, area.up(0), area.right, area.up(0), "base")
        if len(self.days) <= _MOST_TIPS:
            self._tips(picture, area, language)
        return end_of(area, self.x_axis)

    def _day(self, area: Plot, index: int, day: date) -> Iterator[tuple[int, Box]]:
        """Give the boxes of a day with the numbers of their series."""
        slot = (area.right - area.left) / len(self.days)
        room = min(
            slot * (0.8 if slot > _NARROW else 1.0), _WIDEST * (len(self.series) if self.grouped else 1)
        )
        left = area.left + slot * index + (slot - room) / 2
        above = below = 0.0
        for number, values in enumerate(self.series.values()):
            value = _figure(values, day)
            if self.grouped:
                start, width = 0.0, room / len(self.series)
                x = left + width * number
            else:
                start, width, x = (below if value < 0 else above), room, left
                above, below = above + max(value, 0), below + min(value, 0)
            if value:
                ends = sorted((area.up(start), area.up(start + value)))
                yield number, (x, ends[0], width, ends[1] - ends[0])

    def _ends(self) -> Iterator[float]:
        for day in self.days:
            figures = [_figure(values, day) for values in self.series.values()]
            if self.grouped:
                yield from figures
            else:
                yield sum(figure for figure in figures if figure > 0)
                yield sum(figure for figure in figures if figure < 0)

    def _ticks(self, room: float) -> Ticks:
        """Name as many days as there is room for, in even steps."""
        slot = room / len(self.days)
        apart = width_of("2026-09-18") + 10
        every = next((step for step in _EVERY if step * slot >= apart), _EVERY[-1])
        marks = tuple(
            Tick(index + 0.5, self.days[index].isoformat()) for index in range(0, len(self.days), every)
        )
        return Ticks(0, len(self.days), marks)

    def _tips(self, picture: Picture, area: Plot, language: Language) -> None:
        slot = (area.right - area.left) / len(self.days)
        for index, day in enumerate(self.days):
            said = " · ".join(
                f"{say(name, language)} {self.y_axis.write(values.get(day, 0))}"
                for name, values in self.series.items()
            )
            left = area.left + slot * index
            picture.box(left, area.top, slot, area.bottom - area.top, "touch", f"{day}: {said}")


def _days(series: Mapping[Said, ByDay]) -> list[date]:
    known = {day for values in series.values() for day in values}
    if not known:
        return []
    first = min(known)
    return [first + timedelta(days=index) for index in range((max(known) - first).days + 1)]


def _figure(values: ByDay, day: date) -> float:
    """Give what is drawn; a figure that is not a number is left out of the picture and told in its table."""
    return drawable(values.get(day, 0)) or 0.0


def _folded(series: Mapping[Said, ByDay]) -> dict[Said, ByDay]:
    """Put the smallest of too many series together."""
    if len(series) <= _MOST_SERIES + 1:
        return dict(series)
    ranked = sorted(
        series, key=lambda name: sum(abs(_figure(series[name], day)) for day in series[name]), reverse=True
    )
    kept = set(ranked[:_MOST_SERIES])
    rest: dict[date, float] = {}
    for name in ranked[_MOST_SERIES:]:
        for day in series[name]:
            rest[day] = rest.get(day, 0.0) + _figure(series[name], day)
    found = {name: values for name, values in series.items() if name in kept}
    return {**found, PHRASES.say("other", count=len(ranked) - _MOST_SERIES): rest}
