"""The few elements that drawings are made of; every text and every attribute is escaped here."""

import re
from collections.abc import Iterable
from html import escape
from typing import Literal
from unicodedata import east_asian_width

Anchor = Literal["start", "middle", "end"]

# What drawing.css gives to text; widths are guessed from it, as nobody measures on a server.
TEXT_SIZE = 12.0
# They are those of a wide face, as nobody knows what is installed where the page is read.
_NARROW, _WIDE, _BOLDER = 0.62, 1.02, 1.1
# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, inner: str = "", **attributes: str | float) -> str:
    """Write an element around markup; `class_` and `text_anchor` name attributes as Python cannot."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>"


def text(x: float, y: float, said: str, anchor: Anchor = "start", kind: str = "") -> str:
    """Write a text that starts, ends or has its middle at a place, `y` being its base line."""
    attributes = {"class_": kind} if kind else {}
    return element("text", words(said), **attributes, x=x, y=y, text_anchor=anchor)


def hover(said: str) -> str:
    """Write what is shown over the mark that this stands in; it comes first in it."""
    return f"<title>{words(said)}</title>" if said else ""


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Draw a line in the colour of a class."""
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def bar(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """Draw a rectangle in the colour of a class."""
    return element("rect", hover(title), class_=kind, x=x, y=y, width=width, height=height)


def picture(
    width: float, height: float, title: str, description: str, parts: Iterable[str], kind: str
) -> str:
    """Put parts into one picture that a screen reader knows by its title and description."""
    about = f"<title>{words(title)}</title><desc>{words(description)}</desc>"
    inner = "\n".join((about, *parts))
    box = f"0 0 {width:.7g} {height:.7g}"
    return element(
        "svg", inner, class_=f"drawing {kind}", viewBox=box, width=width, height=height, role="img"
    )


def words(said: str) -> str:
    """Escape a text, without what XML cannot hold."""
    return escape(_NO_XML.sub("\ufffd", said))


def text_width(said: str, size: float = TEXT_SIZE, *, bold: bool = False) -> float:
    """Guess how wide a text is; Chinese characters are as wide as they are high."""
    plain = sum(size * (_WIDE if east_asian_width(each) in "WF" else _NARROW) for each in said)
    return plain * (_BOLDER if bold else 1.0)


def figure(value: float) -> str:
    """Write a figure with its thousands apart, and two decimals where it is not whole.

    >>> figure(1_234_567), figure(0.5)
    ('1,234,567', '0.5')
    """
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def cut(said: str, width: float, size: float = TEXT_SIZE) -> str:
    """Give as much of a text as has room, with an ellipsis where something is left out."""
    if text_width(said, size) <= width:
        return said
    room = width - text_width("…", size)
    kept = ""
    for each in said:
        if text_width(kept + each, size) > room:
            break
        kept += each
    return f"{kept.rstrip()}…" if kept else ""


def _value(value: str | float) -> str:
    return words(value) if isinstance(value, str) else f"{round(value, 2):.7g}"
