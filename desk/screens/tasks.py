"""What is no call: a task that is done, somebody who is sent, a card that a device kept, a case that ends."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.case import Outcome
from cases.device_cases.closing import CloseReason
from cases.device_cases.retained import CardStatus
from desk.screens.work import AnyTask, CaseId, LeaseNo, TaskId, Words, Worker
from desk.screens.workplace import go_on, here_say, show
from desk.wording import said

router = APIRouter()

_MINUTE_MS = 60_000

AutoNext = Annotated[bool, Form()]


@router.post("/work/done")
def done(
    here: Worker, task: TaskId, lease_no: LeaseNo, note: Words = "", auto_next: AutoNext = False
) -> Response:
    """End a task that is done."""
    case = here.store.work.complete(task, here.who, lease_no, note, here.now_ms)
    return go_on(here, here_say(here, "task_done", case=case.id), auto_next=auto_next)


@router.post("/work/close")
def close(
    here: Worker,
    case: CaseId,
    lease_no: LeaseNo,
    outcome: Annotated[Outcome, Form()],
    reason: Words = "",
    note: Words = "",
    auto_next: AutoNext = False,
) -> Response:
    """Close a case with its outcome."""
    why = CloseReason(reason).value if reason in set(CloseReason) else reason or None
    here.store.work.close(case, here.who, lease_no, outcome, note, here.now_ms, reason=why)
    told = here_say(here, "closed", case=case, outcome=said(here.language, "common.outcome", outcome))
    return go_on(here, told, auto_next=auto_next)


@router.post("/work/dispatch")
def dispatch(
    here: Worker,
    task: TaskId,
    lease_no: LeaseNo,
    what: Words = "",
    due_in: Annotated[str, Form(max_length=6)] = "",
    auto_next: AutoNext = False,
) -> Response:
    """Send somebody: a work order for the right department; the task waits until it is done."""
    due_ms = here.now_ms + int(due_in) * _MINUTE_MS if due_in.isdecimal() else None
    order = here.store.device_cases.dispatch(
        task, here.who, lease_no, here.now_ms, what=what.strip() or None, due_ms=due_ms
    )
    department = said(here.language, "work.department", order.department)
    due = here.formats.moment(order.due_ms)
    told = here_say(here, "dispatched", order=order.id, department=department, due=due)
    return go_on(here, told, auto_next=auto_next)


@router.post("/work/card")
def card(
    here: Worker,
    card: Annotated[int, Form(ge=1)],
    status: Annotated[CardStatus, Form()],
    where: Words = "",
    task: AnyTask = None,
) -> Response:
    """Note what became of a card that a device kept."""
    kept = here.store.device_cases.card_handled(card, status, here.who, here.now_ms, where=where)
    words = said(here.language, "work.card", kept.status)
    return show(here, task_id=task, told=here_say(here, "card_noted", card=kept.last4 or "?", status=words))
