"""What a reader would see of a picture: where its parts and its texts are."""

import re
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple
from xml.etree import ElementTree

from tuning.report.drawing import width_of

_STEP = re.compile(r"([MLHVhvamlz])|(-?\d+(?:\.\d+)?)")
_TAKES = {"M": 2, "L": 2, "m": 2, "l": 2, "H": 1, "h": 1, "V": 1, "v": 1, "a": 7, "z": 0}


class Seen(NamedTuple):
    """A box that something covers."""

    what: str
    left: float
    top: float
    right: float
    bottom: float


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in parsed(svg).iter("text")]


def text_boxes(svg: str) -> list[Seen]:
    return [_text(each) for each in parsed(svg).iter("text")]


def outside(svg: str) -> list[Seen]:
    """Give whatever reaches beyond the view box."""
    root = parsed(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    return [
        seen
        for element in root.iter()
        for seen in _boxes(element)
        if not all(map(isfinite, seen[1:]))
        or seen.left < -0.2
        or seen.top < -0.2
        or seen.right > width + 0.2
        or seen.bottom > height + 0.2
    ]


def _boxes(element: ElementTree.Element) -> Iterator[Seen]:
    at = {name: element.attrib[name] for name in element.attrib}
    if element.tag == "line":
        x1, y1, x2, y2 = (float(at[name]) for name in ("x1", "y1", "x2", "y2"))
        yield Seen(at["class"], min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    elif element.tag == "rect":
        x, y, width, height = (float(at[name]) for name in ("x", "y", "width", "height"))
        assert width >= 0, at
        assert height >= 0, at
        yield Seen(at["class"], x, y, x + width, y + height)
    elif element.tag == "circle":
        x, y, radius = (float(at[name]) for name in ("cx", "cy", "r"))
        yield Seen(at["class"], x - radius, y - radius, x + radius, y + radius)
    elif element.tag == "text":
        yield _text(element)
    elif element.tag == "path":
        for x, y in _places(at["d"]):
            yield Seen(at["class"], x, y, x, y)


def ends(steps: str) -> tuple[float, float]:
    """Give how high and how low a path goes."""
    heights = [y for _, y in _places(steps)]
    return min(heights), max(heights)


def _text(element: ElementTree.Element) -> Seen:
    said = (element.text or "") if not len(element) else (element[0].tail or "")
    x, y, width = float(element.attrib["x"]), float(element.attrib["y"]), width_of(said)
    if "transform" in element.attrib:
        return Seen(said, x - 10, y - width, x + 3, y)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[element.attrib["text-anchor"]]
    return Seen(said, left, y - 10, left + width, y + 2)


def _places(steps: str) -> Iterator[tuple[float, float]]:
    """Give every place that a path goes to; a letter or number that none has is an error."""
    assert not _STEP.sub("", steps).strip(), steps
    x = y = 0.0
    kind, figures = "", list[float]()
    for letter, figure in _STEP.findall(steps):
        if letter:
            kind, figures = letter, []
        else:
            figures.append(float(figure))
        if kind == "z" or len(figures) < _TAKES[kind]:
            continue
        if kind in "MLml":
            x, y = (figures[0], figures[1]) if kind in "ML" else (x + figures[0], y + figures[1])
        elif kind in "Hh":
            x = figures[0] if kind == "H" else x + figures[0]
        elif kind in "Vv":
            y = figures[0] if kind == "V" else y + figures[0]
        elif kind == "a":
            x, y = x + figures[5], y + figures[6]
        figures = []
        yield x, y
