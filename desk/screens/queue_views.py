"""Views of the queue that people keep under names of their own."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from cases.who import Right
from desk.context import Context
from desk.guarding import Needs
from desk.queue_page.asking import Asked

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_CASES)]


@router.post("/queue/views")
def save(here: Reader, name: Annotated[str, Form()], asked: Annotated[Asked, Form()]) -> RedirectResponse:
    """Keep what the queue shows now, and show it under its name."""
    query = asked.address(page=1, text=False)
    here.store.saved_views.save(here.who, name, query, here.now_ms)
    return RedirectResponse(f"/queue?{query}", 303)


@router.post("/queue/views/drop")
def drop(here: Reader, name: Annotated[str, Form()]) -> RedirectResponse:
    """Forget a view."""
    here.store.saved_views.drop(here.who, name)
    return RedirectResponse("/queue", 303)
