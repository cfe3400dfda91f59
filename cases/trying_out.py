"""Trying a store out before a flow begins: that it can be written, and what time it is there."""

from datetime import UTC, datetime
from typing import NamedTuple

from cases.database import Database
from domain.instants import to_ms
from domain.rejections import Reason

_LETTER = {"id": "start-check", "partition": "", "offset": 0, "detail": "", "raw": b"", "at_ms": None}


class Tried(NamedTuple):
    """The store's own clock, and the event time of its newest alert, None for none; in ms since 1970."""

    now_ms: int
    newest_ms: int | None


class _Undone(Exception):  # noqa: N818 - nothing went wrong
    """Ends a transaction of which nothing may stay."""


def try_out(db: Database) -> Tried:
    """Write what a flow would write, undo it, and ask for the time.

    Raises StoreBusy or StoreError where a flow could not write either.
    """
    try:
        with db.writing():
            db.run("add_dead_letter", reason=Reason.NOT_JSON, **_LETTER)
            (row,) = db.rows("clock_and_newest")
            tried = Tried(_to_ms(row["now"]), row["newest_ms"])
            raise _Undone
    except _Undone:
        return tried


def _to_ms(now: str | datetime) -> int:
    """Read what SQLite writes without a zone, or what PostgreSQL has as an instant."""
    return to_ms(datetime.fromisoformat(now).replace(tzinfo=UTC) if isinstance(now, str) else now)
