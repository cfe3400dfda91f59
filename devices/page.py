"""A report as one HTML file that needs nothing else: no script, no font, no network."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from devices.wording import Language

_STYLE = Path(__file__).with_name("page.css")
_LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}


class Keyed(NamedTuple):
    """A name with the colour of a class beside it, as a picture has it."""

    kind: str
    name: str


Cell = str | Keyed


def page(title: str, language: Language, style: str, body: Iterable[str]) -> str:
    """Write a page with its own style added to that of all pages."""
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{_LANGUAGE_TAGS[language]}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{_STYLE.read_text('utf-8')}{style}</style></head>",
            f"<body><h1>{escape(title)}</h1>",
            *body,
            "</body></html>",
            "",
        )
    )


def section(title: str, *parts: str, kind: str = "") -> str:
    """Write a part of the page under its heading; one that is `long` may go over pages of paper."""
    return "\n".join((f'<section class="{kind}"><h2>{escape(title)}</h2>', *parts, "</section>"))


def note(said: str) -> str:
    """Write a sentence or two."""
    return f"<p>{escape(said)}</p>"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Cell]], foot: Sequence[Cell] = (), *, words: int = 1
) -> str:
    """Write a table whose first columns, as many as `words`, hold words and the rest figures."""
    body = "\n".join(_row(row, words) for row in rows)
    end = f"<tfoot>{_row(foot, words)}</tfoot>" if foot else ""
    head = f"<thead>{_row(heads, words, 'th')}</thead>"
    return f'<div class="scroll"><table>{head}\n<tbody>{body}</tbody>{end}</table></div>'


def keyed(cell: Keyed) -> str:
    """Write a name with its colour."""
    return f'<span class="key {cell.kind}"></span>{escape(cell.name)}'


def _row(cells: Sequence[Cell], words: int, kind: str = "td") -> str:
    written = []
    for index, cell in enumerate(cells):
        said = escape(cell) if isinstance(cell, str) else keyed(cell)
        written.append(f"<{kind}{' class=left' if index < words else ''}>{said}</{kind}>")
    return f"<tr>{''.join(written)}</tr>"
