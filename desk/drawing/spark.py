"""A line as small as a word, for a table or a tile: how a figure went."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from desk.drawing.svg import element, line, picture

_INSET = 4.0


def spark(
    values: Sequence[float | None],
    title: str,
    description: str = "",
    *,
    limit: float | None = None,
    width: float = 120.0,
    height: float = 28.0,
) -> str:
    """Draw values at even distances, from 0 or their least; where one is not known the line is broken.

    The last known value has a dot, in the colour of what is bad where it is above `limit`.
    """
    known = [value for value in values if value is not None]
    low = min((0.0, *known))
    high = max((low, *known, *(() if limit is None else (limit,))))
    step = (width - 2 * _INSET) / max(1, len(values) - 1)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.0
        return height - _INSET - share * (height - 2 * _INSET)

    parts = []
    if limit is not None:
        level = min(height - _INSET, max(_INSET, y(limit)))
        parts.append(line(0, level, width, level, "limit limit-bad"))
    places = [(_INSET + index * step, None if value is None else y(value)) for index, value in
              enumerate(values)]  # fmt: skip
    for run in _runs(places):
        if len(run) > 1:
            outline = " ".join(f"{a:.2f},{b:.2f}" for a, b in run)
            foot = height - _INSET
            area = f"{run[0][0]:.2f},{foot:g} {outline} {run[-1][0]:.2f},{foot:g}"
            parts.append(element("polygon", class_="spark-area", points=area))
            parts.append(element("polyline", class_="spark-line", points=outline))
        else:
            parts.append(element("circle", class_="spark-dot", cx=run[0][0], cy=run[0][1], r=1.5))
    if known:
        x, last = next((a, b) for a, b in reversed(places) if b is not None)
        kind = "mark-bad" if limit is not None and known[-1] > limit else "mark-usual"
        parts.append(element("circle", class_=f"mark {kind}", cx=x, cy=last, r=2.8))
    return picture(width, height, title, description, parts, "spark")


def _runs(places: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    for is_known, run in groupby(places, key=lambda place: place[1] is not None):
        if is_known:
            yield [(x, y) for x, y in run if y is not None]
