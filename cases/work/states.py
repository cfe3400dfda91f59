"""What may happen to a case and to a task, in two tables; nothing changes a status but through them."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from cases.case import Status
from cases.errors import NotPossible


class Event(StrEnum):
    """What happens to a case, or to a task of it."""

    CLAIM = "claim"
    RELEASE = "release"
    LEASE_EXPIRED = "lease_expired"
    WAIT = "wait"
    WAKE = "wake"
    FINISH = "finish"  # a task has done its work
    GIVE_UP = "give_up"  # a task cannot do its work; a lead is to look at it
    VOID = "void"  # a task is not to be done any more
    NEW_TASK = "new_task"
    NEW_ALERT = "new_alert"
    TAKE_IN = "take_in"  # another case is merged into this one
    ESCALATE = "escalate"
    RETURN = "return"
    RESOLVE = "resolve"
    MERGE = "merge"
    LEAVE = "leave"  # the flood that swept it along
    REOPEN = "reopen"


class TaskState(StrEnum):
    """Where a task stands."""

    READY = "ready"  # to be claimed
    WAITING = "waiting"  # until its time comes
    LEASED = "leased"  # somebody is at it
    DONE = "done"
    VOID = "void"  # not to be done any more
    DEAD = "dead"  # given up; a lead looks at it


LIVE_TASKS = (TaskState.READY, TaskState.WAITING, TaskState.LEASED)

_OPEN, _WORKING, _WAITING = Status.OPEN, Status.WORKING, Status.WAITING
_ESCALATED, _CLOSED, _MERGED = Status.ESCALATED, Status.CLOSED, Status.MERGED
_ANY = (_WORKING, _OPEN, _WAITING)

# Where a case may stand after an event; of several its live tasks decide. What is not here cannot happen.
_AFTER: dict[Event, dict[Status, tuple[Status, ...]]] = {
    Event.CLAIM: {
        _OPEN: (_WORKING,),
        _WORKING: (_WORKING,),
        _WAITING: (_WORKING,),
        _ESCALATED: (_ESCALATED,),
    },
    Event.RELEASE: {_WORKING: (_OPEN, _WORKING), _ESCALATED: (_ESCALATED,)},
    Event.LEASE_EXPIRED: {_WORKING: (_OPEN, _WORKING), _ESCALATED: (_ESCALATED,)},
    Event.WAIT: {_OPEN: (_WAITING, _OPEN), _WORKING: _ANY, _WAITING: (_WAITING,), _ESCALATED: (_ESCALATED,)},
    Event.WAKE: {_OPEN: (_OPEN,), _WORKING: (_WORKING,), _WAITING: (_OPEN,), _ESCALATED: (_ESCALATED,)},
    Event.FINISH: {_OPEN: (_OPEN, _WAITING), _WORKING: _ANY, _WAITING: _ANY, _ESCALATED: (_ESCALATED,)},
    Event.GIVE_UP: {
        _OPEN: (_OPEN,),
        _WORKING: (_OPEN, _WORKING),
        _WAITING: (_OPEN,),
        _ESCALATED: (_ESCALATED,),
    },
    Event.NEW_TASK: {_OPEN: (_OPEN,), _WORKING: (_WORKING,), _WAITING: (_OPEN,), _ESCALATED: (_ESCALATED,)},
    Event.NEW_ALERT: {_OPEN: _ANY, _WORKING: _ANY, _WAITING: _ANY, _ESCALATED: (_ESCALATED,)},
    Event.TAKE_IN: {_OPEN: _ANY, _WORKING: _ANY, _WAITING: _ANY, _ESCALATED: (_ESCALATED,)},
    Event.ESCALATE: dict.fromkeys((_OPEN, _WORKING, _WAITING, _ESCALATED), (_ESCALATED,)),
    Event.RETURN: {_ESCALATED: _ANY},
    Event.RESOLVE: dict.fromkeys((_OPEN, _WORKING, _WAITING, _ESCALATED), (_CLOSED,)),
    Event.MERGE: dict.fromkeys((_OPEN, _WORKING, _WAITING, _ESCALATED), (_MERGED,)),
    Event.LEAVE: {_MERGED: (_OPEN,)},
    Event.REOPEN: {_CLOSED: (_OPEN,)},
}
CASE_MOVES: Mapping[tuple[Status, Event], tuple[Status, ...]] = {
    (status, event): after for event, row in _AFTER.items() for status, after in row.items()
}

_READY, _ASLEEP, _LEASED = TaskState.READY, TaskState.WAITING, TaskState.LEASED
TASK_MOVES: Mapping[tuple[TaskState, Event], TaskState] = {
    (_READY, Event.CLAIM): _LEASED,
    (_ASLEEP, Event.CLAIM): _LEASED,  # the customer calls by themselves
    (_LEASED, Event.RELEASE): _READY,
    (_LEASED, Event.LEASE_EXPIRED): _READY,
    (_ASLEEP, Event.WAKE): _READY,
    (_ASLEEP, Event.NEW_ALERT): _READY,
    **{(state, Event.WAIT): _ASLEEP for state in LIVE_TASKS},
    **{(state, Event.FINISH): TaskState.DONE for state in LIVE_TASKS},
    **{(state, Event.GIVE_UP): TaskState.DEAD for state in LIVE_TASKS},
    **{(state, Event.VOID): TaskState.VOID for state in LIVE_TASKS},
}


def case_after(status: Status, event: Event, tasks: Collection[TaskState] = ()) -> Status:
    """Give where a case stands after an event, with the live tasks that it then has.

    Raises NotPossible for an event that cannot happen to a case of this status.
    """
    after = CASE_MOVES.get((status, event))
    if after is None:
        may = ", ".join(sorted(each for stands, each in CASE_MOVES if stands is status)) or "nothing"
        raise NotPossible(f"a case that is {status} does not {_words(event)}; possible is: {may}")
    if len(after) == 1:
        return after[0]
    wanted = standing(tasks)
    if wanted not in after:
        raise NotPossible(
            f"a case that is {status} does not become {wanted} when it comes to {_words(event)}"
        )
    return wanted


def standing(tasks: Collection[TaskState]) -> Status:
    """Give what the live tasks of a case make of it, unless a team or the end has it."""
    if TaskState.LEASED in tasks:
        return Status.WORKING
    return Status.OPEN if TaskState.READY in tasks else Status.WAITING


def task_after(state: TaskState, event: Event) -> TaskState:
    """Give where a task stands after an event. Raises NotPossible for one that cannot happen to it."""
    after = TASK_MOVES.get((state, event))
    if after is None:
        may = ", ".join(sorted(each for stands, each in TASK_MOVES if stands is state)) or "nothing"
        raise NotPossible(f"a task that is {state} does not {_words(event)}; possible is: {may}")
    return after


def _words(event: Event) -> str:
    return event.value.replace("_", " ")
