"""A timeline: which alerts appear and vanish between two runs, by detector."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tuning.report.axes import Axis, Ticks, time_ticks
from tuning.report.drawing import LINE, Picture, blocks, place, width_of
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import MARGIN, Key, chart, legend, tick_labels
from tuning.report.words import PHRASES, Language, Said, Words, say

Kind = Literal["appears", "vanishes", "moves"]
KINDS: tuple[Kind, ...] = ("appears", "vanishes", "moves")

_MOST_NAME = 220
_ROW, _REACH = 46, 19  # of a row, and of the largest bar on either side of its line
_BIN = 4  # marks nearer than this are counted together
_LEAST = 5  # so that a single alert is seen


class Mark(NamedTuple):
    """An alert that one of two runs lacks or has at another time.

    Attributes:
        at_ms: When, in milliseconds since 1970.
        row: What it belongs to, such as the detector.
        kind: `appears` in the second run, `vanishes` there, or `moves` in time or rank.
    """

    at_ms: int
    row: Said
    kind: Kind


def timeline(title: Said, marks: Sequence[Mark], *, zone: str, about: Said = "") -> Chart:
    """Draw a row for each detector: bars up for what appears, down for what vanishes, dots for what moves.

    Args:
        title: What the picture shows.
        marks: The alerts, in any order; rows stand in the order of their names.
        zone: The time zone of the axis.
        about: How to read the picture.
    """
    counts = Counter((mark.row, mark.kind) for mark in marks)
    names = sorted({mark.row for mark in marks}, key=lambda name: say(name, "en"))
    head = (PHRASES.say("name"), *(PHRASES.say(kind) for kind in KINDS))
    rows = tuple((name, *(f"{counts[name, kind]:,}" for kind in KINDS)) for name in names)
    drawing = _Timeline(marks, names, Axis(PHRASES.say("time"), "time", zone=zone))
    summary = [
        Words(
            *(
                f"{say(PHRASES.say(kind), language)}: {sum(counts[name, kind] for name in names):,}."
                for language in ("en", "zh")
            )
        )
        for kind in KINDS
    ]
    return chart(title, about, Table(title, head, rows), drawing.draw if marks else None, summary)


class _Timeline(NamedTuple):
    marks: Sequence[Mark]
    names: Sequence[Said]
    axis: Axis

    def draw(self, picture: Picture, language: Language) -> float:
        there = [kind for kind in KINDS if any(mark.kind == kind for mark in self.marks)]
        top = legend(picture, language, [Key(PHRASES.say(kind), kind) for kind in there]) + 4
        left = 14 + max(min(width_of(say(name, language)), _MOST_NAME) for name in self.names)
        right = picture.width - MARGIN
        ticks = time_ticks([float(mark.at_ms) for mark in self.marks], self.axis, right - left)
        bottom = top + _ROW * len(self.names)
        deeper = _scale(picture, ticks, left, right, top, bottom)
        binned = self._binned(ticks, right - left)
        most = max(binned.values())
        for index, name in enumerate(self.names):
            middle = top + _ROW * (index + 0.5)
            picture.line(left, middle, right, middle, "base")
            picture.text(left - 12, middle + 4, say(name, language), "end", "name", room=_MOST_NAME)
            for kind in there:
                of_row = [
                    (bin_, number)
                    for (row, other, bin_), number in binned.items()
                    if row == name and other == kind
                ]
                picture.path(_row(kind, sorted(of_row), left, right, middle, most), kind)
        picture.text(right, deeper + 12, say(self.axis.heading, language), "end", "axis")
        return deeper + LINE + 2

    def _binned(self, ticks: Ticks, room: float) -> Counter[tuple[Said, Kind, int]]:
        per_ms = room / (ticks.high - ticks.low)
        return Counter(
            (mark.row, mark.kind, int((mark.at_ms - ticks.low) * per_ms / _BIN)) for mark in self.marks
        )


def _scale(picture: Picture, ticks: Ticks, left: float, right: float, top: float, bottom: float) -> float:
    """Draw the axis of time, and give where its heading may begin."""
    places = [
        left + (right - left) * (tick.at - ticks.low) / (ticks.high - ticks.low) for tick in ticks.marks
    ]
    for x in places:
        picture.line(x, top, x, bottom, "grid")
    tick_labels(picture, zip(places, ticks.marks, strict=True), bottom + LINE)
    return bottom + LINE * (2 if any(tick.below for tick in ticks.marks) else 1) + 6


def _row(
    kind: Kind, counted: Sequence[tuple[int, int]], left: float, right: float, middle: float, most: int
) -> str:
    """Give the steps of what happens to one detector's alerts; a longer bar stands for more of them."""
    boxes, dots = [], []
    for bin_, number in counted:
        x = min(left + bin_ * _BIN, right - _BIN + 1)
        height = _LEAST + (_REACH - _LEAST) * (number - 1) / max(1, most - 1)
        if kind == "moves":
            dots.append(f"M{place(x)} {place(middle)}m-1 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z")
        else:
            boxes.append((x, middle - height if kind == "appears" else middle, _BIN - 1.0, height))
    return blocks(boxes) + "".join(dots)
