"""What happened in a case, the newest first: filtered, a page at a time."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from cases.case import Entry
from cases.timeline import DESK
from cases.work.notes import NOTE
from desk.case_page.why import localised
from desk.formats import Formats

PAGE_ROWS = 25
# Where somebody wrote down what they thought.
_WRITTEN = frozenset(
    {NOTE, "attempt", "closed", "draft", "escalated", "finished", "release_reason", "reopened", "returned"}
)


class Shown(StrEnum):
    """Which lines are shown."""

    ALL = "all"
    PEOPLE = "people"
    DESK = "desk"  # what riskdesk did by itself
    NOTES = "notes"


_HOLDS: dict[Shown, Callable[[Entry], bool]] = {
    Shown.ALL: lambda entry: True,
    Shown.PEOPLE: lambda entry: entry.actor != DESK,
    Shown.DESK: lambda entry: entry.actor == DESK,
    Shown.NOTES: lambda entry: entry.what in _WRITTEN and bool(entry.note),
}


class Line(NamedTuple):
    """One line as it is shown; what it says of times is written for the reader."""

    at_ms: int
    actor: str
    by_itself: bool
    what: str
    old: str
    new: str
    note: str


class Timeline(NamedTuple):
    """A page of a case's timeline, counted from 1, of `pages`."""

    case_id: str
    lines: tuple[Line, ...]
    shown: Shown
    choices: tuple[Shown, ...]
    page: int
    pages: int
    total: int


def timeline_of(
    case_id: str, entries: Sequence[Entry], formats: Formats, shown: Shown = Shown.ALL, page: int = 1
) -> Timeline:
    """Give a page of the lines that are asked for; beyond the last page the last one."""
    found = [entry for entry in reversed(entries) if _HOLDS[shown](entry)]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(max(1, page), pages)
    part = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    lines = tuple(_line(entry, formats) for entry in part)
    return Timeline(case_id, lines, shown, tuple(Shown), page, pages, len(found))


def _line(entry: Entry, formats: Formats) -> Line:
    return Line(
        at_ms=entry.at_ms,
        actor=entry.actor,
        by_itself=entry.actor == DESK,
        what=entry.what,
        old=localised(entry.old or "", formats),
        new=localised(entry.new or "", formats),
        note=localised(entry.note or "", formats),
    )
