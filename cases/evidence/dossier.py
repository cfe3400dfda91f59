"""Everything on record about one case, read at one moment."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import orjson
from msgspec import Struct

from cases.actions.action import Action, action_of
from cases.calling.cadence import Tried
from cases.calling.parties import attempts_of
from cases.database import Database, Row, as_json
from cases.errors import AlreadyMerged, NotFound
from cases.evidence.traces import OWN_TRACES
from domain.reference import Card, Customer

Values = dict[str, Any]
R = TypeVar("R", Card, Customer)


class Dossier(Struct, frozen=True, kw_only=True):
    """What is known of a case. Times are milliseconds since 1970; `zone` is the one they are read in.

    `merged` are the cases that went into it; `events`, `attempts`, `actions` and `orders` are theirs, too, in
    the order of their time. `alerts` are written as `alert_record` does. `customers` and `cards` hold the
    reference data in force at the end, None for who is not on record. `changed_ms` is when the last of all
    this happened.
    """

    case: Values
    merged: tuple[str, ...]
    subjects: tuple[Values, ...]
    customers: Mapping[str, Customer | None]
    cards: Mapping[str, Card | None]
    alerts: tuple[Values, ...]
    events: tuple[Values, ...]
    attempts: tuple[Values, ...]
    actions: tuple[Action, ...]
    orders: tuple[Values, ...]
    tasks: tuple[int, ...]
    work_orders: tuple[str, ...]
    changed_ms: int
    zone: str

    @property
    def id(self) -> str:
        """The case's number."""
        return str(self.case["id"])

    @property
    def objects(self) -> tuple[str, ...]:
        """What rows of the audit call the things that belong to this case."""
        return (
            f"case:{self.id}",
            *(f"case:{each}" for each in self.merged),
            *(f"action:{each.id}" for each in self.actions),
            *(f"order:{each['number']}" for each in self.orders),
            *(f"task:{each}" for each in self.tasks),
            *(f"attempt:{each['id']}" for each in self.attempts),
            *(f"work_order:{each}" for each in self.work_orders),
        )

    def tried(self) -> dict[str, tuple[Tried, ...]]:
        """Give the finished attempts at each customer, or at each place, by their subject."""
        found: dict[str, list[Values]] = {}
        for attempt in self.attempts:
            found.setdefault(party_of(attempt), []).append(attempt)
        return {party: attempts_of(rows) for party, rows in found.items()}

    def zone_of(self, party: str) -> str:
        """Give the time zone of a customer, the desk's own where it is not known."""
        customer = self.customers.get(party.removeprefix("customer:"))
        return customer.time_zone if customer else self.zone


def party_of(attempt: Mapping[str, Any]) -> str:
    """Name whom a call was meant for."""
    return f"customer:{attempt['customer']}" if attempt["customer"] else str(attempt["subject"])


def read(db: Database, case_id: str, zone: str) -> Dossier:
    """Read a case; inside `reading` or `writing`. Raises NotFound and AlreadyMerged."""
    case, *merged = _cases(db, case_id)
    ids = as_json((case_id, *(row["id"] for row in merged)))
    events = [row for row in _all(db, "evidence_events", ids) if row["what"] not in OWN_TRACES]
    attempts = _all(db, "evidence_attempts", ids)
    actions = tuple(map(action_of, db.rows("evidence_actions", ids=ids)))
    subjects = _all(db, "evidence_subjects", ids)
    changed_ms = max(_times(case, events, attempts, actions))
    return Dossier(
        case=case,
        merged=tuple(row["id"] for row in merged),
        subjects=tuple(subjects),
        customers={each: _reference(db, each, Customer, changed_ms) for each in _customers(subjects)},
        cards={each: _reference(db, each, Card, changed_ms) for each in _ids(subjects, "card")},
        alerts=tuple(orjson.loads(row["record"]) for row in db.rows("evidence_alerts", ids=ids)),
        events=tuple(events),
        attempts=tuple(attempts),
        actions=actions,
        orders=_orders(db, actions),
        tasks=tuple(row["id"] for row in db.rows("evidence_tasks", ids=ids)),
        work_orders=tuple(row["id"] for row in db.rows("evidence_work_orders", ids=ids)),
        changed_ms=changed_ms,
        zone=zone,
    )


def _cases(db: Database, case_id: str) -> list[Values]:
    found = [_dict(row) for row in db.rows("evidence_case", id=case_id)]
    if not found or found[0]["id"] != case_id:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows them")
    if into := found[0]["merged_into"]:
        raise AlreadyMerged(f"case {case_id} went into {into}, whose evidence holds it; name that one")
    return found


def _orders(db: Database, actions: Iterable[Action]) -> tuple[Values, ...]:
    numbers = sorted({each.basis.order for each in actions if each.basis and each.basis.order})
    return tuple(_dict(row) for row in db.rows("evidence_orders", numbers=as_json(numbers)))


def _customers(subjects: Iterable[Values]) -> list[str]:
    """Give the customers of a case, and the holders of its cards."""
    rows = list(subjects)
    return sorted({*_ids(rows, "customer"), *(row["customer"] for row in rows if row["customer"])})


def _ids(subjects: Iterable[Values], kind: str) -> list[str]:
    keys = (str(row["subject"]).partition(":") for row in subjects)
    return [token for found, _, token in keys if found == kind]


def _times(
    case: Values, events: Iterable[Values], attempts: Iterable[Values], actions: Iterable[Action]
) -> Iterable[int]:
    yield case["opened_at_ms"]
    yield from (event["at_ms"] for event in events)
    for attempt in attempts:
        yield attempt["ended_at_ms"] or attempt["started_at_ms"]
    for action in actions:
        yield max(action.made_at_ms, action.checked_at_ms or 0)


def _reference(db: Database, token: str, kind: type[R], at_ms: int) -> R | None:
    rows = db.rows("reference_at", kind=kind.__name__.lower(), id=token, at_ms=at_ms)
    return msgspec.json.decode(rows[0]["body"], type=kind) if rows else None


def _all(db: Database, name: str, ids: str) -> list[Values]:
    return [_dict(row) for row in db.rows(name, ids=ids)]


def _dict(row: Row) -> Values:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row of SQLite iterates its values
