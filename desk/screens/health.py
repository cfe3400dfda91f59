"""What whoever keeps the desk running asks it: whether it can work."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from cases.errors import CaseError
from cases.outbox import latest_changes
from desk.context import Context
from desk.guarding import Anybody

router = APIRouter()


@router.get("/healthz")
def healthz(here: Annotated[Context, Anybody()]) -> PlainTextResponse:
    """Say `ok`, or with 503 that the store does not answer; nothing of what is in it."""
    try:
        with here.store.db.reading():
            latest_changes(here.store.db)
    except CaseError:
        return PlainTextResponse("the store does not answer\n", 503)
    return PlainTextResponse("ok\n")
