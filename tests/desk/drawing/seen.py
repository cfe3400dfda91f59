"""A drawing as a browser would see it: what is in it, where it lies, and what is wrong with it."""

import re
from collections.abc import Iterator
from itertools import combinations
from xml.etree import ElementTree

from desk.drawing.labels import Box, text_box

SVG_PARTS = {"svg", "title", "desc", "g", "rect", "circle", "line", "path", "polygon", "polyline", "text"}
ALLOWED = {
    *("class", "viewBox", "width", "height", "role", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx"),
    *("d", "points", "text-anchor"),
}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# Texts are this wide only by guess.
_SLACK = 1.0


def root(svg: str) -> ElementTree.Element:
    """Parse a drawing; raises for what is not well-formed."""
    return ElementTree.fromstring(svg)


def texts(svg: str, kind: str = "") -> list[str]:
    """Give what is written, of a class where asked."""
    return [
        each.text or ""
        for each in root(svg).iter("text")
        if kind in each.get("class", "").split() or not kind
    ]


def titles(svg: str) -> list[str]:
    """Give what is said of the marks when one points at them."""
    return [each.text or "" for each in root(svg).iter("title")][1:]


def marks(svg: str, kind: str) -> list[ElementTree.Element]:
    """Give the shapes of a class."""
    return [
        each
        for each in root(svg).iter()
        if kind in each.get("class", "").split() and each.tag not in {"text", "g", "svg"}
    ]


def boxes(svg: str, *kinds: str) -> list[tuple[str, Box]]:
    """Give texts with the rectangles that they fill, of some classes where asked."""
    found = []
    for each in root(svg).iter("text"):
        kind = each.get("class", "")
        if kinds and not set(kinds) & set(kind.split()):
            continue
        bold = any(name in kind for name in ("strong", "label-bad", "moment-name", "day-name"))
        said, anchor = each.text or "", each.get("text-anchor", "start")
        box = text_box(float(each.attrib["x"]), float(each.attrib["y"]), said, anchor, bold=bold)
        found.append((said, box))
    return found


def faults(svg: str, *, texts_apart: tuple[str, ...] | None = ()) -> list[str]:
    """Say what is wrong with a drawing; `texts_apart` are the classes of texts that may not overlap."""
    picture = root(svg)
    width, height = map(float, picture.attrib["viewBox"].split()[2:])
    found = []
    if picture.get("role") != "img" or [each.tag for each in picture[:2]] != ["title", "desc"]:
        found.append("a screen reader does not know what it is")
    for each in picture.iter():
        if each.tag not in SVG_PARTS or set(each.attrib) - ALLOWED:
            found.append(f"{each.tag} {sorted(set(each.attrib) - ALLOWED)} is not allowed")
        outside = [
            (x, y) for x, y in _points(each) if not (-0.1 <= x <= width + 0.1 and -0.1 <= y <= height + 0.1)
        ]
        if outside:
            found.append(f"{each.tag} {each.attrib} lies outside {width:g} x {height:g}")
    for said, box in boxes(svg):
        if box.left < -_SLACK or box.top < -_SLACK or box.right > width + _SLACK or box.bottom > height:
            found.append(f"text {said!r} {box} goes beyond {width:g} x {height:g}")
    if texts_apart is not None:
        for (one, its), (other, others) in combinations(boxes(svg, *texts_apart), 2):
            if its.meets(others):
                found.append(f"{one!r} {its} lies on {other!r} {others}")
    return found


def _points(part: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Give the corners of a part."""
    of = {name: float(value) for name, value in part.attrib.items() if _NUMBER.fullmatch(value)}
    if part.tag == "rect":
        yield of["x"], of["y"]
        yield of["x"] + of["width"], of["y"] + of["height"]
    elif part.tag == "circle":
        yield of["cx"] - of["r"], of["cy"] - of["r"]
        yield of["cx"] + of["r"], of["cy"] + of["r"]
    elif part.tag == "line":
        yield of["x1"], of["y1"]
        yield of["x2"], of["y2"]
    elif part.tag in {"polygon", "polyline"}:
        for pair in part.attrib["points"].split():
            x, y = pair.split(",")
            yield float(x), float(y)
    elif part.tag == "path" and part.get("class", "").startswith("way"):
        numbers = [float(each) for each in _NUMBER.findall(part.attrib["d"])]
        yield from zip(numbers[::2], numbers[1::2], strict=True)
