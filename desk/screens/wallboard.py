"""The wallboard: how the desk stands and what it achieved, for everybody in the room; no personal data."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from desk.context import Context
from desk.guarding import Guard
from desk.wall.standing import Span, achieved, begins_ms, staffing, standing
from desk.wall.tiles import Tiles, needs_drawn

router = APIRouter()

# A screen on the wall has nobody at it: it goes on while its session is locked, as it shows nobody's data.
Room = Annotated[Context, Depends(Guard((), locked=True))]

_SPANS: tuple[Span, ...] = ("shift", "day", "week")


@router.get("/wallboard")
def page(here: Room, span: Span = "shift", big: bool = False) -> HTMLResponse:
    """Show the wallboard; `big` is for a screen on the wall."""
    return here.page("wallboard/wallboard.html", **_values(here, span, big))


@router.get("/wallboard/board")
def board(here: Room, span: Span = "shift", big: bool = False) -> HTMLResponse:
    """Show its figures alone, for a page that asks for them anew."""
    return here.page("wallboard/big.html" if big else "wallboard/board.html", **_values(here, span, big))


def _values(here: Context, span: Span, big: bool) -> dict[str, Any]:
    stands, figures = standing(here), achieved(here, span)
    tiles = Tiles(figures.value, here.store.policy.kpi, here.formats)
    plan = staffing(here, stands.at_work)
    return {
        "window": span,
        "windows": _SPANS,
        "big": big,
        "begins_ms": begins_ms(here.store, span, figures.at_ms),
        "figures_at_ms": figures.at_ms,
        "stands": stands,
        "tiles": tiles,
        "plan": plan,
        "needs": needs_drawn(plan.needs, stands.at_work, here.formats) if plan.known else "",
        "by_priority": {each.priority: each for each in stands.gauges.alarms},
    }
