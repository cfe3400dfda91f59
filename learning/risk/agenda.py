"""What a learner has to do by event time alone: labels whose time comes, and refreshes at whole multiples."""

from enum import IntEnum
from heapq import heapify, heappop, heappush

from msgspec import Struct

from learning.risk.labels import Label


class Refresh(IntEnum):
    """What is done at regular times; of those of one moment, in this order and after its labels."""

    TERMINALS = 0
    MODEL = 1
    DAY = 2


class AgendaState(Struct):
    """An agenda as plain values: what is to come, each label with its time and its number as it was told."""

    coming: list[tuple[int, int, Label]]
    told: int
    refreshes: list[int]


class Agenda:
    """Gives what is due next, in the order of time; `due_ms` is when."""

    def __init__(self, every_ms: tuple[int, ...]) -> None:
        """Take how often each `Refresh` is, counted from 1970; none is due before `begin`."""
        self.due_ms: float = float("inf")
        self._every_ms = every_ms
        self._coming: list[tuple[int, int, Label]] = []
        self._told = 0
        self._refreshes: list[int] = []
        self._next_ms: float = self.due_ms

    def begin(self, at_ms: int) -> None:
        """Plan the first refreshes, if that was not done: the first whole multiples after `at_ms`."""
        if not self._refreshes:
            self._refreshes = [(at_ms // every + 1) * every for every in self._every_ms]
            self._plan()

    def tell(self, label: Label) -> None:
        """Put a label down for its own time, after those told before for the same."""
        heappush(self._coming, (label.at_ms, self._told, label))
        self._told += 1
        if label.at_ms < self.due_ms:
            self.due_ms = label.at_ms

    def take(self) -> Label | Refresh:
        """Take what is due at `due_ms`."""
        due: Label | Refresh
        coming = self._coming
        if coming and coming[0][0] <= self.due_ms:
            due = heappop(coming)[2]
        else:
            due = Refresh(min(range(len(self._refreshes)), key=self._refreshes.__getitem__))
            self._refreshes[due] += self._every_ms[due]
            self._next_ms = min(self._refreshes)
        self.due_ms = self._next_ms
        if coming and coming[0][0] < self.due_ms:
            self.due_ms = coming[0][0]
        return due

    def dump(self) -> AgendaState:
        """Give the agenda as plain values."""
        return AgendaState(sorted(self._coming, key=_order), self._told, self._refreshes)

    def load(self, state: AgendaState) -> None:
        """Go on from what `dump` gave."""
        self._coming, self._told, self._refreshes = state.coming, state.told, state.refreshes
        heapify(self._coming)
        self._plan()

    def _plan(self) -> None:
        self._next_ms = min(self._refreshes, default=float("inf"))
        self.due_ms = min(self._next_ms, self._coming[0][0]) if self._coming else self._next_ms


def _order(coming: tuple[int, int, Label]) -> tuple[int, int]:
    return coming[:2]
