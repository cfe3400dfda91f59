"""Making a work order: what is asked of which department, checked and put on record."""

import re
from typing import NamedTuple

from cases.case import Status
from cases.database import Database
from cases.errors import AlreadyClosed, AlreadyMerged, NotFound, WrongUse
from cases.who import Right, Who
from cases.work_orders.order import Department, WorkOrder
from cases.work_orders.steps import get_order, said, tell
from domain.instants import iso

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Asked(NamedTuple):
    """What is asked of a department: a kind in one word, such as `documents`, the text, and the time.

    `task_id` is the task of the case that asks for it, if one does: it ends with the order.
    """

    department: Department
    kind: str
    what: str
    due_ms: int
    task_id: int | None = None


def make_order(db: Database, case_id: str, asked: Asked, who: Who, now_ms: int) -> WorkOrder:
    """Hand work of a live case to a department, inside the caller's `writing`.

    Raises NotAllowed, NotFound, AlreadyClosed, AlreadyMerged, and WrongUse for text or a time that cannot be.
    """
    who.require(Right.WORK_CASES)
    if not _KIND.fullmatch(asked.kind):
        raise WrongUse(f"kind {asked.kind!r} should be one word such as documents or terminal_check")
    what = said(asked.what, "what the department is to do")
    check_due(asked.due_ms, now_ms)
    _touch_case(db, case_id)
    number = db.rows("last_work_order", case_id=case_id)[0]["number"] + 1
    order_id = f"{case_id}-W{number}"
    db.run(
        "add_work_order",
        id=order_id,
        case_id=case_id,
        number=number,
        department=Department(asked.department).value,
        kind=asked.kind,
        what=what,
        due_ms=asked.due_ms,
        made_by=who.name,
        made_at_ms=now_ms,
        task_id=asked.task_id,
    )
    made = get_order(db, order_id)
    tell(db, "ordered", None, made, who, now_ms)
    return made


def check_due(due_ms: int, now_ms: int) -> None:
    """Raise WrongUse for a time that is past."""
    if due_ms <= now_ms:
        raise WrongUse(f"the order would be due {iso(due_ms)}, which is past; give the department some time")


def _touch_case(db: Database, case_id: str) -> None:
    """Hold a case that can still be worked, or say why it cannot."""
    rows = db.rows("touch_case_for_work_order", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    if rows[0]["status"] == Status.CLOSED:
        raise AlreadyClosed(f"{case_id} is closed as {rows[0]['outcome']}; reopen it before you order more")
    if rows[0]["status"] == Status.MERGED:
        raise AlreadyMerged(f"{case_id} went into {rows[0]['merged_into']}; order the work there")
