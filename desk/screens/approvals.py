"""Approvals: all that waits for a second person, what it would change, and one key to let it happen."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.who import Right
from desk.approvals import deciding
from desk.approvals.details import detail, why_not
from desk.approvals.waiting import Waiting, decided_lately, waiting
from desk.context import Context
from desk.guarding import Needs
from desk.reauthenticating import reauthenticate
from desk.telling import see, told
from desk.wording import say

router = APIRouter()

# For how long whoever has something before them has looked at it once.
_ONE_LOOK_MS = 15 * 60_000


@router.get("/approvals")
def page(here: Annotated[Context, Needs(Right.READ_CASES)], item: str = "") -> Response:
    """Show what waits, what is due first first, and one of it in full: the one named, or the first."""
    return _page(here, item)


@router.post("/approvals/approve")
def approve(
    here: Annotated[Context, Needs(Right.READ_CASES)],
    item: Annotated[str, Form()],
    password: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Let something take effect, by who proves once more who they are."""
    group, id_ = deciding.parts_of(item)
    reauthenticate(here, password)
    deciding.approve(here.store, group, id_, here.who, here.now_ms, note)
    return _done(here, "approvals.was_approved", id_)


@router.post("/approvals/reject")
def reject(
    here: Annotated[Context, Needs(Right.READ_CASES)],
    item: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """Turn something down, or take back what one proposed oneself."""
    group, id_ = deciding.parts_of(item)
    deciding.reject(here.store, group, id_, here.who, here.now_ms, reason)
    return _done(here, "approvals.was_rejected", id_)


def _done(here: Context, words: str, id_: str) -> Response:
    if not here.by_htmx:
        return see(here, "/approvals")
    return told(_page(here, ""), say(here.language, words, what=id_))


def _page(here: Context, item: str) -> Response:
    items = waiting(here.store, here.who, here.now_ms)
    chosen = _chosen(items, item)
    shown = None if chosen is None else detail(here.store, chosen, here.who)
    if chosen is not None and _first_look(here, chosen):
        here.viewed(chosen.key)
    place = 0 if chosen is None else items.index(chosen)
    return here.page(
        "approvals/parts.html" if here.by_htmx else "approvals/approvals.html",
        items=items,
        chosen=chosen,
        shown=shown,
        gone=bool(item) and (chosen is None or chosen.key != item),
        refusal="" if chosen is None else why_not(here.store, chosen, here.who),
        next=items[(place + 1) % len(items)] if len(items) > 1 else None,
        previous=items[place - 1] if len(items) > 1 else None,
        decided=decided_lately(here.store, here.who),
    )


def _first_look(here: Context, chosen: Waiting) -> bool:
    """Tell whether it is to be put on record: an open page asks again and again, and is one look."""
    key = f"seen:{here.who.session}:{chosen.key}"
    return here.desk.rates.take(key, here.now_ms, most=1, per_ms=_ONE_LOOK_MS)


def _chosen(items: list[Waiting], item: str) -> Waiting | None:
    found = next((each for each in items if each.key == item), None)
    return found or (items[0] if items else None)
