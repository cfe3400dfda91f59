"""A store of the first schema, with people at work in it, is brought up to date in place."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import tests.flows
from cases.case import Status
from cases.errors import AlreadyClaimed
from cases.store import Store, open_store
from cases.who import Who
from tests.cases.made import HOUR_MS, NOON_MS
from tests.cases.work.doing import tasks

# What the first version left: three open cases, of which two are rings.
LEFT = Path(next(iter(tests.flows.__path__))) / "fixtures" / "v1" / "store.sqlite"
HELD = f"""
UPDATE case_ SET status = 'working', lease_by = 'a17', lease_until_ms = {NOON_MS + HOUR_MS}, lease_no = 3
WHERE id = :held;
INSERT INTO case_event (case_id, at_ms, actor, what) VALUES (:held, {NOON_MS}, 'a17', 'claimed');
UPDATE case_ SET status = 'closed', outcome = 'genuine', closed_by = 'a18', closed_at_ms = {NOON_MS}
WHERE id = :closed;
UPDATE task SET state = 'done', ended_at_ms = {NOON_MS} WHERE case_id = :closed;
UPDATE case_subject SET live = 0 WHERE case_id = :closed
"""


@pytest.fixture
def cases(tmp_path: Path) -> list[str]:
    """The cases of an old store, the one with most calls first: it is held, the second closed."""
    shutil.copy(LEFT, tmp_path / "desk.db")
    with closing(sqlite3.connect(tmp_path / "desk.db")) as raw:
        by_calls = "SELECT case_id FROM task GROUP BY case_id ORDER BY COUNT(*) DESC, case_id"
        found = [case_id for (case_id,) in raw.execute(by_calls)]
        for statement in HELD.split(";"):
            raw.execute(statement, {"held": found[0], "closed": found[1]})
        raw.commit()
    return found


@pytest.fixture
def store(tmp_path: Path, cases: list[str]) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/desk.db") as opened:
        yield opened


def test_who_held_a_case_holds_its_first_call_and_the_others_are_ready(
    store: Store, cases: list[str]
) -> None:
    (lease,) = store.cases.show(cases[0]).case.leases
    first, *others = tasks(store, cases[0])
    assert (lease.by, lease.until_ms, lease.number, lease.task) == ("a17", NOON_MS + HOUR_MS, 3, first.id)
    assert [task.state for task in others] == ["ready"] * len(others)
    assert others
    for number, task in enumerate(others):
        assert store.work.claim(cases[0], Who(f"b{number}"), NOON_MS).task.id == task.id
    with pytest.raises(AlreadyClaimed):
        store.work.claim(cases[0], Who("late"), NOON_MS)


def test_nothing_is_lost_or_done_again(store: Store, cases: list[str]) -> None:
    held, closed, still_open = cases
    assert {case.id: case.status for case in store.cases.list(Status)} == {
        held: Status.WORKING,
        closed: Status.CLOSED,
        still_open: Status.OPEN,
    }
    assert {task.state for task in tasks(store, closed)} == {"done"}
    assert store.cases.show(held).timeline[-1].what == "claimed"
    assert {case.version for case in store.cases.list(Status)} == {1}


def test_an_upgraded_store_is_worked_on(store: Store, cases: list[str]) -> None:
    first = tasks(store, cases[0])[0]
    renewed = store.work.renew(first.id, Who("a17"), 3, NOON_MS + 1, lease_ms=2 * HOUR_MS)
    assert renewed.task.lease_until_ms == NOON_MS + HOUR_MS
    assert store.work.claim(cases[2], Who("b1"), NOON_MS).case.status is Status.WORKING
