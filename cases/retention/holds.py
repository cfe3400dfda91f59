"""Legal holds: what must be kept as it is, by whose order, until compliance releases it."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from cases.audit.log import record
from cases.database import Database, Row
from cases.errors import NotFound, NotPossible, WrongUse
from cases.subjects import Subject
from cases.who import Right, Who
from domain.card_masking import mask_text
from domain.instants import iso

_LONGEST = 200


class Hold(Struct, frozen=True, kw_only=True):
    """An order to keep something: `subject` is `case:ID` or `customer:ID`."""

    id: int
    subject: str
    order_number: str
    reason: str
    placed_by: str
    placed_at_ms: int
    released_by: str | None
    released_at_ms: int | None
    release_reason: str | None


def hold_record(hold: Hold) -> dict[str, Any]:
    """Give a hold as one JSON object; times are ISO 8601 in UTC."""
    released = hold.released_at_ms
    return {
        "hold": hold.id,
        "subject": hold.subject,
        "order": hold.order_number,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": iso(hold.placed_at_ms),
        "released_by": hold.released_by,
        "released_at": None if released is None else iso(released),
        "release_reason": hold.release_reason,
    }


def place(db: Database, subject: str, order_number: str, reason: str, who: Who, now_ms: int) -> Hold:
    """Keep a case, or all that concerns a customer, by an order; inside the caller's `writing`.

    The same order about the same subject again changes nothing. Raises NotAllowed, WrongUse, and NotFound
    for a case that is not in the store.
    """
    who.require(Right.PLACE_HOLD)
    kind, name = Subject.of(subject)
    if kind not in ("case", "customer") or not name:
        raise WrongUse(f"a hold is on a case or a customer, not on {subject!r}: write case:ID or customer:ID")
    if kind == "case" and not db.rows("held_case_exists", id=name):
        raise NotFound(f"there is no case {name!r} in the store; a purged one lies in its archive file")
    order_number, reason = _said(order_number, "the order's number"), _said(reason, "a reason")
    placed = db.run(
        "place_hold",
        subject=subject,
        order_number=order_number,
        reason=reason,
        placed_by=who.name,
        placed_at_ms=now_ms,
    )
    hold = _hold(db.rows("live_hold", subject=subject, order_number=order_number)[0])
    if placed:
        record(db, who, "hold_placed", f"hold:{hold.id}", now_ms, after=hold_record(hold))
    return hold


def release(db: Database, hold_id: int, reason: str, who: Who, now_ms: int) -> Hold:
    """End a hold, inside the caller's `writing`. Raises NotAllowed, NotFound, NotPossible, WrongUse."""
    who.require(Right.RELEASE_HOLD)
    reason = _said(reason, "a reason")
    rows = db.rows("hold_by_id", id=hold_id)
    if not rows:
        raise NotFound(f"there is no hold {hold_id}; `riskdesk retention hold list` shows them")
    before = _hold(rows[0])
    if not db.run("release_hold", id=hold_id, released_by=who.name, now_ms=now_ms, reason=reason):
        raise NotPossible(f"hold {hold_id} was released by {before.released_by} already")
    after = _hold(db.rows("hold_by_id", id=hold_id)[0])
    record(
        db,
        who,
        "hold_released",
        f"hold:{hold_id}",
        now_ms,
        before=hold_record(before),
        after=hold_record(after),
    )
    return after


def all_holds(db: Database, *, released: bool = False) -> tuple[Hold, ...]:
    """Give the holds, in the order in which they were placed; inside a transaction."""
    return tuple(map(_hold, db.rows("holds", released=int(released))))


def held_by(holds: Iterable[Hold], subjects: frozenset[str]) -> str | None:
    """Say which order keeps any of these subjects, None when none does."""
    for hold in holds:
        if hold.released_at_ms is None and hold.subject in subjects:
            return f"order {hold.order_number} holds {hold.subject}"
    return None


def _hold(row: Row) -> Hold:
    return Hold(**{name: row[name] for name in Hold.__struct_fields__})


def _said(text: str, name: str) -> str:
    kept = mask_text(text.strip())
    if not kept or len(kept) > _LONGEST:
        raise WrongUse(f"say {name}, in 1 to {_LONGEST} characters")
    return kept
