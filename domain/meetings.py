"""Cards that meet: two of them at one terminal within minutes, and how often they did."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct


class Visit(Struct, frozen=True, gc=False):
    """A use of a card at a terminal; the balance is the one after it, where known."""

    at_ms: int
    terminal: str
    amount_minor: int
    currency: str
    balance_minor: int | None


class Meeting(NamedTuple):
    """Two cards at one terminal within minutes; the later of them at `at_ms`."""

    at_ms: int
    terminal: str


def meetings(
    visits: Iterable[Visit], others: Iterable[Visit], within_ms: int, apart_ms: int
) -> list[Meeting]:
    """Give where two cards were at most `within_ms` apart, in the order of time.

    What happens less than `apart_ms` after a meeting is the same meeting, wherever it is: who finds a machine
    out of order goes to the next one with all who queued there.
    """
    met = sorted(
        Meeting(max(one.at_ms, other.at_ms), one.terminal)
        for one in visits
        for other in others
        if one.terminal == other.terminal and abs(one.at_ms - other.at_ms) <= within_ms
    )
    counting: list[Meeting] = []
    for meeting in met:
        if not counting or meeting.at_ms - counting[-1].at_ms >= apart_ms:
            counting.append(meeting)
    return counting
