"""What the tests of work do on a store besides claiming: its parts, each in a transaction."""

from collections.abc import Callable
from typing import Any

from cases.case import Task
from cases.database import Row
from cases.store import Store
from cases.who import Role, Who
from domain.alerts import Alert

AGENT = Who("a17")
OTHER = Who("a18")
LEAD = Who("lead-1", Role.LEAD)


def do(store: Store, move: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Make one move in a transaction of its own."""
    with store.db.writing():
        return move(store.db, *arguments, **named)


def one_case(store: Store, *alerts: Alert) -> str:
    """Take alerts in that make the only live case, and give its id."""
    store.cases.take_in(alerts)
    (case,) = store.cases.list()
    return case.id


def tasks(store: Store, case_id: str) -> tuple[Task, ...]:
    """Give the tasks of a case in the order of their making."""
    return store.cases.show(case_id).tasks


def whats(store: Store, case_id: str) -> list[str]:
    """Give what happened to a case, in order."""
    return [entry.what for entry in store.cases.show(case_id).timeline]


def audited(store: Store) -> list[Row]:
    """Give the rows of the audit."""
    with store.db.reading():
        return store.db.rows("audit_rows", seq_from=1, seq_to=10_000)


def set_calling(store: Store, task_id: int, calling: int = 1) -> None:
    """Open or end a call on a task, as the telephone does."""
    with store.db.writing():
        store.db.run("mark_calling", id=task_id, calling=calling)
