"""Eight processes claim from one store: never the same task twice, and what it takes that they do not."""

from collections.abc import Callable

import psycopg
import pytest

from cases.database import statements
from cases.dialects import postgresql_statement
from cases.policy import QueuePolicy
from cases.store import open_store
from tests.cases.made import HOUR_MS, NOON_MS, alert, processes

PROCESSES = 8
TASKS = 3000
NO_FLOOD = QueuePolicy(flood=None)
_CLAIM = {"skill": "general", "session": "s", "now_ms": NOON_MS, "until_ms": NOON_MS + HOUR_MS}


@pytest.fixture
def full(url: str) -> str:
    """A store with 3,000 tasks that are ready."""
    with open_store(url, policy=NO_FLOOD) as store:
        store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", at_ms=n) for n in range(TASKS)])
    return url


def in_processes(work: Callable[[str, str], list[int]], url: str) -> list[int]:
    with processes(PROCESSES) as pool:
        found = pool.map(work, [url] * PROCESSES, [f"a{n}" for n in range(PROCESSES)])
        return [task for claimed in found for task in claimed]


def claim_tasks(url: str, agent: str) -> list[int]:
    claimed: list[int] = []
    with open_store(url) as store:
        while True:
            with store.db.writing(alone=False):
                found = store.db.rows("claim_next_task", agent=agent, **_CLAIM)
            if not found:
                return claimed
            claimed.append(found[0]["id"])


def claim_tasks_unlocked(url: str, agent: str) -> list[int]:
    """Claim by the statement as SQLite has it."""
    sql = statements()["claim_next_task"].sql
    assert "/* skip locked */" in sql
    claimed: list[int] = []
    with psycopg.connect(url, autocommit=True) as connection:
        query = postgresql_statement(sql.replace("/* skip locked */", "")).encode()
        while found := connection.execute(query, {"agent": agent, **_CLAIM}).fetchall():
            claimed.append(found[0][0])
    return claimed


def test_no_task_is_claimed_twice(full: str) -> None:
    claimed = in_processes(claim_tasks, full)
    assert len(claimed) == len(set(claimed)) == TASKS


def test_without_its_locking_clause_postgresql_hands_tasks_out_twice(postgres_url: str) -> None:
    with open_store(postgres_url, policy=NO_FLOOD) as store:
        store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", at_ms=n) for n in range(TASKS)])
    claimed = in_processes(claim_tasks_unlocked, postgres_url)
    assert len(claimed) > len(set(claimed)) > 0
