"""What the colours and shapes of a drawing mean, in rows below it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from desk.drawing.svg import cut, element, text, text_width

ROW = 20.0
_SIGN, _BETWEEN = 18.0, 18.0

# Draws a sign of a dozen pixels around a point.
Sign = Callable[[float, float], str]


class Key(NamedTuple):
    """What a sign means."""

    sign: Sign
    said: str


def swatch(kind: str) -> Sign:
    """Give a small square in the colour of a class."""

    def draw(x: float, y: float) -> str:
        return element("rect", class_=kind, x=x - 5, y=y - 5, width=10, height=10, rx=1.5)

    return draw


def legend(keys: Sequence[Key], left: float, top: float, width: float) -> tuple[list[str], float]:
    """Draw keys from left to right in as many rows as they need; gives the parts and the height."""
    parts: list[str] = []
    x, y = left, top + ROW / 2
    for key in keys:
        said = cut(key.said, width - _SIGN)
        length = _SIGN + text_width(said)
        if x > left and x + length > left + width:
            x, y = left, y + ROW
        parts += (key.sign(x + 6, y), text(x + _SIGN, y + 4, said, kind="key"))
        x += length + _BETWEEN
    return parts, (y + ROW / 2 - top) if keys else 0.0
