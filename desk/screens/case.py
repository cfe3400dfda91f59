"""One case: why it is one, whom and what it concerns, what was done, and what may be done next."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from cases.actions.kinds import Kind
from cases.actions.life import Status as ActionStatus
from cases.actions.proposing import Proposal
from cases.case import CaseFile
from cases.who import Right
from cases.work_orders.order import OrderState
from desk.case_page.people import attempts_of, calls_of, people_of
from desk.case_page.timeline import Shown, timeline_of
from desk.case_page.uses import uses_of
from desk.case_page.why import why_of
from desk.context import Context
from desk.guarding import Needs
from domain.card_masking import mask_text

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_CASES)]
Exporter = Annotated[Context, Needs(Right.EXPORT_EVIDENCE)]
Which = Annotated[Shown, Query(alias="lines")]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Words = Annotated[str, Form(max_length=4_000)]

_FOUND, _ACTIONS, _ORDERS = 50, 50, 50
_MINUTE_MS = 60_000
_CHUNK_BYTES = 1 << 16


@router.get("/cases/find")
def find(here: Reader, q: str = "") -> Response:
    """Go to the case that somebody means, or list those that it may be."""
    asked = q.strip()
    cases = here.store.cases.find(asked, _FOUND) if asked else ()
    here.viewed("queue:find", mask_text(asked[:100]))
    if len(cases) == 1:
        return RedirectResponse(f"/cases/{cases[0].id}", 303)
    return here.page("case/find.html", cases=cases, asked=asked, most=_FOUND)


@router.get("/cases/{case_id}")
def page(
    here: Reader, case_id: str, mark: str = "", lines: Which = Shown.ALL, page: PageNumber = 1
) -> Response:
    """Show a case; where its page asks anew, only if something happened in it since."""
    now = here.store.cases.mark(case_id)
    if here.by_htmx and mark == now:
        return Response(status_code=204)
    seen(here, case_id)
    template = "case/parts.html" if here.by_htmx else "case/case.html"
    return here.page(template, **case_page(here, case_id, lines, page), mark=now)


@router.get("/cases/{case_id}/timeline")
def timeline(here: Reader, case_id: str, lines: Which = Shown.ALL, page: PageNumber = 1) -> HTMLResponse:
    """Show a part of what happened in a case."""
    file = here.store.cases.show(case_id)
    seen(here, case_id)
    entries = timeline_of(case_id, file.timeline, here.formats, lines, page)
    return here.page("case/timeline.html", timeline=entries)


@router.post("/cases/{case_id}/notes")
def note(here: Annotated[Context, Needs(Right.WRITE_NOTES)], case_id: str, text: Words = "") -> Response:
    """Put a note into the timeline."""
    here.store.work.note(case_id, text, here.who, here.now_ms)
    return _anew(here, case_id)


@router.post("/cases/{case_id}/evidence")
def propose_export(here: Exporter, case_id: str, reason: Words = "") -> Response:
    """Ask for a second person, so that the evidence of the case may leave the house."""
    proposal = Proposal(kind=Kind.EVIDENCE_EXPORT, target=f"case:{case_id}", reason=reason, case_id=case_id)
    here.store.actions.propose(proposal, here.who, here.now_ms)
    return _anew(here, case_id)


@router.post("/cases/{case_id}/package")
def package(here: Exporter, case_id: str) -> StreamingResponse:
    """Hand out the signed evidence of a case, which two people wanted; that goes on record."""
    content = here.store.evidence.export(case_id, here.who, here.now_ms)
    headers = {
        "Content-Disposition": f'attachment; filename="{case_id}.zip"',
        "Content-Length": str(len(content)),
    }
    return StreamingResponse(_chunks(content), media_type="application/zip", headers=headers)


def case_parts(here: Context, case_id: str) -> dict[str, Any]:
    """Give what the templates of a case's parts show, wherever they are put: `case/why.html` and the like."""
    return _parts(here, here.store.cases.show(case_id), Shown.ALL, 1)


def case_page(here: Context, case_id: str, lines: Shown, page: int) -> dict[str, Any]:
    """Give what the page of a case shows beside its parts."""
    file = here.store.cases.show(case_id)
    actions = here.store.actions.list(here.who, case_id=case_id, limit=_ACTIONS)
    exports = [each for each in actions if each.kind is Kind.EVIDENCE_EXPORT]
    approved = here.store.actions.approved(Kind.EVIDENCE_EXPORT, f"case:{case_id}", here.now_ms)
    return {
        **_parts(here, file, lines, page),
        "case_actions": [each for each in actions if each.kind is not Kind.EVIDENCE_EXPORT],
        "exports": exports,
        "export_approved": approved,
        "export_waits": next((each for each in exports if each.status is ActionStatus.PROPOSED), None),
        "work_orders": here.store.work_orders.list(case_id=case_id, states=tuple(OrderState), limit=_ORDERS),
        "tasks": [task for task in file.tasks if task.state in ("ready", "waiting", "leased")],
        "mine": next((lease for lease in file.case.leases if lease.by == here.who.name), None),
    }


def seen(here: Context, case_id: str) -> None:
    """Put on record that the person sees a case: once a minute, since open pages ask by themselves."""
    what = f"case:{case_id}"
    if here.desk.rates.take(f"seen:{here.who.session}:{what}", here.now_ms, most=1, per_ms=_MINUTE_MS):
        here.viewed(what)


def _parts(here: Context, file: CaseFile, lines: Shown, page: int) -> dict[str, Any]:
    calls = calls_of(here, file.case.id)
    return {
        "case": file.case,
        "why": why_of(here, file),
        "uses": uses_of(here, file),
        "people": people_of(here, file, calls),
        "attempts": attempts_of(here, file.case.id, calls),
        "timeline": timeline_of(file.case.id, file.timeline, here.formats, lines, page),
    }


def _anew(here: Context, case_id: str) -> Response:
    """Show the parts of a case as they are now, or for a plain form its page."""
    if not here.by_htmx:
        return RedirectResponse(f"/cases/{case_id}", 303)
    parts = case_page(here, case_id, Shown.ALL, 1)
    return here.page("case/parts.html", **parts, mark=here.store.cases.mark(case_id))


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK_BYTES):
        yield content[start : start + _CHUNK_BYTES]
