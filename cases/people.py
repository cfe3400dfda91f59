"""Whom a case concerns, with what the bank has on record about them and their cards."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec import Struct

from cases.database import Database, as_json
from cases.subjects import Subject
from cases.who import Right, Who
from domain.reference import Card, Customer

R = TypeVar("R", Card, Customer)


class CardHeld(Struct, frozen=True, kw_only=True):
    """A card of a case; `record` is None for one that is not on record."""

    token: str
    last4: str | None
    record: Card | None


class Person(Struct, frozen=True, kw_only=True):
    """A customer with the cards by which a case concerns them; without an id those of nobody known."""

    id: str | None
    record: Customer | None
    cards: tuple[CardHeld, ...]


@dataclass(frozen=True)
class SqlPeople:
    """The people whom the cases of a store concern."""

    db: Database

    def of_case(self, case_id: str, who: Who, now_ms: int) -> tuple[Person, ...]:
        """Give the people of a case by the order of their ids, cards without a known customer last.

        Raises NotAllowed; a case that there is not concerns nobody.
        """
        who.require(Right.READ_CASES)
        with self.db.reading():
            return people_of(self.db, case_id, now_ms)


def people_of(db: Database, case_id: str, now_ms: int) -> tuple[Person, ...]:
    """Give the people of a case as of `now_ms`; inside a transaction."""
    rows = [(Subject.of(row["subject"]), row) for row in db.rows("people_of_case", case_id=case_id)]
    cards = _records(db, Card, (subject.id for subject, _ in rows if subject.kind == "card"), now_ms)
    held: defaultdict[str | None, list[CardHeld]] = defaultdict(list)
    known = {subject.id for subject, _ in rows if subject.kind == "customer"}
    for subject, row in rows:
        if subject.kind == "card":
            record = cards.get(subject.id)
            owner = row["customer"] or (record.customer if record else None)
            last4 = row["last4"] or (record.last4 if record else None)
            held[owner].append(CardHeld(token=subject.id, last4=last4, record=record))
    names: list[str | None] = [*sorted(known | {owner for owner in held if owner is not None})]
    customers = _records(db, Customer, (name for name in names if name is not None), now_ms)
    if held[None]:
        names.append(None)
    return tuple(Person(id=name, record=customers.get(name or ""), cards=tuple(held[name])) for name in names)


def _records(db: Database, kind: type[R], ids: Iterable[str], now_ms: int) -> dict[str, R]:
    rows = db.rows("references_at", kind=kind.__name__.lower(), ids=as_json(ids), at_ms=now_ms)
    return {row["id"]: msgspec.json.decode(row["body"], type=kind) for row in rows}
