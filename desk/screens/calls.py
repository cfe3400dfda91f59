"""Calling from the work place: dial, say that somebody answered, and record how the call ended."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.calling.dispositions import DISPOSITIONS, Step
from cases.calling.results import Recorded, Report
from cases.calling.service import Calling
from cases.errors import CannotCall, NotPossible, WrongUse
from cases.reveals import RevealReason, Wanted
from cases.work.states import TaskState
from desk.bank.vault import VaultAway
from desk.context import Context
from desk.offering import offer_after
from desk.revealing import reveal
from desk.screens.work import LeaseNo, TaskId, Words, Worker
from desk.screens.workplace import go_on, here_say, show, standing
from desk.wording import said
from domain.instants import to_ms

router = APIRouter()

_MINUTE_MS = 60_000


@router.post("/work/dial")
def dial(here: Worker, task: TaskId, lease_no: LeaseNo, number: Words = "") -> Response:
    """Open a call on the number whose turn it is, or another; who may not be called now is said in place."""
    try:
        here.store.calling.begin_call(
            task, here.who, here.now_ms, reference=number or None, lease_no=lease_no
        )
    except CannotCall as error:
        return show(here, task_id=task, refusal=here.words_of(error))
    return show(here, task_id=task)


@router.post("/work/answered")
def answered(here: Worker, task: TaskId, lease_no: LeaseNo) -> Response:
    """Note that somebody took up the call."""
    here.store.calling.answered(task, here.who, here.now_ms, lease_no=lease_no)
    return show(here, task_id=task)


@router.post("/work/number")
def number(here: Worker, task: TaskId) -> Response:
    """Show the digits of the number that is being called, to who calls it; that goes on record."""
    open_call = here.store.calling.open_call(task)
    held = next((each for each in here.store.work.mine(here.who) if each.task.id == task), None)
    if open_call is None or held is None:
        raise NotPossible("digits are shown to who has a call open on them; dial first")
    wanted = Wanted(kind="phone", handle=open_call.reference, reason=RevealReason.DIAL)
    try:
        digits, away = reveal(here, held.case.id, wanted), ""
    except VaultAway as error:
        digits, away = "", here.words_of(error)
    return here.page("work/digits.html", digits=digits, away=away, reference=open_call.reference)


@router.post("/work/attempt")
def attempt(
    here: Worker,
    task: TaskId,
    lease_no: LeaseNo,
    disposition: Words,
    note: Words = "",
    checked: Annotated[list[str] | None, Form()] = None,
    number: Words = "",
    callback_at: Words = "",
    callback_in: Words = "",
    auto_next: Annotated[bool, Form()] = False,
) -> Response:
    """Record how a call ended, and go on: with another number, or with the next case."""
    open_call = here.store.calling.open_call(task)
    report = Report(
        task_id=task,
        disposition=disposition,
        reference=None if open_call else number or None,
        lease_no=lease_no,
        note=note,
        checked=tuple(checked or ()),
        callback_at_ms=_callback_ms(here, task, disposition, callback_at, callback_in),
        answered_at_ms=open_call.answered_at_ms if open_call else None,
    )
    subject = next((each.task.subject for each in here.store.work.mine(here.who) if each.task.id == task), "")
    recorded = here.store.calling.record(report, here.who, here.now_ms)
    actions = [each.action for each in standing(here, recorded.case_id)["actions"]]
    offer = offer_after(here, recorded, subject, actions)
    return go_on(here, _what_follows(here, recorded), auto_next=auto_next, task_id=task, offer=offer)


@router.post("/work/number-found")
def number_found(
    here: Worker,
    task: TaskId,
    lease_no: LeaseNo,
    number: Words = "",
    auto_next: Annotated[bool, Form()] = False,
) -> Response:
    """End a task about a number: the bank has one on record now, or one is right after all."""
    here.store.calling.contact_restored(
        task, here.who, here.now_ms, reference=number or None, lease_no=lease_no
    )
    return go_on(here, here_say(here, "number_found"), auto_next=auto_next)


def _callback_ms(here: Context, task: int, disposition: str, at: str, in_minutes: str) -> int | None:
    """Read when to call back: minutes from now, or a time by the clock where the customer is."""
    known = DISPOSITIONS.get(disposition)
    if known is None or known.next is not Step.CALL_BACK:
        return None
    if in_minutes.isdecimal():
        return here.now_ms + int(in_minutes) * _MINUTE_MS
    if not at:
        return None
    try:
        local = datetime.fromisoformat(at)
    except ValueError:
        raise WrongUse(f"{at!r} is no time to call back; write it as 2026-04-01T09:30") from None
    return to_ms(local.replace(tzinfo=ZoneInfo(_call(here, task).zone)) if local.tzinfo is None else local)


def _call(here: Context, task: int) -> Calling:
    for held in here.store.work.mine(here.who):
        for call in here.store.calling.calls(held.case.id, here.who, here.now_ms):
            if call.task_id == task:
                return call
    raise NotPossible("you hold no such call; claim its case first")


def _what_follows(here: Context, recorded: Recorded) -> str:
    """Say how a call ended and what comes next, in the person's language."""
    ended = said(here.language, "work.disposition", recorded.disposition)
    following = recorded.next
    if following.case_closed_as:
        outcome = said(here.language, "common.outcome", following.case_closed_as)
        what = here_say(here, "follows_closed", outcome=outcome)
    elif following.wake_at_ms is not None:
        what = here_say(here, "follows_later", at=here.formats.moment(following.wake_at_ms))
    elif following.reference is not None:
        what = here_say(here, "follows_number", number=following.reference)
    elif left := _left_to_do(here, recorded.case_id):
        what = here_say(here, "follows_left", count=left)
    else:
        what = following.words
    return here_say(here, "follows", case=recorded.case_id, ended=ended, what=what)


def _left_to_do(here: Context, case_id: str) -> int:
    """Count what is still to be done in a case that anybody could do."""
    over = (TaskState.DONE, TaskState.VOID, TaskState.DEAD)
    return sum(task.state not in over for task in here.store.cases.show(case_id).tasks)
