"""What a person reads when something is refused: what it was, and what to do."""

import logging
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from cases.errors import (
    AlreadyClaimed,
    AlreadyClosed,
    AlreadyMerged,
    CannotCall,
    CaseError,
    NotAllowed,
    NotFound,
    NotPossible,
    NotYours,
    OnTheLine,
    StoreBusy,
    StoreError,
    WrongUse,
)
from desk.bad_values import BadValue, bad_values, in_words
from desk.context import Context
from desk.errors import Away, DeskError, Locked, SignedOut, TooOften
from desk.guarding import session_of
from desk.wording import say

log = logging.getLogger(__name__)

# The first that fits counts. 409: somebody was faster, or it is another state than the page thought.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TooOften, 429),
    (Away, 503),
    (NotAllowed, 403),
    (NotFound, 404),
    (WrongUse, 422),
    (StoreBusy, 503),
    (StoreError, 500),
    (AlreadyClaimed, 409),
    (AlreadyClosed, 409),
    (AlreadyMerged, 409),
    (NotYours, 409),
    (NotPossible, 409),
    (CannotCall, 409),
    (OnTheLine, 409),
    (CaseError, 422),
)

# What no error of ours explains.
_WORDS = {404: "there is no such page", 405: "this page does not take that"}


def status_of(error: Exception) -> int:
    """Give the status of HTTP that an error is told with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def add_refusals(app: FastAPI) -> None:
    """Let every error of the services and of the desk be a page, or a part of one, that a person can read."""
    app.add_exception_handler(SignedOut, _signed_out)
    app.add_exception_handler(Locked, _locked)
    # Starlette logs it with its trace, and the person reads that it is our fault.
    app.add_exception_handler(Exception, _broken)
    for kind in (CaseError, DeskError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _refused)


def _by_htmx(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def _here(request: Request) -> str:
    return quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="/")


async def _signed_out(request: Request, error: Exception) -> Response:
    del error
    if _by_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(f"/sign-in?next={_here(request)}", 303)


async def _locked(request: Request, error: Exception) -> Response:
    del error
    # The page shows its own lock over what was typed; a page that is opened anew goes to the lock.
    if _by_htmx(request):
        return Response(status_code=423, headers={"HX-Trigger": "desk:locked"})
    return RedirectResponse(f"/locked?next={_here(request)}", 303)


async def _broken(request: Request, error: Exception) -> HTMLResponse:
    log.error("a page failed", exc_info=error)
    words = say(request.app.state.desk.settings.language, "common.broken")
    return HTMLResponse(f"<!doctype html><title>riskdesk</title><p>{words}</p>", 500)


async def _refused(request: Request, error: Exception) -> HTMLResponse:
    desk = request.app.state.desk
    try:
        session = session_of(desk, request)
    except StoreError:
        session = None
    context = Context(desk, request, session)
    if isinstance(error, HTTPException):
        status, words = error.status_code, _WORDS.get(error.status_code, f"HTTP {error.status_code}")
    elif isinstance(error, RequestValidationError):
        return _not_taken(context, bad_values(context.language, error.errors()))
    else:
        status, words = status_of(error), context.words_of(error)
    template = "parts/refusal.html" if context.by_htmx else "refused.html"
    return context.page(template, status=status, words=words, kind=type(error).__name__)


def _not_taken(context: Context, found: list[BadValue]) -> HTMLResponse:
    """Say what is allowed; who came by an old or mistyped address reads it as a page like any other."""
    request = context.request
    if request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET":
        wrong = {each.field for each in found}
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in wrong]
        without = request.url.path + (f"?{urlencode(kept)}" if kept else "")
        return context.page("bad_values.html", found=found, without=without)
    template = "parts/refusal.html" if context.by_htmx else "refused.html"
    words = in_words(context.language, found)
    return context.page(template, status=422, words=words, kind=RequestValidationError.__name__)
