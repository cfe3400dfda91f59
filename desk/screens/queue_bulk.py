"""Many cases at once: a lead sees what will happen, says why, and reads what became of each."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from cases.who import Right
from desk.context import Context
from desk.guarding import Needs
from desk.queue_page.acts import Act, Order, checked, do_all, outlooks

router = APIRouter()

Lead = Annotated[Context, Needs(Right.WORK_FOR_OTHERS)]
Chosen = list[Annotated[str, Field(max_length=64)]]


@router.get("/queue/bulk")
def preview(here: Lead, act: Act, case: Annotated[Chosen | None, Query()] = None) -> HTMLResponse:
    """Show what an act will mean for each of the cases that are chosen."""
    chosen = checked(case or ())
    for case_id in chosen:
        here.viewed(f"case:{case_id}")
    found = outlooks(act, here.store.cases.several(chosen))
    teams, _ = here.store.cases.known_names()
    agents = here.store.work.states(here.who) if act is Act.ASSIGN else ()
    return here.page("queue/bulk.html", act=act, outlooks=found, teams=teams, agents=agents)


@router.post("/queue/bulk")
def do(
    here: Lead,
    act: Annotated[Act, Form()],
    reason: Annotated[str, Form(max_length=500)],
    case: Annotated[Chosen | None, Form()] = None,
    team: Annotated[str, Form(max_length=64)] = "",
    agent: Annotated[str, Form(max_length=64)] = "",
) -> HTMLResponse:
    """Do it, and show what became of each."""
    order = Order(act=act, reason=reason, team=team, agent=agent)
    done = do_all(here.store, order, checked(case or ()), here.who, here.now_ms)
    return here.page("queue/bulk_done.html", act=act, done=done, words_of=here.words_of)
