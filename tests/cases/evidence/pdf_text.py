"""Reads the text of an uncompressed PDF with embedded fonts, glyph by glyph as a viewer would show it."""

import re
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
_FONT_NAME = re.compile(rb"/(F\d+) (\d+) 0 R")
_TO_UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
_CONTENTS = re.compile(rb"/Contents (\d+) 0 R")
_PAIR = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
# What changes the font, saves or restores it, or shows text; strings escape their parentheses.
_OPERATOR = re.compile(rb"(?:/(F\d+) [\d.]+ Tf)|(?<![\w.])(q|Q)(?![\w.])|\(((?:\\.|[^\\()])*)\)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf: bytes) -> list[str]:
    """Give the text of each page, each piece of it on a line of its own."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {name: _characters(objects, int(number)) for name, number in _FONT_NAME.findall(pdf)}
    contents = [
        int(found[1])
        for body in objects.values()
        if b"/Type /Page\n" in body and (found := _CONTENTS.search(body))
    ]
    return ["\n".join(_shown(_stream(objects[number]), fonts)) for number in contents]


def _characters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    found = _TO_UNICODE.search(objects[font])
    assert found is not None
    pairs = _PAIR.findall(_stream(objects[int(found[1])]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _shown(content: bytes, fonts: dict[bytes, dict[int, str]]) -> Iterator[str]:
    font, saved = b"", list[bytes]()
    for name, state, string in _OPERATOR.findall(content):
        if name:
            font = name
        elif state == b"q":
            saved.append(font)
        elif state == b"Q":
            font = saved.pop()
        elif string:
            codes = _unescaped(string)
            pairs = zip(codes[::2], codes[1::2], strict=True)
            yield "".join(fonts[font].get(high * 256 + low, "�") for high, low in pairs)


def _unescaped(string: bytes) -> bytes:
    return re.sub(rb"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), string, flags=re.DOTALL)


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return found[1]
