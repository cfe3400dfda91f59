"""Orders of authorities: recorded as received, and what they let the desk do."""

from hashlib import blake2b

import orjson

from cases.actions.action import Order, order_of, order_record
from cases.audit.log import record
from cases.database import Database
from cases.errors import NotFound, NotPossible, WrongUse
from cases.who import Right, Who
from domain.card_masking import mask_text
from domain.instants import iso

_LONGEST_TEXT = 200


def record_order(db: Database, order: Order, who: Who, now_ms: int) -> Order:
    """Put an order on record inside `writing`; the same order again changes nothing.

    Raises NotPossible when its number stands for another order, WrongUse for one without number, authority,
    scope or term.
    """
    who.require(Right.RECORD_ORDER)
    _check(order)
    added = db.run(
        "add_order",
        id=blake2b(order.number.encode(), digest_size=8).hexdigest(),
        number=order.number,
        authority=order.authority,
        scope=orjson.dumps([str(target) for target in order.scope]).decode(),
        term_from_ms=order.term_from_ms,
        term_to_ms=order.term_to_ms,
        received_at_ms=now_ms,
        received_by=who.name,
        note=mask_text(order.note),
    )
    kept = get_order(db, order.number)
    if added:
        record(db, who, "order_recorded", f"order:{order.number}", now_ms, after=order_record(kept))
    elif (kept.authority, kept.scope, kept.term_from_ms, kept.term_to_ms) != (
        order.authority,
        order.scope,
        order.term_from_ms,
        order.term_to_ms,
    ):
        raise NotPossible(
            f"order {order.number} is on record already, of {kept.authority}, in force from "
            f"{iso(kept.term_from_ms)} until {iso(kept.term_to_ms)} for {_scope_words(kept)}; "
            "record a changed order under the number that it came with"
        )
    return kept


def get_order(db: Database, number: str) -> Order:
    """Give an order by its number. Raises NotFound."""
    rows = db.rows("get_order", number=number)
    if not rows:
        raise NotFound(f"there is no order {number!r} on record; record it with `riskdesk action order`")
    return order_of(rows[0])


def require_covered(order: Order, target: str, now_ms: int) -> None:
    """Raise NotPossible unless the order is in force and covers `target`."""
    if not order.term_from_ms <= now_ms < order.term_to_ms:
        raise NotPossible(
            f"order {order.number} is in force from {iso(order.term_from_ms)} until {iso(order.term_to_ms)}, "
            f"not at {iso(now_ms)}"
        )
    if target not in map(str, order.scope):
        raise NotPossible(f"order {order.number} does not cover {target}; it covers {_scope_words(order)}")


def _check(order: Order) -> None:
    for name, text in (("a number", order.number), ("an authority", order.authority)):
        if not text.strip() or len(text) > _LONGEST_TEXT or not text.isprintable():
            raise WrongUse(f"an order needs {name} of 1 to {_LONGEST_TEXT} characters")
    if not order.scope:
        raise WrongUse("an order covers something: give its scope, such as card:TOKEN")
    if order.term_to_ms <= order.term_from_ms:
        raise WrongUse("the term of an order ends after it begins")


def _scope_words(order: Order) -> str:
    return ", ".join(map(str, order.scope))
