"""A desk with one customer to call, and what the tests of calling ask about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.calling.results import Recorded, Report
from cases.store import Store
from cases.who import Role, Who
from domain.instants import to_ms
from domain.reference import Customer, PhoneNumber
from tests.cases.made import alert

ANNA, BERT = Who("agent-7"), Who("agent-8")
LEAD = Who("lead-1", Role.LEAD)
ZONE = "Asia/Shanghai"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def at(written: str) -> int:
    """Give a time on the customer's clock."""
    return to_ms(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(ZONE)))


TEN = at("2026-03-05 10:00")  # a Thursday
NIGHT = at("2026-03-06 03:00")


def customer(name: str = "u1", numbers: Sequence[str] = ("mobile", "home"), **fields: Any) -> Customer:
    """Make a customer whose numbers were verified long ago, the first the longest."""
    return Customer(
        id=name,
        effective_at=LONG_AGO,
        tier="standard",
        time_zone=fields.pop("time_zone", ZONE),
        numbers=tuple(
            PhoneNumber(
                reference=f"{name}-{each}", kind=each, verified_since=LONG_AGO + timedelta(days=place)
            )
            for place, each in enumerate(numbers)
        ),
        **fields,
    )


def a_case(store: Store, name: str = "one", who: str = "u1", **fields: Any) -> str:
    """Take in an alert about a customer and give its case."""
    store.cases.take_in([alert(name, f"card-{who}", who, **fields)])
    return next(case.id for case in store.cases.list() if who in case.customers)


def claim(store: Store, case_id: str, now_ms: int, who: Who = ANNA) -> int:
    """Claim a case's best task and give its id."""
    return store.work.claim(case_id, who, now_ms, lease_ms=30 * MINUTE_MS).task.id


def attempt(store: Store, task_id: int, how: str, now_ms: int, who: Who = ANNA, **fields: Any) -> Recorded:
    """Record a call made by hand."""
    fields.setdefault("reference", "u1-mobile")
    return store.calling.record(Report(task_id=task_id, disposition=how, **fields), who, now_ms)


def states(store: Store, case_id: str) -> dict[str, str]:
    """Give where the tasks of a case stand, by kind (and subject where there are several)."""
    return {f"{task.kind} {task.subject}": task.state for task in store.cases.show(case_id).tasks}


def rows(store: Store, name: str, **values: Any) -> list[Any]:
    """Give the rows of a statement as they stand."""
    with store.db.reading():
        return [{column: row[column] for column in row.keys()} for row in store.db.rows(name, **values)]  # noqa: SIM118


def attempts(store: Store, case_id: str) -> list[Any]:
    """Give the attempts of a case."""
    return rows(store, "attempts_of_case", case_id=case_id)
