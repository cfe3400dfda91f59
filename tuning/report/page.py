"""The one way to make a report: one HTML file that works offline, prints, and speaks both languages."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

from connectors.streams import writing
from tuning.report.words import LANGUAGES, PHRASES, Language, Said, Words, say

__all__ = [
    "Chart",
    "KeyFigure",
    "KeyFigures",
    "Notice",
    "Report",
    "Said",
    "Section",
    "Table",
    "Words",
    "write_report",
]

_TAGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}
_NAMES = {"en": "English", "zh": "中文"}
_FIGURE = re.compile(r"(?![0-9]{4}-[0-9]{2})[-+(~ ]*([A-Z]{3} -?)?[0-9]")
_CODE = re.compile("`([^`]+)`")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?\b", re.ASCII)
_TOGETHER = re.compile(r"(?<=\b[A-Z]{3}) (?=-?[0-9])|(?<=[0-9]) (?=%)")
# A page of more rows is slow to open and read by nobody.
_MOST_ROWS = 2000
_SECTIONS_WITHOUT_CONTENTS = 2


class Table(NamedTuple):
    """Rows under a head; columns that hold figures alone stand to the right."""

    caption: Said
    head: tuple[Said, ...]
    rows: tuple[tuple[Said, ...], ...]


class Chart(NamedTuple):
    """A picture, as `tuning.report.plots` draws it.

    Attributes:
        title: Stands above the picture.
        about: How to read it, stands below the title; may be empty.
        drawn: SVG in each language.
        numbers: What the picture shows, for who reads figures or hears the page.
    """

    title: Said
    about: Said
    drawn: Words
    numbers: Table


class KeyFigure(NamedTuple):
    """One figure that the reader should take along, such as `KeyFigure("Recall", "81.2 %")`."""

    name: Said
    value: Said
    note: Said = ""


class KeyFigures(NamedTuple):
    """Figures in a row, large."""

    figures: tuple[KeyFigure, ...]


class Notice(NamedTuple):
    """A sentence that must not be missed, such as that a difference is within noise."""

    text: Said
    kind: Literal["warning", "good", "plain"] = "warning"


Part = Chart | Table | KeyFigures | Notice


class Section(NamedTuple):
    """A part of a report under its heading."""

    title: Said
    text: tuple[Said, ...] = ()
    parts: tuple[Part, ...] = ()


class Report(NamedTuple):
    """A report as its contents; `made_from` says of what, so that it can be made again."""

    title: Said
    lead: tuple[Said, ...]
    sections: tuple[Section, ...]
    made_from: tuple[tuple[Said, str], ...] = ()


def write_report(path: Path, report: Report) -> None:
    """Write a report as one HTML file, whole or not at all; the same report always gives the same bytes.

    Raises:
        OSError: The file cannot be written.
        ValueError: A row of a table has more or fewer cells than its head.
    """
    whole = page(report).encode()
    with writing(path) as out:
        out.write(whole)


def page(report: Report) -> str:
    """Give a report as HTML that is well-formed XML as well."""
    # The look of all pages of the product, then what reports add.
    style = _shipped("devices", "page.css") + _shipped("tuning.report", "style.css")
    script = _shipped("tuning.report", "switch.js")
    allowed = f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}"
    title = say(report.title, "en")
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8"/>',
            f'<meta http-equiv="Content-Security-Policy" content="{allowed}; base-uri \'none\'"/>',
            '<meta name="viewport" content="width=device-width"/>',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style></head><body>",
            *_switch(report),
            "<main>",
            *(f'<p class="lead">{_spoken(text)}</p>' for text in report.lead),
            *_contents(report.sections),
            *(_section(index, section) for index, section in enumerate(report.sections, 1)),
            *_made_from(report),
            f"</main><script>{script}</script></body></html>",
            "",
        )
    )


def _shipped(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _switch(report: Report) -> Iterator[str]:
    """Write the head of the page; its buttons choose the language by style alone, without the script."""
    for language in LANGUAGES:
        chosen = ' checked="checked"' if language == "en" else ""
        title = escape(say(report.title, language))
        yield (
            f'<input type="radio" name="language" id="in-{language}" value="{_TAGS[language]}"'
            f' data-title="{title}" aria-label="{_NAMES[language]}"{chosen}/>'
        )
    labels = "".join(
        f'<label for="in-{language}" lang="{_TAGS[language]}">{_NAMES[language]}</label>'
        for language in LANGUAGES
    )
    yield f'<header><h1>{_spoken(report.title)}</h1><div class="switch">{labels}</div></header>'


def _contents(sections: Sequence[Section]) -> Iterator[str]:
    if len(sections) > _SECTIONS_WITHOUT_CONTENTS:
        links = "".join(
            f'<li><a href="#part-{index}">{_spoken(section.title)}</a></li>'
            for index, section in enumerate(sections, 1)
        )
        yield f"<nav><h2>{_spoken(PHRASES.say('contents'))}</h2><ol>{links}</ol></nav>"


def _section(index: int, section: Section) -> str:
    number = count(1)
    return "\n".join(
        (
            f'<section id="part-{index}"><h2>{_spoken(section.title)}</h2>',
            *(f"<p>{_spoken(text)}</p>" for text in section.text),
            *(_part(part, f"part-{index}-{next(number)}") for part in section.parts),
            "</section>",
        )
    )


def _part(part: Part, name: str) -> str:
    match part:
        case Chart():
            return _chart(part, name)
        case Table():
            return f'<div class="tabled">{_table(part)}</div>'
        case KeyFigures():
            tiles = "".join(_tile(figure) for figure in part.figures)
            return f'<div class="figures">{tiles}</div>'
        case Notice():
            return f'<p class="notice {part.kind}">{_spoken(part.text)}</p>'


def _chart(chart: Chart, name: str) -> str:
    about = f"<p>{_spoken(chart.about)}</p>" if chart.about else ""
    pictures = "\n".join(
        f'<div class="picture" lang="{_TAGS[language]}">{drawn}</div>'
        for language, drawn in zip(LANGUAGES, chart.drawn, strict=True)
    )
    numbers = f"<summary>{_spoken(PHRASES.say('numbers'))}</summary>{_table(chart.numbers)}"
    return (
        f'<figure id="{name}"><figcaption><h3>{_spoken(chart.title)}</h3>{about}</figcaption>\n'
        f"{pictures}\n<details>{numbers}</details></figure>"
    )


def _tile(figure: KeyFigure) -> str:
    note = f"<small>{_spoken(figure.note)}</small>" if figure.note else ""
    return f"<div><small>{_spoken(figure.name)}</small><b>{_spoken(figure.value)}</b>{note}</div>"


def _table(table: Table) -> str:
    """Write a table; rows past the most that are shown are counted, never dropped in silence.

    Raises:
        ValueError: A row has more or fewer cells than the head.
    """
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.head):
            said, columns = say(table.caption, "en"), len(table.head)
            raise ValueError(f"table {said!r} has {columns} columns, but row {number} has {len(row)}")
    caption = f"<caption>{_spoken(table.caption)}</caption>" if table.caption else ""
    if not table.rows:
        return f'{_captioned(table.caption)}<p class="empty">{_spoken(PHRASES.say("empty_table"))}</p>'
    rows = table.rows[:_MOST_ROWS]
    left = [any(not _is_figure(cell) for cell in column) for column in zip(*rows, strict=True)]
    head = _row(table.head, left, "th")
    body = "\n".join(_row(row, left, "td") for row in rows)
    more = PHRASES.say("rows_shown", shown=f"{_MOST_ROWS:,}", all=f"{len(table.rows):,}")
    after = f"<p>{_spoken(more)}</p>" if len(table.rows) > _MOST_ROWS else ""
    whole = f"<table>{caption}<thead>{head}</thead>\n<tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{whole}</div>{after}'


def _captioned(caption: Said) -> str:
    return f'<p class="caption">{_spoken(caption)}</p>' if caption else ""


def _row(cells: Iterable[Said], left: Sequence[bool], tag: str) -> str:
    written = []
    for cell, words in zip(cells, left, strict=True):
        kind = ' class="left"' if words else ""
        written.append(f"<{tag}{kind}>{_spoken(cell)}</{tag}>")
    return f"<tr>{''.join(written)}</tr>"


def _is_figure(cell: Said) -> bool:
    """Tell whether a cell is read as a number: a figure or an amount first, but no day; or nothing at all."""
    text = cell.en if isinstance(cell, Words) else cell
    return text in ("", "-") or _FIGURE.match(text) is not None


def _spoken(said: Said) -> str:
    """Write a text in both languages, of which the page shows one."""
    texts = [_set(say(said, language)) for language in LANGUAGES]
    if texts[0] == texts[1]:
        return texts[0]
    return "".join(
        f'<span lang="{_TAGS[language]}">{text}</span>'
        for language, text in zip(LANGUAGES, texts, strict=True)
    )


def _set(text: str) -> str:
    """Set a text: what stands in backquotes as code, and no line ends within an amount, a share or a time."""
    whole = _CODE.sub(r"<code>\1</code>", _TIME.sub(r"<time>\g<0></time>", escape(text)))
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", whole)


def _made_from(report: Report) -> Iterator[str]:
    if report.made_from:
        rows = "".join(
            f"<div><dt>{_spoken(name)}</dt><dd>{_spoken(value)}</dd></div>"
            for name, value in report.made_from
        )
        yield f"<footer><h2>{_spoken(PHRASES.say('made_from'))}</h2><dl>{rows}</dl></footer>"
