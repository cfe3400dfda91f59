"""Cards that devices kept: registered by the desk itself, until somebody says what became of each."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from cases.database import Database, Row, Values
from cases.device_cases.items import Item
from cases.errors import NotFound, NotPossible, WrongUse
from cases.who import DESK_ITSELF, Right, Who
from cases.work.journal import enter
from domain.alerts import Alert
from domain.card_masking import mask_text
from domain.instants import iso

_CODE = "card_retained"
_LONGEST_PLACE = 200


class CardStatus(StrEnum):
    """What became of a card."""

    REGISTERED = "registered"  # nobody has said it yet
    RETURNED = "returned"  # to its customer
    DESTROYED = "destroyed"
    NOT_FOUND = "not_found"  # the device had no card
    CLOSED = "closed"  # the case is over, and nobody said it


# What a person can say.
HANDLED = (CardStatus.RETURNED, CardStatus.DESTROYED, CardStatus.NOT_FOUND)


class RetainedCard(Struct, frozen=True, kw_only=True):
    """A card that a device kept.

    `branch` is where the device stands and `branch_to_handle` who gives the card back; whose it is stays None
    where nobody knows. `reported_at_ms` is event time.
    """

    id: int
    case_id: str
    device: str | None
    branch: str | None
    branch_to_handle: str | None
    reported_at_ms: int
    reason: str
    card: str | None
    last4: str | None
    customer: str | None
    registered_by: str
    registered_at_ms: int
    status: CardStatus
    handled_by: str | None
    handled_at_ms: int | None
    handled_where: str | None


def register(db: Database, new: Iterable[tuple[Alert, Item, str]], at_ms: int) -> None:
    """Register the cards that new alerts, each with its item and case, say were kept; inside `writing`."""
    rows = [row for alert, item, case_id in new for row in _rows(alert, item, case_id, at_ms)]
    db.run_all("add_retained_card", rows)


def handle(db: Database, card_id: int, status: str, where: str, who: Who, now_ms: int) -> RetainedCard:
    """Note what became of a card and where; inside `writing`. Without `where` it is the branch to handle it.

    Raises NotAllowed, NotFound, WrongUse for a status that nobody can say, NotPossible for a card of which it
    is noted already.
    """
    who.require(Right.WORK_CASES)
    if status not in HANDLED:
        raise WrongUse(f"{status!r} is not what becomes of a card; there are: {', '.join(HANDLED)}")
    kept = mask_text(where.strip())
    if len(kept) > _LONGEST_PLACE:
        raise WrongUse(f"say where in at most {_LONGEST_PLACE} characters")
    before = get_card(db, card_id)
    handled = {"handled_by": who.name, "handled_where": kept or None, "now_ms": now_ms}
    if not db.run("handle_retained_card", id=card_id, status=CardStatus(status).value, **handled):
        since = iso(before.handled_at_ms or 0)
        raise NotPossible(f"card {card_id} is {before.status} since {since}, by {before.handled_by}")
    after = get_card(db, card_id)
    said, kept_at = f"card {card_id} kept by {after.device or after.branch}", after.handled_where
    enter(db, after.case_id, who, "card_handled", now_ms, old=said, new=after.status, note=kept_at)
    return after


def get_card(db: Database, card_id: int) -> RetainedCard:
    """Give one card; inside a transaction. Raises NotFound."""
    rows = db.rows("retained_card_by_id", id=card_id)
    if not rows:
        raise NotFound(f"there is no retained card {card_id}; `riskdesk queue cards` shows those on record")
    return card_of(rows[0])


def card_of(row: Row) -> RetainedCard:
    """Read a card as the store holds it."""
    given = {name: row[name] for name in RetainedCard.__struct_fields__}
    return RetainedCard(**{**given, "status": CardStatus(row["status"])})


def card_record(card: RetainedCard) -> dict[str, Any]:
    """Give a card as the one JSON object that is printed; times are ISO 8601 in UTC."""
    return {
        "card_id": card.id,
        "case": card.case_id,
        "device": card.device,
        "branch": card.branch,
        "branch_to_handle": card.branch_to_handle,
        "reported_at": iso(card.reported_at_ms),
        "reason": card.reason,
        "card": card.card,
        "last4": card.last4,
        "customer": card.customer,
        "registered_by": card.registered_by,
        "registered_at": iso(card.registered_at_ms),
        "status": card.status.value,
        "handled_by": card.handled_by,
        "handled_at": None if card.handled_at_ms is None else iso(card.handled_at_ms),
        "handled_where": card.handled_where,
    }


def _rows(alert: Alert, item: Item, case_id: str, at_ms: int) -> Iterator[Values]:
    if item.code != _CODE:
        return
    common = {
        "alert_id": alert.id,
        "case_id": case_id,
        "device": item.device,
        "branch": item.branch,
        "branch_to_handle": item.branch,
        "reported_at_ms": item.since_ms,
        "reason": item.condition,
        "registered_by": DESK_ITSELF.name,
        "registered_at_ms": at_ms,
    }
    for member in alert.members:
        yield {**common, "card": member.card, "last4": member.last4, "customer": member.customer}
    if not alert.members:
        yield {**common, "card": None, "last4": None, "customer": None}
