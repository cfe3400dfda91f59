"""A store with an audit, and a hand that reaches into it past riskdesk and past its triggers."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from cases.audit.log import record
from cases.store import Store
from cases.who import Role, Who

AGENT = Who("agent-7", Role.AGENT, "s1")
LEAD = Who("lead-1", Role.LEAD)
AUDITOR = Who("auditor-1", Role.AUDITOR)
NOON_MS = 1_772_712_000_000

Tamper = Callable[..., None]

_OPEN_UP = {
    "sqlite": (
        "DROP TRIGGER audit_is_never_changed",
        "DROP TRIGGER audit_is_never_deleted",
        "DROP TRIGGER audit_head_is_never_deleted",
        "DROP TRIGGER audit_seal_is_never_changed",
        "DROP TRIGGER audit_seal_is_never_deleted",
    ),
    "postgresql": (
        "DROP TRIGGER audit_is_never_changed ON audit",
        "DROP TRIGGER audit_head_is_never_deleted ON audit_head",
        "DROP TRIGGER audit_seal_is_never_changed ON audit_seal",
    ),
}


def run_raw(url: str, *statements: str) -> None:
    """Run statements as someone with all rights in the database and no riskdesk."""
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as session:
        for statement in statements:
            session.execute(statement.encode())


@pytest.fixture
def tamper(url: str) -> Tamper:
    """Reach into the store, with the triggers out of the way."""

    def run(*statements: str) -> None:
        run_raw(url, *_OPEN_UP[url.partition(":")[0]], *statements)

    return run


@pytest.fixture
def audited(store: Store) -> Store:
    """A store with nine rows in its audit, each about a case of its own."""
    for number in range(1, 10):
        note(store, number)
    return store


def note(store: Store, number: int) -> None:
    """Record one act, in a transaction of its own."""
    with store.db.writing():
        record(
            store.db,
            AGENT,
            "closed",
            f"case:C{number}",
            NOON_MS + number * 1000,
            before={"status": "working"},
            after={"status": "closed", "outcome": "genuine"},
            reason=f"asked {number}",
        )


@pytest.fixture
def seals(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "seals.jsonl"
