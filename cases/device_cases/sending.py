"""Sending somebody: the holder of a dispatch hands a work order to the department that the task is for."""

from cases.database import Database, Row
from cases.device_cases.items import Item
from cases.device_cases.next_steps import items_on
from cases.device_cases.routing import DEPARTMENT_OF_SKILL, first_works, works_after_reset
from cases.errors import NotYours, WrongUse
from cases.who import Right, Who
from cases.work.leases import held
from cases.work.moves import wait
from cases.work_orders.making import Asked, make_order
from cases.work_orders.order import Department, WorkOrder

# What an order of a dispatch is called.
DISPATCH = "dispatch"
_SKILL_OF_SUBJECT = {"cash_run": "cash", "security": "security", "link": "host"}


def dispatch(
    db: Database,
    task_id: int,
    who: Who,
    lease_no: int | None,
    what: str | None,
    due_ms: int | None,
    now_ms: int,
    *,
    usual_ms: int,
) -> WorkOrder:
    """Hand the work of a dispatch that `who` holds to its department; the task waits until it is done.

    Without `what` the order says what is wrong; without `due_ms` it is due when the case would go before a
    lead, or else `usual_ms` from now. Inside the caller's `writing`. Raises NotAllowed, NotFound, NotYours,
    WrongUse for a task that sends nobody.
    """
    who.require(Right.WORK_CASES)
    task = held(db, task_id, who, lease_no, now_ms)
    if task["kind"] != DISPATCH:
        raise WrongUse(f"task {task_id} is {task['kind'].replace('_', ' ')}: nobody is sent for it")
    items = _items_of(db, task)
    late_ms = [item.escalate_at_ms for item in items if item.escalate_at_ms and item.escalate_at_ms > now_ms]
    until_ms = due_ms if due_ms is not None else min(late_ms, default=now_ms + usual_ms)
    asked = Asked(
        department=_department(task),
        kind=DISPATCH,
        what=what or "; ".join(_said(item) for item in items) or task["subject"],
        due_ms=until_ms,
        task_id=task_id,
    )
    made = make_order(db, task["case_id"], asked, who, now_ms)
    wait(db, task_id, "technician", until_ms, who, now_ms)
    return made


def held_dispatch(db: Database, case_id: str, who: Who) -> int:
    """Give the dispatch of a case that `who` holds; inside a transaction. Raises NotYours without one."""
    for task in db.rows("live_tasks", case_id=case_id):
        if task["kind"] == DISPATCH and task["lease_by"] == who.name:
            return int(task["id"])
    raise NotYours(
        f"{who.name} holds no dispatch of {case_id}; claim it first, with --skill of the department"
    )


def _department(task: Row) -> Department:
    # A case that was escalated has given its tasks to a team: then the subject says who is sent.
    named = _SKILL_OF_SUBJECT.get(task["subject"].partition(":")[0], "vendor")
    return Department(DEPARTMENT_OF_SKILL.get(task["skill"]) or DEPARTMENT_OF_SKILL[named])


def _items_of(db: Database, task: Row) -> list[Item]:
    """Give what is on of a case and asks for this dispatch."""
    wanted = task["kind"], task["subject"]
    return [
        item
        for item in items_on(db, task["case_id"])
        if any(work[:2] == wanted for work in (*first_works(item), *works_after_reset(item)))
    ]


def _said(item: Item) -> str:
    return f"{item.words}, branch {item.branch}" if item.device and item.branch else item.words
