"""Whom and what alerts and cases concern: customers, their cards, and the places without either."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cases.device_cases.items import Item
from domain.alerts import Alert
from domain.findings import Member
from domain.wording import counted

# Findings of these scopes concern the person whose event it was. Those of a wider scope (a terminal, a
# branch) concern only the members they name: the triggering card merely happened to come by.
_PERSONAL = frozenset({"card", "customer"})


# A ring key of this kind names a place that security looks at, as the cases of devices are filed: whatever is
# wrong with it, alarms of its sensors and what cards tell of it, is one case.
_SECURED = "security:"

# What a storm case is filed under: the detector that went off too often.
STORM = "storm"

# How the places of devices are said; of a device only its name.
_PLACES = {"site": "branch {}", "cash_run": "branch {}", "link": "the line to {}"}


class Subject(NamedTuple):
    """One thing that a case is about; at any time it belongs to one live case at most."""

    kind: str
    id: str

    @property
    def key(self) -> str:
        """Give the subject as the store holds it, `kind:id`."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def of(cls, key: str) -> "Subject":
        """Read what `key` wrote."""
        kind, _, token = key.partition(":")
        return cls(kind, token)


class Incoming(NamedTuple):
    """An alert with what it concerns.

    `cards` come with their customers where the alert knows them. `subjects` are everything it ties
    together: these cards and customers, and a place that it is about, else the one thing it watched.
    `parties` are the different people among them as far as it tells: customers, and cards whose customer it
    does not know. `item` is what of a device it is about, None for the alerts of cards.
    """

    alert: Alert
    cards: tuple[Member, ...]
    subjects: tuple[Subject, ...]
    parties: tuple[Subject, ...]
    item: Item | None = None

    @classmethod
    def of(cls, alert: Alert) -> "Incoming":
        """Say what an alert concerns."""
        owner = _owner(alert)
        cards = _cards(alert, owner)
        if len(cards) == 1 and cards[0].customer == owner:
            # What follows would say the same; nearly every alert is about one card of one customer.
            card = Subject("card", cards[0].card)
            if owner is None:
                return cls(alert, cards, (card,), (card,))
            customer = Subject("customer", owner)
            return cls(alert, cards, (customer, card), (customer,))
        customers = dict.fromkeys(member.customer for member in cards if member.customer)
        if owner is not None:
            customers[owner] = None
        known = {member.card for member in cards if member.customer}
        people = tuple(Subject("customer", customer) for customer in customers)
        tokens = dict.fromkeys(member.card for member in cards)
        subjects = people + tuple(Subject("card", card) for card in tokens)
        parties = people + tuple(Subject("card", card) for card in tokens if card not in known)
        place = (Subject(alert.scope, alert.key),)
        secured = (Subject.of(alert.ring),) if alert.ring.startswith(_SECURED) else ()
        return cls(alert, cards, subjects + secured or place, parties or secured or place)


def _owner(alert: Alert) -> str | None:
    if alert.scope not in _PERSONAL:
        return None
    return alert.customer or (alert.key if alert.scope == "customer" else None)


def _cards(alert: Alert, owner: str | None) -> tuple[Member, ...]:
    if alert.scope not in _PERSONAL:
        return alert.members
    members = alert.members
    if alert.scope == "customer":
        # All cards of a customer's finding are theirs, also where a member does not say so.
        members = tuple(
            Member(card=member.card, customer=member.customer or owner, last4=member.last4)
            for member in members
        )
    card = alert.card or (alert.key if alert.scope == "card" else None)
    return members if card is None else (Member(card=card, customer=owner, last4=alert.last4), *members)


@dataclass(frozen=True)
class Circle:
    """All that one case concerns, in the order of their ids."""

    cards: tuple[Member, ...]
    customers: tuple[str, ...]
    others: tuple[Subject, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None, str | None]]) -> "Circle":
        """Sort subject keys, each with its card's customer and last four digits."""
        cards: list[Member] = []
        customers: list[str] = []
        others: list[Subject] = []
        for key, customer, last4 in sorted(rows):
            subject = Subject.of(key)
            if subject.kind == "card":
                cards.append(Member(card=subject.id, customer=customer, last4=last4))
            elif subject.kind == "customer":
                customers.append(subject.id)
            else:
                others.append(subject)
        return cls(tuple(cards), tuple(customers), tuple(others))

    @cached_property
    def parties(self) -> tuple[Subject, ...]:
        """The people concerned: customers, and cards whose customer nobody has named yet."""
        return (
            *(Subject("customer", customer) for customer in self.customers),
            *(Subject("card", member.card) for member in self.cards if member.customer is None),
        )

    @property
    def to_call(self) -> tuple[Subject, ...]:
        """Whom to call: every party, or who runs the place where no party is known."""
        return self.parties or self.others

    def subject(self, case_id: str) -> Subject:
        """Give what the case is filed under: its one party, a ring, or the first of its places."""
        if len(self.parties) > 1:
            return Subject("ring", case_id)
        return self.to_call[0]

    @property
    def place_words(self) -> str:
        """Say the place of a device's case: 'branch br-17', 'line to br-17', 'atm-4'."""
        kind, place = self.others[0] if self.others else ("", "several places")
        return _PLACES.get(kind, "{}").format(place)

    @property
    def words(self) -> str:
        """Say the subject as a person would: 'customer u000123', 'ring of 12 cards, 6 customers'."""
        if len(self.parties) < 2:
            return " ".join(self.to_call[0])
        unknown = len(self.parties) - len(self.customers)
        parts = [f"ring of {counted(len(self.cards), 'card')}"]
        if self.customers:
            parts.append(counted(len(self.customers), "customer"))
        if unknown:
            parts.append(f"{counted(unknown, 'card')} without a known customer")
        return ", ".join(parts)
