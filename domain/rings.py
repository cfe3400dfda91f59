"""Rings: cards of several customers that act as one, found once and grown card by card."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec import Struct

from domain.findings import Member

T = TypeVar("T")


class Group(Struct):
    """Cards that hang together since `began_ms`, the last of them since `last_ms`; `told` were told of."""

    began_ms: int
    last_ms: int
    told: int
    members: list[Member]


class CardUse(Struct, frozen=True, gc=False):
    """What a use says about the money of its card; the balance is the one after it, where known."""

    at_ms: int
    card: str
    amount_minor: int
    currency: str
    balance_minor: int | None


def people(members: Iterable[Member]) -> int:
    """Count the people behind cards; a card of unknown customer counts as one."""
    return len({member.customer or ("card", member.card) for member in members})


def money_left(uses: Iterable[CardUse], currency: str) -> int:
    """Give what can still go from the cards, in minor units of one currency.

    For each card that is its latest known balance, else the largest of its amounts: as much again.
    """
    balances: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for use in sorted(uses, key=lambda use: use.at_ms):
        if use.currency == currency:
            amounts[use.card] = max(use.amount_minor, amounts.get(use.card, 0))
            if use.balance_minor is not None:
                balances[use.card] = max(0, use.balance_minor)
    return sum((amounts | balances).values())


def fullest(items: Iterable[T], at_ms: Callable[[T], int], holding_ms: int, length_ms: int) -> list[T]:
    """Give the most items of a span of time that is at most `length_ms` long and holds `holding_ms`.

    They come in the order of their times; of equally many the earliest.
    """
    ordered = sorted(items, key=at_ms)
    best: list[T] = []
    for first in ordered:
        start_ms = at_ms(first)
        if holding_ms - length_ms <= start_ms <= holding_ms:
            held = [item for item in ordered if start_ms <= at_ms(item) <= start_ms + length_ms]
            if len(held) > len(best):
                best = held
    return best


def grow(groups: list[Group], linked: Iterable[Member], began_ms: int, last_ms: int, most: int) -> Group:
    """Give the group of linked cards: one made of all the groups that any of them was in, else a new one.

    What was told of keeps its beginning. A group holds `most` cards; who comes later is left out.
    """
    new = list(linked)
    cards = {member.card for member in new}
    touched = [group for group in groups if any(member.card in cards for member in group.members)]
    touched.sort(key=lambda group: (-group.told, group.began_ms))
    kept = touched[0] if touched else Group(began_ms, last_ms, 0, [])
    groups[:] = [group for group in groups if group not in touched]
    groups.append(kept)
    known = {member.card for member in kept.members}
    for member in [*(member for group in touched[1:] for member in group.members), *new]:
        if member.card not in known and len(known) < most:
            known.add(member.card)
            kept.members.append(member)
    kept.last_ms = max(kept.last_ms, last_ms, *(group.last_ms for group in touched))
    return kept
