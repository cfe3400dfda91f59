"""Pictures as SVG, drawn here: they need no script and print as they look.

Colours come from classes of the page; every part carries its figures as a title.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape

WIDTH = 960
LEFT, RIGHT, TOP = 64, 16, 12
PLOT_HEIGHT = 200
BELOW = 28


def grid(top: float, said: Callable[[float], str]) -> Iterator[str]:
    """Draw five lines from 0 to `top`, each with its figure."""
    for step in range(5):
        y = TOP + PLOT_HEIGHT * (1 - step / 4)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}"/>'
        yield text(LEFT - 8, y + 4, said(top * step / 4), "end")


def bar(x: float, y: float, width: float, height: float, kind: str, title: str) -> str:
    """Draw a bar in the colour of a class."""
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
    return f'<rect class="{kind}" {place}><title>{escape(title)}</title></rect>'


def text(x: float, y: float, said: str, anchor: str) -> str:
    """Write a text that starts, ends or has its middle at a place."""
    return f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">{escape(said)}</text>'


def picture(height: float, label: str, parts: Sequence[str]) -> str:
    """Put parts into one picture."""
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">'
    return "\n".join((head, *parts, "</svg>"))
