"""One person's traces: the tokens that name them, and other names in their place."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from cases.database import Database, as_json
from cases.subjects import Subject

# Columns that hold JSON; every other text is read as a person wrote it.
_JSON_COLUMNS = frozenset(
    {"record", "breakdown", "checklist", "params", "basis", "result", "payload", "body"}
)
_WORD = "A-Za-z0-9_-"


class Person(NamedTuple):
    """A customer with their cards and the handles of their numbers."""

    customer: str
    cards: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Give what cases may be filed under because of them."""
        return f"customer:{self.customer}", *(f"card:{card}" for card in self.cards)

    @property
    def tokens(self) -> tuple[str, ...]:
        """Give everything that names them."""
        return self.customer, *self.cards, *self.numbers


class Names:
    """Puts other names in place of tokens, wherever in a row they stand."""

    def __init__(self, name_of: Mapping[str, str]) -> None:
        """Put `name_of[token]` in place of each token."""
        self._name_of = dict(name_of)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give a row with the other names; last digits of a card that is renamed go."""
        changed = {
            name: self._column(name, value) if isinstance(value, str) else value
            for name, value in row.items()
        }
        if "last4" in changed and any(changed.get(name) != row.get(name) for name in ("subject", "card")):
            changed["last4"] = None
        return changed

    def names(self, text: str) -> bool:
        """Tell whether any of the tokens stands in a text."""
        return bool(self._name_of) and self._pattern.search(text) is not None

    def text(self, text: str) -> str:
        """Give a text with the other names."""
        return self._pattern.sub(lambda found: self._name_of[found[0]], text) if self._name_of else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # A token within a longer one names somebody else.
        tokens = "|".join(re.escape(token) for token in sorted(self._name_of, key=len, reverse=True))
        return re.compile(f"(?<![{_WORD}])(?:{tokens})(?![{_WORD}])")

    def _column(self, name: str, text: str) -> str:
        # JSON that names nobody stays byte by byte; where something is escaped only reading it tells.
        if name in _JSON_COLUMNS and (self.names(text) or "\\" in text):
            return orjson.dumps(self._value(orjson.loads(text))).decode()
        return self.text(text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            given = {self.text(name): self._value(each) for name, each in value.items()}
            if "last4" in given and value.get("card") in self._name_of:
                given["last4"] = None
            return given
        return value


def find_person(db: Database, customer: str) -> Person:
    """Find the cards and numbers of a customer, as far as reference data and cases know them."""
    cards = {Subject.of(row["subject"]).id for row in db.rows("cards_in_cases", customer=customer)}
    numbers = {row["reference"] for row in db.rows("numbers_dialled", customer=customer)}
    numbers |= {row["reference"] for row in db.rows("kept_number_state", customer=customer)}
    for row in reference_rows(db, customer):
        body = orjson.loads(row["body"])
        if row["kind"] == "card":
            cards.add(row["id"])
        else:
            numbers |= {number["reference"] for number in body.get("numbers", ())}
    return Person(customer, tuple(sorted(cards)), tuple(sorted(numbers)))


def reference_rows(db: Database, customer: str) -> list[dict[str, Any]]:
    """Give the versions of a customer on record and of their cards."""
    # The pattern also fits other tokens, as _ and % stand for anything: looked at closely below.
    rows = db.rows("reference_of_customer", customer=customer, pattern=f"%{customer}%")
    return [
        dict(row)
        for row in rows
        if row["kind"] == "customer" or orjson.loads(row["body"])["customer"] == customer
    ]


def other_tokens(db: Database, ids: Iterable[str], person: Person) -> frozenset[str]:
    """Give the customers and cards of these cases that are not this person's."""
    found: set[str] = set()
    for row in db.rows("hold_subjects", ids=as_json(ids)):
        subject = Subject.of(row["subject"])
        if subject.kind in ("customer", "card"):
            found.add(subject.id)
        if row["customer"]:
            found.add(row["customer"])
    return frozenset(found) - set(person.tokens)
