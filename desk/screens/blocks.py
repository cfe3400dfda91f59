"""Holding and releasing from the work place: cards blocked, payments stopped, on what basis and by whom."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.actions.action import Action, Basis
from cases.actions.kinds import Kind, Second
from cases.actions.proposing import Proposal
from cases.errors import CaseError, NotPossible, WrongUse
from desk.context import Context
from desk.screens.work import AnyTask, CaseId, Words, Worker
from desk.screens.workplace import here_say, show, standing
from desk.wording import said

router = APIRouter()

_TargetNames = Annotated[list[str] | None, Form(max_length=100)]
_Minutes = Annotated[int, Form(ge=1, le=100_000)]


@router.post("/work/block")
def block(
    here: Worker,
    case: CaseId,
    basis: Words,
    reason: Words,
    seen_actions: Words,
    target: _TargetNames = None,
    order: Words = "",
    minutes: _Minutes = 1440,
    task: AnyTask = None,
) -> Response:
    """Block cards of a case for a while; it takes effect at once where one person may do that."""
    if not target:
        raise WrongUse("choose at least one card to block")
    _as_seen(here, case, seen_actions)
    proposals = [
        Proposal(
            kind=Kind.TEMPORARY_BLOCK,
            target=each,
            reason=reason,
            case_id=case,
            basis=_basis(basis, order),
            lasts=timedelta(minutes=minutes),
        )
        for each in target
    ]
    return _propose(here, proposals, task)


@router.post("/work/stop")
def stop(
    here: Worker,
    case: CaseId,
    payment: Words,
    basis: Words,
    reason: Words,
    seen_actions: Words,
    order: Words = "",
    task: AnyTask = None,
) -> Response:
    """Ask that a payment is stopped, which takes a second person."""
    _as_seen(here, case, seen_actions)
    wanted = Proposal(
        kind=Kind.STOP_PAYMENT,
        target=f"payment:{payment.strip()}",
        reason=reason,
        case_id=case,
        basis=_basis(basis, order),
    )
    return _propose(here, [wanted], task)


@router.post("/work/unblock")
def unblock(here: Worker, action: Words, reason: Words, task: AnyTask = None) -> Response:
    """Release what an action holds; that may take a second person itself."""
    made = here.store.actions.reverse(action, here.who, reason, here.now_ms)
    return show(here, task_id=task, told=_told(here, [made]))


def _propose(here: Context, proposals: Sequence[Proposal], task: int | None) -> Response:
    """Make every proposal that can be made, and say which could not; where none can, that is refused."""
    made: list[Action] = []
    refused: list[CaseError] = []
    for each in proposals:
        try:
            made.append(here.store.actions.propose(each, here.who, here.now_ms))
        except CaseError as error:
            refused.append(error)
    if not made:
        raise refused[0]
    return show(here, task_id=task, told=_told(here, made), refusal="; ".join(map(here.words_of, refused)))


def _as_seen(here: Context, case_id: str, seen: str) -> None:
    """Refuse a form that was sent twice, or does not know what others did meanwhile: twice is longer."""
    if standing(here, case_id)["seen_actions"] != seen:
        raise NotPossible(
            f"something was done in {case_id} since this was opened, maybe by this very form; "
            "look at its actions before you go on"
        )


def _basis(kind: str, order: str) -> Basis:
    return Basis.parse(f"order:{order.strip()}" if kind == "order" else kind)


def _told(here: Context, made: Sequence[Action]) -> str:
    kind = said(here.language, "work.kind", made[0].kind)
    targets = ", ".join(_name_of(here, each) for each in made)
    if any(each.second is Second.BEFORE for each in made):
        return here_say(here, "proposed", kind=kind, targets=targets)
    if made[0].second is Second.AFTER:
        by = here.formats.clock(made[0].alarm_at_ms)
        return here_say(here, "set_unchecked", kind=kind, targets=targets, by=by)
    return here_say(here, "set_alone", kind=kind, targets=targets)


def _name_of(here: Context, action: Action) -> str:
    """Give what an action is about as people at the desk call it: a card by its last digits."""
    members = here.store.cases.show(action.case_id).case.members if action.case_id else ()
    named = (f"•••• {each.last4}" for each in members if each.last4 and f"card:{each.card}" == action.target)
    return next(named, action.target)
