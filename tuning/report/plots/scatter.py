"""Scatter: choices that trade one thing for another, with the front of those that nothing beats."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from tuning.report.axes import Axis, number_ticks, time_ticks
from tuning.report.drawing import Picture, joined
from tuning.report.labels import Placed, place_labels
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import HEIGHT, Key, Plot, chart, end_of, legend, plot, spans
from tuning.report.words import PHRASES, Language, Said, say

# Of more points only the front and the chosen are named; a pointer and the table name the rest.
_MOST_NAMED = 12

Better = Literal["less", "more"]


class Point(NamedTuple):
    """A choice: what it is called, where it stands, and whether it is the one that the text is about.

    Attributes:
        name: What it is called.
        x: Where it stands on the x axis.
        y: Where it stands on the y axis.
        series: What it belongs to; series have colours and shapes.
        chosen: It is ringed and named first.
    """

    name: Said
    x: float
    y: float
    series: Said = ""
    chosen: bool = False


def front(points: Sequence[Point], better: tuple[Better, Better]) -> list[Point]:
    """Give the points that no other beats on both axes (Pareto), from left to right.

    Of points that stand at the same place each is on the front or none.
    """
    signs = [1 if each == "more" else -1 for each in better]
    best: float | None = None
    found: list[Point] = []
    for point in sorted(points, key=lambda point: (-signs[0] * point.x, -signs[1] * point.y)):
        same = bool(found) and (point.x, point.y) == (found[-1].x, found[-1].y)
        if best is None or signs[1] * point.y > best or same:
            best = signs[1] * point.y
            found.append(point)
    return sorted(found, key=lambda point: (point.x, point.y))


def scatter(
    title: Said,
    points: Sequence[Point],
    x_axis: Axis,
    y_axis: Axis,
    *,
    about: Said = "",
    better: tuple[Better, Better] | None = ("less", "more"),
) -> Chart:
    """Draw points with as many of their names as find room: first the chosen, then those on the front.

    Args:
        title: What the picture shows.
        points: The choices.
        x_axis: What x is.
        y_axis: What y is.
        about: How to read the picture.
        better: Whether less or more is better on each axis, for the front; None draws none.
    """
    known = [point for point in points if drawable(point.x) is not None and drawable(point.y) is not None]
    best = front(known, better) if better else []
    drawing = _Scatter(known, best, x_axis, y_axis)
    summary = [PHRASES.say("front_note")] if len(best) > 1 else []
    summary += spans(y_axis, [(y_axis.heading, [point.y for point in known])])
    return chart(
        title, about, _numbers(title, points, best, x_axis, y_axis), drawing.draw if known else None, summary
    )


def _numbers(
    title: Said, points: Sequence[Point], best: Sequence[Point], x_axis: Axis, y_axis: Axis
) -> Table:
    head = (
        PHRASES.say("name"),
        PHRASES.say("series"),
        x_axis.heading,
        y_axis.heading,
        PHRASES.say("on_front"),
    )
    rows = tuple(
        (
            point.name,
            point.series,
            x_axis.write(point.x),
            y_axis.write(point.y),
            PHRASES.say("yes") if point in best else "",
        )
        for point in points
    )
    return Table(title, head, rows)


class _Scatter(NamedTuple):
    points: Sequence[Point]
    best: Sequence[Point]
    x_axis: Axis
    y_axis: Axis

    def draw(self, picture: Picture, language: Language) -> float:
        series = list(dict.fromkeys(point.series for point in self.points))
        keys = [Key(name, "", "mark", index) for index, name in enumerate(series) if name]
        keys += [Key(PHRASES.say("front"), "front", "line")] if len(self.best) > 1 else []
        top = legend(picture, language, keys)
        across = [point.x for point in self.points]
        area = plot(
            picture, language, y=number_ticks([point.y for point in self.points], self.y_axis, language),
            x=lambda room: time_ticks(across, self.x_axis, room) if self.x_axis.kind == "time"
            else number_ticks(across, self.x_axis, language),
            x_axis=self.x_axis, y_axis=self.y_axis, top=top, height=HEIGHT + 60,
        )  # fmt: skip
        picture.path(joined((area.across(point.x), area.up(point.y)) for point in self.best), "front")
        # What comes first is drawn last: the base and the chosen must not vanish under what is tried.
        for point in sorted(
            reversed(self.points), key=lambda point: (point.chosen, -series.index(point.series))
        ):
            x, y = area.across(point.x), area.up(point.y)
            tip = f"{say(point.name, language)} · {self.x_axis.write(point.x)} · {self.y_axis.write(point.y)}"
            off = bool(self.best) and point not in self.best and not point.chosen
            picture.mark(x, y, series.index(point.series), tip, "off" if off else "")
            if point.chosen:
                picture.ring(x, y)
        for label in self._labels(area, language):
            _write(picture, label)
        return end_of(area, self.x_axis)

    def _labels(self, area: Plot, language: Language) -> list[Placed]:
        best = set(self.best)
        ranked = sorted(self.points, key=lambda point: (not point.chosen, point not in best))
        named = [point for point in ranked if len(ranked) <= _MOST_NAMED or point.chosen or point in best]
        wanted = [(area.across(point.x), area.up(point.y), say(point.name, language)) for point in named]
        others = [(area.across(point.x), area.up(point.y)) for point in ranked]
        line = [(area.across(point.x), area.up(point.y)) for point in self.best]
        return place_labels(wanted, (area.left, area.top, area.right, area.bottom), others, line)


def _write(picture: Picture, label: Placed) -> None:
    if label.leader:
        picture.line(*label.leader, "leader")
    picture.text(label.left, label.baseline, label.said, kind="name halo")
