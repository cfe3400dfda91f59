"""What most pictures share: a plot with its two axes, a legend, and the picture in both languages."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from tuning.report.axes import Axis, Tick, Ticks
from tuning.report.drawing import LINE, SIZE, Picture, width_of
from tuning.report.page import Chart, Table
from tuning.report.words import LANGUAGES, PHRASES, Language, Said, Words, say

WIDTH = 960
HEIGHT = 260  # of the plot alone
MARGIN = 12
_NAME_ROOM = 260
_KEY = 16

# Draws one picture in one language and gives its height.
Draw = Callable[[Picture, Language], float]


class Key(NamedTuple):
    """A name in the legend: a box or a line of a class, or the mark of the series with this number."""

    name: Said
    kind: str
    shape: Literal["box", "line", "mark"] = "box"
    mark: int = 0


class Plot(NamedTuple):
    """The area inside the axes; `top` is less than `bottom`."""

    left: float
    right: float
    top: float
    bottom: float
    x: Ticks
    y: Ticks

    def across(self, value: float) -> float:
        """Give where a value of the x axis stands."""
        return self.left + (self.right - self.left) * (value - self.x.low) / (self.x.high - self.x.low)

    def up(self, value: float) -> float:
        """Give where a value of the y axis stands."""
        return self.bottom - (self.bottom - self.top) * (value - self.y.low) / (self.y.high - self.y.low)


def chart(
    title: Said, about: Said, numbers: Table, draw: Draw | None, summary: Iterable[Words] = ()
) -> Chart:
    """Draw a picture in both languages; where there is nothing to `draw`, say so."""
    pictures = []
    lines = tuple(summary)
    for language in LANGUAGES:
        picture = Picture(WIDTH)
        height = _nothing(picture, language) if draw is None else draw(picture, language)
        told = " ".join(say(each, language) for each in (about, *lines) if each)
        nothing = "" if draw else say(PHRASES.say("empty"), language)
        pictures.append(
            picture.written(height, say(title, language), told or nothing or say(title, language))
        )
    return Chart(title, about, Words(*pictures), numbers)


def spans(axis: Axis, series: Iterable[tuple[Said, Sequence[float]]]) -> Iterable[Words]:
    """Say of each series how many figures it has and from where to where they go."""
    for name, values in series:
        if not values:
            yield PHRASES.say("span_none", name=name)
        elif len(values) == 1:
            yield PHRASES.say("span_one", name=name, low=axis.write(values[0]))
        else:
            low, high = axis.write(min(values)), axis.write(max(values))
            yield PHRASES.say("span", name=name, count=len(values), low=low, high=high)


def legend(picture: Picture, language: Language, keys: Sequence[Key], top: float = 0) -> float:
    """Write the legend in as many rows as it needs, and give where the next thing may begin."""
    if not keys:
        return top
    x, y = 0.0, top + LINE
    for key in keys:
        name = say(key.name, language)
        length = _KEY + 6 + min(width_of(name), _NAME_ROOM)
        if x and x + length > picture.width:
            x, y = 0.0, y + LINE + 4
        if key.shape == "line":
            picture.line(x, y - 4, x + _KEY, y - 4, key.kind)
        elif key.shape == "mark":
            picture.mark(x + _KEY / 2, y - 4, key.mark)
        else:
            picture.box(x + 2, y - 10, 12, 12, key.kind)
        picture.text(x + _KEY + 6, y, name, room=_NAME_ROOM, kind="name")
        x += length + 18
    return y + 10


def plot(
    picture: Picture,
    language: Language,
    *,
    x: Callable[[float], Ticks],
    y: Ticks,
    x_axis: Axis,
    y_axis: Axis,
    top: float = 0,
    height: float = HEIGHT,
) -> Plot:
    """Draw the axes below `top`; `x` gives the ticks for so much room in the picture's units."""
    heading = say(y_axis.heading, language)
    if heading:
        picture.text(0, top + SIZE + 2, heading, kind="axis")
        top += LINE + 4
    left = max((width_of(tick.label) for tick in y.marks), default=0) + MARGIN
    right = picture.width - MARGIN
    area = Plot(left, right, top + MARGIN, top + MARGIN + height, x(right - left), y)
    for tick in y.marks:
        at = area.up(tick.at)
        picture.line(left, at, right, at, "base" if tick.at == 0 else "grid")
        picture.text(left - 8, at + 4, tick.label, "end")
    _below(picture, area)
    heading = say(x_axis.heading, language)
    if heading:
        picture.text(right, _under(area) + SIZE, heading, "end", "axis")
    return area


def end_of(area: Plot, axis: Axis) -> float:
    """Give how high the picture is, with what stands below the plot."""
    return _under(area) + (LINE if axis.heading else 0) + 2


def _under(area: Plot) -> float:
    """Give the upper edge of the x axis' heading."""
    deeper = any(tick.below for tick in area.x.marks)
    return area.bottom + 8 + LINE * (2 if deeper else 1)


def _below(picture: Picture, area: Plot) -> None:
    for tick in area.x.marks:
        picture.line(area.across(tick.at), area.bottom, area.across(tick.at), area.bottom + 4, "base")
    tick_labels(picture, [(area.across(tick.at), tick) for tick in area.x.marks], area.bottom + LINE + 2)


def tick_labels(picture: Picture, ticks: Iterable[tuple[float, Tick]], y: float) -> None:
    """Write what stands below an axis, but for what would run into the one before."""
    free = 0.0
    for x, tick in ticks:
        width = max(width_of(tick.label), width_of(tick.below))
        start = max(0.0, min(x - width / 2, picture.width - width))
        if start < free:
            continue
        picture.text(x, y, tick.label, "middle")
        if tick.below:
            picture.text(x, y + LINE, tick.below, "middle")
        free = start + width + 8


def _nothing(picture: Picture, language: Language) -> float:
    """Say that there is nothing, where an empty plot could be taken for a fault."""
    picture.text(picture.width / 2, 44, say(PHRASES.say("empty"), language), "middle", "nothing")
    picture.box(0.5, 0.5, picture.width - 1, 79, "frame")
    return 80
