"""Working through a night: the next case, keeping it, giving it back, handing it on, and what one does."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from cases.errors import CaseError
from cases.who import Right
from cases.work.agent_states import AgentState
from desk.context import Context
from desk.guarding import Needs
from desk.screens.workplace import Undo, claim_next, here_say, mark_of, nothing_held, parts, show, up_next
from desk.wording import said

router = APIRouter()

Worker = Annotated[Context, Needs(Right.WORK_CASES)]
AnyTask = Annotated[int | None, Form(ge=1)]
TaskId = Annotated[int, Form(ge=1)]
LeaseNo = Annotated[int, Form(ge=1)]
CaseId = Annotated[str, Form(max_length=64)]
Words = Annotated[str, Form(max_length=4000)]


@router.get("/")
def first(here: Annotated[Context, Needs()]) -> Response:
    """Lead to where the person's work is."""
    if here.may("work_cases"):
        return RedirectResponse("/work", 303)
    return RedirectResponse("/queue" if here.may("read_cases") else "/users", 303)


@router.get("/work")
def page(here: Worker, task: int | None = None, by_hand: bool = False) -> Response:
    """Show what the person works on."""
    return show(here, task_id=task, by_hand=by_hand)


@router.get("/work/live")
def live(here: Worker, task: int | None = None, lease_no: int = 0, mark: str = "") -> Response:
    """Give the parts that change by themselves, those of the case only if something happened in it.

    A case that was lost is told; what is typed stays.
    """
    held = next((each for each in here.store.work.mine(here.who) if each.task.id == task), None)
    values: dict[str, Any] = {"held": held, "task_id": task, "lost": "", "mark": mark, "anew": False}
    if held is not None and mark_of(here, held.case.id) != mark:
        values |= {**parts(here, held.case.id), "anew": True}
    elif held is None and task is None:
        values |= nothing_held(here)
    elif held is None and task is not None:
        values["lost"] = _why_lost(here, task, lease_no)
    return here.page("work/live.html", **values, **up_next(here))


@router.post("/work/next")
def next_(here: Worker) -> Response:
    """Claim the best task there is for this person."""
    claimed = claim_next(here)
    if claimed is None:
        return show(here, refusal=here_say(here, "nothing_to_claim"))
    return show(here, task_id=claimed.task.id)


@router.post("/work/claim")
def claim(here: Worker, case: CaseId) -> Response:
    """Claim one case, or take it over from another session of the same person."""
    skills = here.session.user.skills if here.session else ()
    claimed = here.store.work.claim(case, here.who, here.now_ms, skills=skills)
    return show(here, task_id=claimed.task.id)


@router.post("/work/renew")
def renew(here: Worker, task: TaskId, lease_no: LeaseNo) -> Response:
    """Keep the case for longer, as the page asks by itself; who lost it is told so."""
    try:
        held = here.store.work.renew(task, here.who, lease_no, here.now_ms)
    except CaseError as error:
        return here.page("work/lease.html", held=None, lost=here.words_of(error), task_id=task)
    return here.page("work/lease.html", held=held, lost="", task_id=task)


@router.post("/work/note")
def note(here: Worker, case: CaseId, note: Words = "", task: AnyTask = None) -> Response:
    """Put a note into the timeline of the case."""
    here.store.work.note(case, note, here.who, here.now_ms)
    return show(here, task_id=task, told=here_say(here, "noted"))


@router.post("/work/release")
def release(here: Worker, case: CaseId, reason: Words = "") -> Response:
    """Give a case back."""
    here.store.work.release(case, here.who, reason, here.now_ms)
    return show(here, told=here_say(here, "released", case=case), undo=Undo("release", case))


@router.post("/work/escalate")
def escalate(here: Worker, case: CaseId, team: Words, note: Words = "") -> Response:
    """Hand a case to a team."""
    here.store.work.escalate(case, here.who, team.strip(), note, here.now_ms)
    told = here_say(here, "escalated", case=case, team=said(here.language, "work.team", team.strip()))
    return show(here, told=told, undo=Undo("escalate", case))


@router.post("/work/undo")
def undo(here: Worker, case: CaseId, what: Words) -> Response:
    """Take back a release or an escalation: the case is the person's again, unless somebody was faster."""
    if what == "escalate":
        here.store.work.hand_back(case, here.who, here_say(here, "undone"), here.now_ms)
    return claim(here, case)


@router.post("/work/state")
def state(here: Worker, state: Annotated[AgentState, Form()], reason: Words = "") -> Response:
    """Say what the person does from now on."""
    here.store.work.say_state(here.who.name, state, here.who, here.now_ms, reason)
    return show(here, told=here_say(here, "state_said", state=said(here.language, "work.state", state)))


@router.post("/work/end-shift")
def end_shift(here: Worker) -> Response:
    """Free all that the person holds, and let them be gone."""
    freed = here.store.work.end_shift(here.who.name, here.who, here.now_ms)
    cases = ", ".join(freed) or here_say(here, "no_case")
    return show(here, told=here_say(here, "shift_ended", cases=cases))


def _why_lost(here: Context, task: int, lease_no: int) -> str:
    """Say what became of a task that the person does not hold: to renew it is refused in those words."""
    try:
        here.store.work.renew(task, here.who, lease_no or None, here.now_ms)
    except CaseError as error:
        return here.words_of(error)
    return ""
