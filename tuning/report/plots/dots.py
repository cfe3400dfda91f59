"""Dots with intervals: figures that are estimates, one a row, with how sure they are."""

from collections.abc import Sequence
from typing import NamedTuple

from tuning.report.axes import Axis, Ticks, number_ticks
from tuning.report.drawing import LINE, SIZE, Picture, colour, width_of
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import MARGIN, Key, chart, legend, spans
from tuning.report.words import PHRASES, Language, Said, say

_MOST_NAME = 300
_ROW, _WITHIN = 30, 16


class Dot(NamedTuple):
    """An estimate with the ends of its interval; what is not known is None.

    Attributes:
        name: The row it stands in; dots of one name share a row.
        point: The estimate.
        low: The lower end of the interval.
        high: The upper end.
        series: What is compared in a row, such as the profile.
    """

    name: Said
    point: float | None
    low: float | None = None
    high: float | None = None
    series: Said = ""


def dots_with_intervals(
    title: Said, dots: Sequence[Dot], axis: Axis, *, about: Said = "", level: float | None = None
) -> Chart:
    """Draw a row for each name, in the order in which they come.

    Args:
        title: What the picture shows.
        dots: The estimates.
        axis: What they are of.
        about: How to read the picture.
        level: A line to compare with, such as 0 for differences.
    """
    drawing = _Dots(dots, axis, level)
    head = (
        PHRASES.say("name"),
        PHRASES.say("series"),
        PHRASES.say("value"),
        PHRASES.say("low"),
        PHRASES.say("high"),
    )
    rows = tuple(
        (dot.name, dot.series, axis.write(dot.point), axis.write(dot.low), axis.write(dot.high))
        for dot in dots
    )
    known = [(dot.name, [_drawn(dot.point)]) for dot in dots if drawable(dot.point) is not None]
    draw = drawing.draw if known else None
    return chart(title, about, Table(title, head, rows), draw, spans(axis, known))


class _Dots(NamedTuple):
    dots: Sequence[Dot]
    axis: Axis
    level: float | None

    def draw(self, picture: Picture, language: Language) -> float:
        names = list(dict.fromkeys(dot.name for dot in self.dots))
        series = list(dict.fromkeys(dot.series for dot in self.dots))
        keys = [Key(name, "", "mark", index) for index, name in enumerate(series)]
        top = legend(picture, language, keys if len(keys) > 1 else ()) + 6
        left = 14 + max(min(width_of(say(name, language)), _MOST_NAME) for name in names)
        ticks = number_ticks(self._ends(), self.axis, language)
        row = max(_ROW, _WITHIN * len(series) + 10)
        bottom = top + row * len(names)
        across = _Across(left, picture.width - MARGIN - 20, ticks)
        _grid(picture, across, top, bottom)
        if self.level is not None:
            picture.line(across.at(self.level), top, across.at(self.level), bottom, "level whole")
        for index, name in enumerate(names):
            middle = top + row * (index + 0.5)
            picture.text(left - 12, middle + 4, say(name, language), "end", "name", room=_MOST_NAME)
            for dot in self.dots:
                if dot.name == name:
                    number = series.index(dot.series)
                    self._dot(
                        picture,
                        across,
                        middle + _WITHIN * (number - (len(series) - 1) / 2),
                        number,
                        dot,
                        language,
                    )
        heading = say(self.axis.heading, language)
        if heading:
            picture.text(picture.width - MARGIN, bottom + 2 * LINE + SIZE / 2, heading, "end", "axis")
        return bottom + LINE + (LINE + 8 if heading else 8)

    def _dot(
        self, picture: Picture, across: "_Across", y: float, number: int, dot: Dot, language: Language
    ) -> None:
        if drawable(dot.point) is None:
            return
        x = across.at(_drawn(dot.point))
        if drawable(dot.low) is not None and drawable(dot.high) is not None:
            low, high = across.at(_drawn(dot.low)), across.at(_drawn(dot.high))
            picture.line(low, y, high, y, f"line {colour(number)}")
            for end in (low, high):
                picture.line(end, y - 4, end, y + 4, f"line {colour(number)}")
        interval = (
            f" ({self.axis.write(dot.low)} - {self.axis.write(dot.high)})" if dot.low is not None else ""
        )
        said = " · ".join(say(each, language) for each in (dot.name, dot.series) if each)
        picture.mark(x, y, number, f"{said} · {self.axis.write(dot.point)}{interval}")

    def _ends(self) -> list[float]:
        ends = [each for dot in self.dots for each in (dot.low, dot.point, dot.high)]
        return [each for each in (*ends, self.level) if each is not None and drawable(each) is not None]


class _Across(NamedTuple):
    left: float
    right: float
    ticks: Ticks

    def at(self, value: float) -> float:
        span = self.ticks.high - self.ticks.low
        return self.left + (self.right - self.left) * (value - self.ticks.low) / span


def _grid(picture: Picture, across: _Across, top: float, bottom: float) -> None:
    for tick in across.ticks.marks:
        x = across.at(tick.at)
        picture.line(x, top, x, bottom, "base" if tick.at == 0 else "grid")
        picture.text(x, bottom + LINE, tick.label, "middle")


def _drawn(value: float | None) -> float:
    return drawable(value) or 0.0
