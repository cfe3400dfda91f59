"""The life of an action as one pure table: what may follow what, and nothing else does.

proposed → approved → executing → done → reversing → reversed
proposed → rejected | expired       executing → failed
approved → rejected | expired       while nothing was sent yet: the checker said no, or its time is over
executing → reversing               it may be in force already, so that it is lifted to be sure
"""

from enum import StrEnum

from cases.errors import NotPossible


class Status(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"  # waits for the second person
    APPROVED = "approved"  # may be carried out
    EXECUTING = "executing"  # was sent, perhaps several times, and there is no answer yet
    DONE = "done"  # the receiver has carried it out
    FAILED = "failed"  # could not be carried out; a lead was alarmed
    REJECTED = "rejected"  # the second person said no before it was carried out
    EXPIRED = "expired"  # its time was over before it was carried out
    REVERSING = "reversing"  # is being lifted
    REVERSED = "reversed"  # is lifted


class Move(StrEnum):
    """What can happen to an action."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    REVERSE = "reverse"
    LIFTED = "lifted"


TABLE: dict[tuple[Status, Move], Status] = {
    (Status.PROPOSED, Move.APPROVE): Status.APPROVED,
    (Status.PROPOSED, Move.REJECT): Status.REJECTED,
    (Status.PROPOSED, Move.EXPIRE): Status.EXPIRED,
    (Status.APPROVED, Move.START): Status.EXECUTING,
    (Status.APPROVED, Move.REJECT): Status.REJECTED,
    (Status.APPROVED, Move.EXPIRE): Status.EXPIRED,
    (Status.EXECUTING, Move.FINISH): Status.DONE,
    (Status.EXECUTING, Move.FAIL): Status.FAILED,
    (Status.EXECUTING, Move.REVERSE): Status.REVERSING,
    (Status.DONE, Move.REVERSE): Status.REVERSING,
    (Status.REVERSING, Move.LIFTED): Status.REVERSED,
}

# Nothing follows these.
ENDED = frozenset(Status) - {status for status, _ in TABLE}
# What is in force at the receiver, may be, or will be as soon as it is sent.
IN_FORCE = (Status.APPROVED, Status.EXECUTING, Status.DONE)


def follow(status: Status, move: Move) -> Status:
    """Give the status after a move. Raises NotPossible, naming what may follow."""
    if (status, move) not in TABLE:
        allowed = ", ".join(sorted(other for here, other in TABLE if here is status)) or "nothing any more"
        raise NotPossible(f"an action that is {status} cannot {move}; it can: {allowed}")
    return TABLE[status, move]
