"""What a detector makes of a published table, once for each version: an index, a scorer."""

from collections.abc import Callable
from typing import Generic, TypeVar

from domain.tables import History, Published

T = TypeVar("T", bound=Published)
Made = TypeVar("Made")

# Events of several logs come from both sides of a moment at which a table takes effect.
_MOST_MADE = 4


class Prepared(Generic[T, Made]):
    """Makes each version ready when the first event of its time comes, and keeps the last few.

    A history may grow while the flow runs: what a detector made of its versions when it was bound would miss
    those that came after.
    """

    __slots__ = ("_all", "_history", "_last", "_made", "_make")

    def __init__(self, history: History[T], make: Callable[[T], Made]) -> None:
        """Take what gives versions, and what makes one ready."""
        self._history = history
        self._make = make
        self._all: list[tuple[T, Made]] = []
        self._last: T | None = None
        self._made: Made | None = None

    def at(self, at_ms: int) -> Made | None:
        """Give what was made of the version in force at `at_ms`, or None before the first."""
        table = self._history.at(at_ms)
        if table is self._last:
            return self._made
        return None if table is None else self._ready(table)

    def _ready(self, table: T) -> Made:
        made = next((made for known, made in self._all if known is table), None)
        if made is None:
            made = self._make(table)
            self._all = [*self._all[1 - _MOST_MADE :], (table, made)]
        self._last, self._made = table, made
        return made
