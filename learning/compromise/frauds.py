"""Which cards turned bad, when first, and where the fraud itself took place."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec import Struct

from domain.events import MONEY_OUT, Transaction

# Uses for which the card, or its number, was given away at the place; the rest is booked by machines.
READ = MONEY_OUT | {"deposit", "balance_inquiry"}


class Point(NamedTuple):
    """A place where a card may have been copied."""

    kind: str
    id: str


class BadCard(Struct):
    """A card that turned bad: its first fraud (ms), where its frauds were, and what they took."""

    first_ms: int
    customer: str
    places: set[Point]
    lost_minor: Counter[str]


def points_of(event: Transaction) -> list[Point]:
    """Give where a use may have given the card away: its terminal, device and merchant."""
    if event.type not in READ:
        return []
    named = (("terminal", event.terminal), ("device", event.device), ("merchant", event.merchant))
    return [Point(kind, token) for kind, token in named if token is not None]


def holder(event: Transaction) -> str:
    """Name the customer; a card of unknown customer counts as one."""
    return event.customer or f"card:{event.card}"


def bad_cards(
    transactions: Iterable[Transaction], is_fraud: Callable[[str], bool | None]
) -> dict[str, BadCard]:
    """Find the cards with a fraud among these transactions, in whatever order they come.

    `is_fraud` says of a transaction's id what is known; None, for nothing, is not taken for innocence but
    cannot make a card bad either.
    """
    found: dict[str, BadCard] = {}
    for event in transactions:
        if not is_fraud(event.event_id):
            continue
        bad = found.get(event.card)
        if bad is None:
            bad = found[event.card] = BadCard(event.at_ms, holder(event), set(), Counter())
        bad.first_ms = min(bad.first_ms, event.at_ms)
        bad.places.update(points_of(event))
        if event.outcome == "approved" and event.type in MONEY_OUT:
            bad.lost_minor[event.currency] += event.amount_minor
    return found
