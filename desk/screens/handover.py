"""The handover: what the next shift must know, made by who leaves and taken over by who comes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from cases.handover import Handover
from cases.who import Right
from desk.context import Context
from desk.guarding import Needs
from desk.telling import see
from domain.instants import to_ms

router = APIRouter()
Reader = Annotated[Context, Needs(Right.READ_CASES)]
Leader = Annotated[Context, Needs(Right.WORK_FOR_OTHERS)]

# What a handover lists, in the order of what cannot wait, with the time that matters in each.
_PARTS = {
    "urgent": "due",
    "callbacks": "wake_at",
    "unchecked": "alarm_at",
    "ending": "expires_at",
    "proposals": "expires_at",
    "late_orders": "due",
    "escalated": "due",
    "waking": "wake_at",
}
_EARLIER = 20
# Lines of a part that a page shows; the command line has them all.
_LINES = 100


class Line(NamedTuple):
    """One thing the next shift must know: in which case, what, who has it, and the time that matters."""

    case: str | None
    band: str | None
    what: str
    who: str | None
    at_ms: int | None


class Part(NamedTuple):
    """Things of one sort, and how many there are in all."""

    name: str
    lines: tuple[Line, ...]
    total: int


@router.get("/handover")
def page(here: Reader) -> HTMLResponse:
    """Show what the next shift must know as of now, and the handovers that were made."""
    here.viewed("handover:now")
    return _shown(here, here.store.handover.now(here.who, here.now_ms), None)


@router.get("/handover/{handover_id}")
def one(here: Reader, handover_id: int) -> HTMLResponse:
    """Show a handover as it was made."""
    here.viewed(f"handover:{handover_id}")
    made = here.store.handover.get(handover_id)
    return _shown(here, made.body, made)


@router.post("/handover")
def make(here: Leader, note: Annotated[str, Form()] = "") -> Response:
    """Write down what the next shift must know, as of now."""
    made = here.store.handover.make(here.who, here.now_ms, note=note)
    return see(here, f"/handover/{made.id}")


@router.post("/handover/{handover_id}/take")
def take(here: Leader, handover_id: int) -> Response:
    """Take a handover over in one's own name."""
    here.store.handover.acknowledge(handover_id, here.who, here.now_ms)
    return see(here, f"/handover/{handover_id}")


def _shown(here: Context, body: Mapping[str, Any], made: Handover | None) -> HTMLResponse:
    return here.page(
        "handover/handover.html",
        parts=[_part(name, body[name]) for name in _PARTS],
        backlog=body["backlog"],
        held=body["held"],
        staffing=body["staffing"],
        closed=body["closed"],
        note=body.get("note", ""),
        made=made,
        earlier=here.store.handover.latest(_EARLIER),
    )


def _part(name: str, told: list[dict[str, Any]]) -> Part:
    return Part(name, tuple(_line(name, each) for each in told[:_LINES]), len(told))


def _line(part: str, told: Mapping[str, Any]) -> Line:
    words = (
        told.get("words") or f"{told.get('kind', '')} {told.get('target') or told.get('department') or ''}"
    )
    holder = told.get("held_by") or told.get("maker") or told.get("team") or told.get("prefer_agent")
    at = told.get(_PARTS[part])
    return Line(
        case=told.get("case_id"),
        band=told.get("band"),
        what=words.replace("_", " ").strip(),
        who=holder,
        at_ms=None if at is None else to_ms(datetime.fromisoformat(at)),
    )
