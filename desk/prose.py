"""What people wrote in Markdown as a page shows it: headings, paragraphs, lists; all else is text."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_HEADING = re.compile(r"(#{1,4}) +(.*)")
_ITEM = re.compile(r"(?:[-*]|([0-9]{1,3})\.) +(.*)")
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`([^`]+)`")


def prose(text: str) -> Markup:
    r"""Write a text as HTML; nothing in it can be anything but text.

    >>> prose("## Ask\n\n- one\n- **two**\n  of them")
    Markup('<h2>Ask</h2>\n<ul><li>one</li><li><strong>two</strong> of them</li></ul>')
    """
    return Markup("\n").join(_block(block) for block in _blocks(text))


def _blocks(text: str) -> Iterator[list[str]]:
    """Divide a text at blank lines and behind headings."""
    for filled, lines in groupby(text.splitlines(), key=lambda line: bool(line.strip())):
        if not filled:
            continue
        part: list[str] = []
        for line in lines:
            if _HEADING.match(line):
                if part:
                    yield part
                yield [line]
                part = []
            else:
                part.append(line)
        if part:
            yield part


def _block(lines: list[str]) -> Markup:
    if heading := _HEADING.match(lines[0]):
        # The page's title is the only one of the first level.
        level = max(2, len(heading[1]))
        return Markup(f"<h{level}>{{}}</h{level}>").format(_words(heading[2]))
    if first := _ITEM.match(lines[0]):
        items: list[str] = []
        for line in lines:
            item = _ITEM.match(line)
            if item:
                items.append(item[2])
            else:
                items[-1] += " " + line.strip()
        kind = "ol" if first[1] else "ul"
        inner = Markup("").join(Markup("<li>{}</li>").format(_words(item)) for item in items)
        return Markup(f"<{kind}>{{}}</{kind}>").format(inner)
    return Markup("<p>{}</p>").format(_words(" ".join(line.strip() for line in lines)))


def _words(text: str) -> Markup:
    escaped = str(escape(text))
    return Markup(_CODE.sub(r"<code>\1</code>", _STRONG.sub(r"<strong>\1</strong>", escaped)))
