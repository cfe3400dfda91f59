"""What is true of the SQLite store in particular: its schema, its statements and its files."""

import re
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import cases
from cases.database import parse_statements, statements
from cases.errors import NotAStore, StoreBusy, StoreError
from cases.sqlite import SqliteDatabase, migrations
from cases.store import Store, open_store
from tests.cases.made import alert, next_case


class Nothing(dict[str, Any]):
    """A value for every parameter, so that a statement can be explained without any."""

    def __missing__(self, name: str) -> None:
        return None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{path}") as opened:
        yield opened


def plan(path: Path, name: str) -> str:
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute(f"EXPLAIN QUERY PLAN {statements()[name].sql}", Nothing()).fetchall()
    return "\n".join(row[3] for row in rows)


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    assert [step.version for step in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_file_of_something_else_is_left_alone(path: Path) -> None:
    path.write_bytes(b"minutes of the meeting " * 100)
    with pytest.raises(NotAStore, match="no SQLite file"):
        open_store(f"sqlite:///{path}")
    path.unlink()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(NotAStore, match="no riskdesk store"):
        open_store(f"sqlite:///{path}")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_commit_is_on_the_disk_before_it_returns(path: Path) -> None:
    with closing(SqliteDatabase(path)) as db:
        ask = db._writer.execute
        found = {name: ask(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}
        assert ask("PRAGMA foreign_keys").fetchone()[0] == 1
        assert ask("PRAGMA busy_timeout").fetchone()[0] > 0


def test_a_store_that_another_process_holds_is_said_to_be_busy(path: Path, store: Store) -> None:
    store.db._patience_s = 0.02
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked by another process"):
            store.cases.take_in([alert("a", "c1", "u1")])
        other.execute("ROLLBACK")
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1


def test_one_that_writes_without_a_pause_lets_another_in(path: Path, store: Store) -> None:
    asked, over = Event(), Event()

    def write() -> int:
        after = 0
        while not over.is_set():
            with store.db.writing():
                time.sleep(0.01)  # long enough for the other to stand in line
            after += asked.is_set()
        return after

    with ThreadPoolExecutor(1) as pool, closing(SqliteDatabase(path)) as other:
        busy = pool.submit(write)
        for _ in range(20):
            asked.set()
            with other.writing():
                pass
        over.set()
        assert busy.result() <= 100


def test_a_batch_with_an_impossible_alert_is_taken_in_not_at_all(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="probability"):
        store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", probability=1.5)])
    assert store.cases.list() == ()
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE case_ SET status = 'closed'",
        "UPDATE case_ SET outcome = 'genuine'",
        "UPDATE case_ SET status = 'closed', outcome = 'guilty', closed_by = 'a', closed_at_ms = 1",
        "UPDATE case_ SET status = 'waiting'",
        "UPDATE case_ SET status = 'waiting', waiting_reason = 'cadence'",
        "UPDATE case_ SET status = 'waiting', waiting_reason = 'tired', wake_at_ms = 1",
        "UPDATE case_ SET wake_at_ms = 1",
        "UPDATE case_ SET status = 'escalated'",
        "UPDATE case_ SET linked_to = id",
        "UPDATE case_ SET status = 'merged'",
        "UPDATE case_ SET status = 'merged', merged_into = 'C0'",
        "UPDATE case_ SET status = 'merged', merged_into = id",
        "UPDATE case_ SET band = 3",
        "UPDATE case_ SET due_ms = 'soon'",
        "UPDATE case_ SET subject = 'customer:u1'",
        "UPDATE case_subject SET subject = 'customer:u1'",
        "UPDATE task SET state = 'done'",
        "UPDATE task SET state = 'leased'",
        "UPDATE task SET state = 'waiting', waiting_reason = 'cadence'",
        "UPDATE task SET lease_by = 'a17'",
        "UPDATE task SET calling = 1",
        "UPDATE task SET prefer_agent = 'a17'",
        "UPDATE task SET state = 'leased', calling = 1, subject = 'u', lease_by = 'a', lease_session = '',"
        " leased_at_ms = 1, lease_until_ms = 2",
        "UPDATE case_event SET note = 'never happened'",
        "DELETE FROM case_event",
        "DELETE FROM case_",
        "INSERT INTO task (case_id, kind, subject, state, band, rank_ms, made_at_ms)"
        " SELECT case_id, kind, subject, state, band, rank_ms, 0 FROM task",
    ],
)
def test_the_database_itself_refuses(path: Path, store: Store, change: str) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2")])
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            raw.executescript(f"BEGIN; {change}; COMMIT;")


def test_every_statement_fits_the_schema(path: Path) -> None:
    SqliteDatabase(path).close()
    for name in statements():
        plan(path, name)


def test_every_statement_is_used() -> None:
    text = "".join(file.read_text("utf-8") for file in Path(cases.__path__[0]).rglob("*.py"))
    made = tuple(re.findall(r'f"(\w+_)\{', text))  # kept_{table}
    assert [name for name in statements() if f'"{name}"' not in text and not name.startswith(made)] == []


def test_the_next_task_is_found_by_index_without_sorting_and_without_those_asleep(path: Path) -> None:
    SqliteDatabase(path).close()
    for name in ("claim_next_task", "best_of_skill"):
        found = plan(path, name)
        assert "ready_task_by_rank (skill=?)" in found
        assert "B-TREE" not in found
        assert "SCAN" not in found


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("due_waiting", "waiting_task_by_wake"),
        ("due_leases", "leased_task_by_end"),
        ("due_promotions", "open_case_by_promotion"),
        ("tasks_of_agent", "leased_task_by_holder"),
        ("called_elsewhere", "one_call_at_a_time"),
        ("past_cases", "past_case_of_a_subject"),
    ],
)
def test_what_is_due_is_found_by_index(path: Path, name: str, index: str) -> None:
    SqliteDatabase(path).close()
    found = plan(path, name)
    assert index in found
    assert "SCAN task" not in found
    assert "SCAN case_" not in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- name: a\nSELECT 1;", "'a' needs a line"),
        ("-- name: a\n-- What it does.\n", "'a' needs a line"),
        ("-- name: a\n-- One.\nSELECT 1;\n-- name: a\n-- Two.\nSELECT 2;", "'a' is there twice"),
    ],
)
def test_a_statement_without_a_sentence_or_a_name_of_its_own_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_statements(text)


def test_a_case_gets_a_longer_name_where_the_short_one_is_taken(store: Store) -> None:
    first, second = alert("a", "c1", "u1"), alert("b", "c2", "u2")
    twin = type(second)(
        **{name: getattr(second, name) for name in second.__struct_fields__}
        | {"id": first.id[:10] + second.id[10:]}
    )
    store.cases.take_in([first])
    store.cases.take_in([twin])
    assert [case.id for case in store.cases.list()] == sorted([f"C{first.id[:10]}", f"C{twin.id[:16]}"])


def test_a_claim_looks_past_many_held_cases(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", at_ms=n) for n in range(300)])
    for number in range(299):
        next_case(store, f"a{number}")
    assert next_case(store, "a299").subject == "customer u299"


def test_what_threads_write_while_one_is_at_it_shares_a_commit(path: Path) -> None:
    commits: list[str] = []
    with closing(SqliteDatabase(path)) as db, ThreadPoolExecutor(10) as pool:
        db._writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        with db.writing():
            writers = [pool.submit(put_branch, db, number) for number in range(10)]
            while len(db._turn._waiting) < 10:
                time.sleep(0.001)
        for writer in writers:
            writer.result()
        assert len(commits) == 1
        with db.reading():
            assert len(db.rows("all_reference")) == 10


def test_one_that_fails_does_not_take_the_others_of_its_commit_along(path: Path) -> None:
    with closing(SqliteDatabase(path)) as db, ThreadPoolExecutor(10) as pool:
        with db.writing():
            writers = [pool.submit(put_branch, db, number, number % 3 == 0) for number in range(10)]
            while len(db._turn._waiting) < 10:
                time.sleep(0.001)
        failed = [writer for writer in writers if isinstance(writer.exception(), sqlite3.IntegrityError)]
        with db.reading():
            assert (len(failed), len(db.rows("all_reference"))) == (4, 6)


def put_branch(db: SqliteDatabase, number: int, wrong: bool = False) -> None:
    with db.writing():
        db.run("put_reference", kind="branch", id=f"b{number}", effective_at_ms=1, body="{}")
        if wrong:
            db.run("put_reference", kind="planet", id=f"b{number}", effective_at_ms=1, body="{}")
