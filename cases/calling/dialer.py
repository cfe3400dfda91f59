"""Preview dialing: the agent has the case before them and then dials; what dials is behind a port.

Nothing here rings by itself: a call that nobody at the desk takes would be one more fright for somebody
who has been robbed.
"""

from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from cases.calling.calls import Begun
from cases.calling.results import Recorded, Report
from cases.calling.service import SqlCalling
from cases.who import Who


class Dial(Struct, frozen=True, kw_only=True):
    """One call to place for an agent; `key` is the same whenever it is asked for again."""

    key: str
    attempt_id: int
    case_id: str
    reference: str
    agent: str
    at_ms: int


class Dialled(Struct, frozen=True, kw_only=True):
    """What came of it: whether the call is under way or in the agent's hand, and what to tell them.

    `link` opens the agent's telephone; `call` is the name that a telephone system gave the call.
    """

    placed: bool
    words: str
    link: str | None = None
    call: str | None = None


class Dialer(Protocol):
    """What places a call, or lets the agent place it."""

    def dial(self, dial: Dial) -> Dialled:
        """Place a call; the same key twice is one call. What cannot be placed is an answer, no exception."""


class NumberBook(Protocol):
    """What knows the digits behind the bank's handles; nothing of this product stores them."""

    def digits(self, reference: str) -> str | None:
        """Give a number in international form, `+8613...`; None for a handle it does not know."""


@dataclass(frozen=True)
class NoNumberBook:
    """The book of an installation that is connected to none."""

    def digits(self, reference: str) -> str | None:
        return None


@dataclass(frozen=True)
class ManualDialer:
    """Tells the agent which number to ring, by the bank's handle."""

    def dial(self, dial: Dial) -> Dialled:
        return Dialled(placed=True, words=f"ring {dial.reference} by hand, then record how the call ended")


@dataclass(frozen=True)
class TelLinkDialer:
    """Gives a `tel:` link, where a number book knows the digits."""

    book: NumberBook

    def dial(self, dial: Dial) -> Dialled:
        digits = self.book.digits(dial.reference)
        if digits is None:
            words = (
                f"no number book is connected that knows {dial.reference}: "
                "ring it from the bank's own system, as --via manual has it"
            )
            return Dialled(placed=False, words=words)
        return Dialled(placed=True, words=f"open the link to ring {dial.reference}", link=f"tel:{digits}")


class Placed(Struct, frozen=True, kw_only=True):
    """An open call and what the dialer made of it; `failed` is the record of one that was not placed."""

    begun: Begun
    dialled: Dialled
    failed: Recorded | None = None


def place(
    calling: SqlCalling,
    dialer: Dialer,
    task_id: int,
    who: Who,
    now_ms: int,
    *,
    reference: str | None = None,
    lease_no: int | None = None,
) -> Placed:
    """Open a call and have it dialled, outside any transaction; one that is not placed is ended at once.

    Raises as `SqlCalling.begin_call` does.
    """
    begun = calling.begin_call(task_id, who, now_ms, reference=reference, lease_no=lease_no)
    dialled = dialer.dial(
        Dial(
            key=f"attempt-{begun.attempt_id}",
            attempt_id=begun.attempt_id,
            case_id=begun.case_id,
            reference=begun.reference,
            agent=who.name,
            at_ms=now_ms,
        )
    )
    if dialled.placed:
        return Placed(begun=begun, dialled=dialled)
    report = Report(task_id=task_id, disposition="dialer_failed", note=dialled.words)
    return Placed(begun=begun, dialled=dialled, failed=calling.record(report, who, now_ms))
