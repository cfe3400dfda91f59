"""The queue: the cases in the order of their rank, filtered by what the address says."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from cases.case import CaseKind, Status
from cases.finding import Found
from cases.who import Right
from desk.context import Context
from desk.guarding import Needs
from desk.queue_page.asking import BUILT_IN, ROWS, Asked
from desk.queue_page.rows import drawn
from domain.card_masking import mask_text

router = APIRouter()

_MINUTE_MS = 60_000

Reader = Annotated[Context, Needs(Right.READ_CASES)]


@router.get("/queue")
def page(here: Reader, asked: Annotated[Asked, Query()]) -> Response:
    """Show the queue with its filters and views; a search for the very id of a case shows that case."""
    if asked.q and here.store.cases.several([asked.q.strip()]):
        return RedirectResponse(f"/cases/{quote(asked.q.strip(), safe='')}", 303)
    _seen(here, asked)
    teams, detectors = here.store.cases.known_names()
    return here.page(
        "queue/queue.html",
        **_rows(here, asked),
        teams=teams,
        detectors=detectors,
        built_in=BUILT_IN,
        views=here.store.saved_views.of(here.who),
        without_text=asked.address(page=1, text=False),
        all_statuses=tuple(Status),
        all_kinds=tuple(CaseKind),
    )


@router.get("/queue/rows")
def rows(here: Reader, asked: Annotated[Asked, Query()]) -> Response:
    """Show the rows alone, for a page that asks for them anew."""
    _seen_again(here, asked)
    return here.page("queue/rows.html", **_rows(here, asked))


@router.get("/queue/news")
def news(here: Reader, asked: Annotated[Asked, Query()]) -> Response:
    """Tell a page that holds still which cases it would show now: their ids alone."""
    return here.page("queue/news.html", cases=_found(here, asked).cases)


@router.post("/queue/claim")
def claim(
    here: Annotated[Context, Needs(Right.WORK_CASES)], case_id: Annotated[str, Form(max_length=64)]
) -> Response:
    """Claim a case and go to work on it."""
    here.store.work.claim(case_id, here.who, here.now_ms)
    if here.by_htmx:
        return Response(status_code=204, headers={"HX-Redirect": "/work"})
    return RedirectResponse("/work", 303)


def _found(here: Context, asked: Asked) -> Found:
    wanted = asked.wanted(here.who.name, here.formats, here.now_ms)
    return here.store.cases.page(wanted, limit=ROWS, skipped=asked.skipped)


def _rows(here: Context, asked: Asked) -> dict[str, Any]:
    found = _found(here, asked)
    last = max(1, -(-found.total // ROWS))
    return {
        "asked": asked,
        "query": asked.address(),
        "cases": found.cases,
        "drawn": drawn(here, found.cases),
        "total": found.total,
        "more": found.more,
        "first_row": asked.skipped + 1,
        "before": asked.address(page=min(asked.page - 1, last)) if asked.page > 1 else None,
        "after": asked.address(page=asked.page + 1) if asked.page < last else None,
    }


def _seen(here: Context, asked: Asked) -> None:
    here.viewed("queue:live", mask_text(asked.q))


def _seen_again(here: Context, asked: Asked) -> None:
    """Put a list that a page keeps fresh by itself on record once a minute, not with every change."""
    key = f"queue-seen:{here.who.name}:{asked.address()}"
    if here.desk.rates.take(key, here.now_ms, most=1, per_ms=_MINUTE_MS):
        _seen(here, asked)
