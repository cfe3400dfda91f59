"""Reference data: who holds a card and where a terminal stands, each record with the time it took effect.

The join happens once, between codec and exchange, so that every scope's key is a field of the event
and a replay sees the reference data of the time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import force_setattr

from domain.events import CardIssued, Issued, Place, Tier, Transaction
from domain.instants import to_ms


@dataclass(frozen=True, kw_only=True)
class PhoneNumber:
    """A number of a customer; `reference` is the bank's opaque handle, never the digits."""

    reference: str
    kind: str
    verified_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer, with the tier that shortens waiting and the zone that bounds calling."""

    id: str
    effective_at: datetime
    tier: Tier
    time_zone: str
    numbers: tuple[PhoneNumber, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card, whose it is, and where and when it was opened."""

    id: str
    effective_at: datetime
    customer: str
    last4: str
    issued_branch: str
    issued_at: datetime


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A point where cards are used; an ATM is a device of a branch."""

    id: str
    effective_at: datetime
    device: str | None = None
    branch: str | None = None
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A branch with the zone of its local opening dates."""

    id: str
    effective_at: datetime
    time_zone: str
    place: Place | None = None


Record = Customer | Card | Terminal | Branch


class Versioned(Protocol):
    """Anything with an id and the time it took effect."""

    @property
    def id(self) -> str:
        """Whom or what it is about."""

    @property
    def effective_at(self) -> datetime:
        """From when on it holds."""


R = TypeVar("R", bound=Versioned)


class Versions(Generic[R]):
    """All versions of the records of one kind, found by id and event time."""

    def __init__(self, records: Iterable[R]) -> None:
        """Order the versions of each id by the time they took effect; of equal times the last one holds."""
        by_id: dict[str, dict[int, R]] = {}
        for record in records:
            by_id.setdefault(record.id, {})[to_ms(record.effective_at)] = record
        self._versions: dict[str, tuple[tuple[int, ...], tuple[R, ...]]] = {
            key: (tuple(sorted(found)), tuple(found[since] for since in sorted(found)))
            for key, found in by_id.items()
        }

    def __len__(self) -> int:
        """Count the ids."""
        return len(self._versions)

    def __iter__(self) -> Iterator[str]:
        """Give the ids, in the order of their first records."""
        return iter(self._versions)

    def of(self, key: str) -> tuple[R, ...]:
        """Give all versions of `key`, the oldest first."""
        return self._versions[key][1] if key in self._versions else ()

    def at(self, key: str | None, at_ms: int) -> R | None:
        """Give the version of `key` in force at `at_ms`, None when there is none."""
        found = self._versions.get(key) if key is not None else None
        if found is None:
            return None
        index = bisect_right(found[0], at_ms)
        return found[1][index - 1] if index else None


def issuance_key(branch: str, opened_at: datetime, time_zone: str) -> str:
    """Give the key of the cards opened at one branch on one local date."""
    return f"{branch}|{opened_at.astimezone(ZoneInfo(time_zone)).date().isoformat()}"


@dataclass(frozen=True)
class Reference:
    """Everything the join needs; `home_zone` stands in where a branch is not on record."""

    home_zone: str
    customers: Versions[Customer] = field(default_factory=lambda: Versions[Customer](()))
    cards: Versions[Card] = field(default_factory=lambda: Versions[Card](()))
    terminals: Versions[Terminal] = field(default_factory=lambda: Versions[Terminal](()))
    branches: Versions[Branch] = field(default_factory=lambda: Versions[Branch](()))

    @classmethod
    def of(cls, records: Iterable[Record], home_zone: str) -> "Reference":
        """Sort records of all kinds into their versions."""
        kept = list(records)
        return cls(
            home_zone,
            Versions[Customer](record for record in kept if isinstance(record, Customer)),
            Versions[Card](record for record in kept if isinstance(record, Card)),
            Versions[Terminal](record for record in kept if isinstance(record, Terminal)),
            Versions[Branch](record for record in kept if isinstance(record, Branch)),
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to join, so that the join can be left out."""
        return not (len(self.customers) or len(self.cards) or len(self.terminals) or len(self.branches))

    def join(self, event: Transaction | CardIssued) -> bool:
        """Fill in the event's joined fields, before anyone else has seen it.

        Returns whether the event's card (and terminal, where it names one) was on record; an event that
        was not is still whole and still watched.
        """
        if isinstance(event, CardIssued):
            return self._join_issued(event)
        at_ms = event.at_ms
        card = self.cards.at(event.card, at_ms)
        if card is not None:
            if event.customer is None:
                force_setattr(event, "customer", card.customer)
            force_setattr(event, "last4", card.last4)
            branch = self.branches.at(card.issued_branch, at_ms)
            place = branch.place if branch else None
            issued = Issued(branch=card.issued_branch, at=card.issued_at, place=place)
            force_setattr(event, "issued", issued)
            force_setattr(event, "issuance", self._issuance(issued.branch, issued.at, branch))
        customer = self.customers.at(event.customer, at_ms)
        if customer is not None:
            force_setattr(event, "tier", customer.tier)
        terminal = self.terminals.at(event.terminal, at_ms)
        if terminal is not None:
            force_setattr(event, "device", terminal.device)
            force_setattr(event, "branch", terminal.branch)
            if event.place is None and terminal.place is not None and event.channel != "ecom":
                force_setattr(event, "place", terminal.place)
        return card is not None and (terminal is not None or event.terminal is None)

    def _join_issued(self, event: CardIssued) -> bool:
        customer = self.customers.at(event.customer, event.at_ms)
        if customer is not None:
            force_setattr(event, "tier", customer.tier)
        branch = self.branches.at(event.branch, event.at_ms)
        force_setattr(event, "issuance", self._issuance(event.branch, event.at, branch))
        return customer is not None

    def _issuance(self, branch: str, opened_at: datetime, known: Branch | None) -> str:
        return issuance_key(branch, opened_at, known.time_zone if known else self.home_zone)
