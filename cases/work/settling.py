"""Where a case stands follows from what happened to it and from what is still to be done in it."""

from collections.abc import Sequence
from typing import Any

from cases.case import Status
from cases.database import Database, Values
from cases.work.states import Event, TaskState, case_after


def settle(db: Database, case: Any, event: Event, tasks: Sequence[Any], *, team: str | None = None) -> Status:
    """Write where a case stands after an event, with what is still to be done in it."""
    standing = standing_after(case, event, tasks, team=team)
    db.run("settle_case", **standing)
    return Status(standing["status"])


def standing_after(case: Any, event: Event, tasks: Sequence[Any], *, team: str | None = None) -> Values:
    """Give where a case stands after an event, as `settle_case` writes it."""
    status = case_after(Status(case["status"]), event, {TaskState(task["state"]) for task in tasks})
    first = min(
        (task for task in tasks if task["state"] == TaskState.WAITING),
        key=lambda task: task["wake_at_ms"],
        default=None,
    )
    waits = first if status is Status.WAITING else None
    return {
        "id": case["id"],
        "status": status.value,
        "waiting_reason": waits and waits["waiting_reason"],
        "wake_at_ms": waits and waits["wake_at_ms"],
        "team": (team or case["team"]) if status is Status.ESCALATED else None,
    }
