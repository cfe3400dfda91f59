"""Heat: a figure for each pair, such as how far two detectors fire on the same."""

from collections.abc import Sequence
from typing import NamedTuple

from tuning.report.axes import Axis
from tuning.report.drawing import LINE, Picture, fitted, width_of
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import chart
from tuning.report.words import PHRASES, Language, Said, say

_MOST_NAME = 230
_ROOM_FOR_FIGURES = 44
_WIDEST, _HIGHEST = 96, 34
# A cell at least as full as this takes the ground's colour for its figure.
_FULL = 0.55


def heat(
    title: Said,
    names: Sequence[Said],
    values: Sequence[Sequence[float | None]],
    axis: Axis,
    *,
    about: Said = "",
    columns: Sequence[Said] | None = None,
) -> Chart:
    """Draw a cell for each row and column, the fuller the larger its figure.

    Args:
        title: What the picture shows.
        names: The rows.
        values: The figures of each row; None leaves a cell empty.
        axis: What the figures are; shares of 1 are measured against 1, others against the largest.
        about: How to read the picture.
        columns: The columns, where they are not the rows again.
    """
    across = tuple(names if columns is None else columns)
    drawing = _Heat(names, across, values, axis)
    rows = tuple(
        (name, *(axis.write(value) for value in row)) for name, row in zip(names, values, strict=True)
    )
    known = [value for row in values for value in row if drawable(value) is not None]
    return chart(
        title, about, Table(title, (PHRASES.say("name"), *across), rows), drawing.draw if known else None
    )


class _Heat(NamedTuple):
    names: Sequence[Said]
    columns: Sequence[Said]
    values: Sequence[Sequence[float | None]]
    axis: Axis

    def draw(self, picture: Picture, language: Language) -> float:
        left = 12 + max(min(width_of(say(name, language)), _MOST_NAME) for name in self.names)
        cell = min((picture.width - left) / len(self.columns), _WIDEST)
        top = self._heads(picture, language, left, cell)
        height = min(cell, _HIGHEST) if cell >= LINE else LINE
        most = max(abs(drawable(value) or 0.0) for row in self.values for value in row)
        most = 1.0 if self.axis.kind == "percent" and most <= 1 else most or 1.0
        for index, (name, row) in enumerate(zip(self.names, self.values, strict=True)):
            y = top + height * index
            picture.text(left - 8, y + height / 2 + 4, say(name, language), "end", "name", room=_MOST_NAME)
            for column, value in enumerate(row):
                tip = f"{say(name, language)} · {say(self.columns[column], language)}"
                self._cell(picture, (left + cell * column, y, cell, height), value, most, tip)
        return top + height * len(self.names) + 2

    def _heads(self, picture: Picture, language: Language, left: float, cell: float) -> float:
        """Write the columns' names, upwards where they are wider than a cell, and give where cells begin."""
        heads = [fitted(say(name, language), _MOST_NAME) for name in self.columns]
        widest = max(width_of(head) for head in heads)
        upwards = widest > cell - 6
        top = widest + 8 if upwards else LINE + 4
        for index, head in enumerate(heads):
            x = left + cell * (index + 0.5)
            if upwards:
                picture.text(x + 4, top - 6, head, "start", "name", upwards=True)
            else:
                picture.text(x, top - 6, head, "middle", "name")
        return top

    def _cell(
        self,
        picture: Picture,
        box: tuple[float, float, float, float],
        value: float | None,
        most: float,
        tip: str,
    ) -> None:
        x, y, width, height = box
        known = drawable(value)
        if known is None:
            picture.box(x, y, width - 1, height - 1, "void", tip)
            return
        full = 0.06 + 0.84 * abs(known) / most
        said = self.axis.write(known)
        picture.box(
            x, y, width - 1, height - 1, "area c0" if known >= 0 else "area c1", f"{tip} · {said}", full
        )
        if width >= max(_ROOM_FOR_FIGURES, width_of(said) + 4):
            picture.text(
                x + width / 2 - 0.5, y + height / 2 + 4, said, "middle", "full" if full >= _FULL else "name"
            )
