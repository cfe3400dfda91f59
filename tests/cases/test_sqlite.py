"""What is true of the SQLite store in particular: its schema, its statements and its files."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import cases
from cases.database import parse_statements, statements
from cases.errors import NotAStore, StoreBusy, StoreError, StoreTooNew
from cases.sqlite import Migration, SqliteDatabase, migrations
from cases.store import Store, open_store
from tests.cases.made import HOUR_MS, NOON_MS, alert, take_in_one


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


def test_an_older_store_is_upgraded_in_place(path: Path) -> None:
    with open_store(f"sqlite:///{path}") as store:
        store.cases.take_in([alert("a", "c1", "u1")])
        before = store.cases.list()
    newer = Migration(
        99, "0099_more", "CREATE TABLE more (n INTEGER) STRICT;\n\nINSERT INTO more VALUES (7);\n"
    )
    SqliteDatabase(path, steps=[*migrations(), newer]).close()
    SqliteDatabase(path, steps=[*migrations(), newer]).close()
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT n FROM more").fetchall() == [(7,)]
        versions = [version for (version,) in raw.execute("SELECT version FROM schema_version")]
        assert versions == [*(step.version for step in migrations()), 99]
        raw.execute("DELETE FROM schema_version WHERE version = 99")
        raw.commit()
    with open_store(f"sqlite:///{path}") as store:
        assert store.cases.list() == before


def test_a_step_that_fails_leaves_the_store_as_it_was(path: Path) -> None:
    SqliteDatabase(path).close()
    broken = Migration(99, "0099_broken", "CREATE TABLE more (n INTEGER) STRICT;\nSELECT nothing;\n")
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        SqliteDatabase(path, steps=[*migrations(), broken])
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master WHERE name = 'more'").fetchall() == []
    SqliteDatabase(path).close()


def test_a_store_of_a_newer_riskdesk_is_refused(path: Path) -> None:
    SqliteDatabase(path).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("INSERT INTO schema_version VALUES (1000, '1000_future')")
        raw.commit()
    with pytest.raises(StoreTooNew, match=r"has schema 1000 and this riskdesk knows schemas up to \d+; use"):
        open_store(f"sqlite:///{path}")


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
        ask = db._connection.execute
        found = {name: ask(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}
        assert ask("PRAGMA foreign_keys").fetchone()[0] == 1
        assert ask("PRAGMA busy_timeout").fetchone()[0] > 0


def test_several_processes_may_make_the_same_store_at_once(path: Path) -> None:
    url, names = f"sqlite:///{path}", [f"{n}" for n in range(6)]
    with ProcessPoolExecutor(len(names), mp_context=get_context("spawn")) as pool:
        assert list(pool.map(take_in_one, [url] * len(names), names)) == [1] * len(names)
    with open_store(url) as store:
        assert len(store.cases.list()) == len(names)


def test_a_store_that_another_process_holds_is_said_to_be_busy(path: Path, store: Store) -> None:
    store.db._connection.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked by another process"):
            store.cases.take_in([alert("a", "c1", "u1")])
        other.execute("ROLLBACK")
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1


def test_a_batch_with_an_impossible_alert_is_taken_in_not_at_all(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="probability"):
        store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", probability=1.5)])
    assert store.cases.list() == ()
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE case_ SET status = 'closed', lease_by = NULL, lease_until_ms = NULL",
        "UPDATE case_ SET outcome = 'genuine'",
        "UPDATE case_ SET status = 'closed', outcome = 'guilty', closed_by = 'a', closed_at_ms = 1",
        "UPDATE case_ SET status = 'working'",
        "UPDATE case_ SET lease_by = 'a17'",
        "UPDATE case_ SET status = 'merged'",
        "UPDATE case_ SET status = 'merged', merged_into = 'C0'",
        "UPDATE case_ SET status = 'merged', merged_into = id",
        "UPDATE case_ SET band = 3",
        "UPDATE case_ SET due_ms = 'soon'",
        "UPDATE case_ SET subject = 'customer:u1'",
        "UPDATE case_subject SET subject = 'customer:u1'",
        "UPDATE task SET state = 'done'",
        "UPDATE case_event SET note = 'never happened'",
        "DELETE FROM case_event",
        "DELETE FROM case_",
        "INSERT INTO task (case_id, kind, subject, state, made_at_ms)"
        " SELECT case_id, kind, subject, state, 0 FROM task",
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
    assert all(plan(path, name) or sql.startswith("INSERT") for name, (_, sql) in statements().items())


def test_every_statement_is_used() -> None:
    text = "".join(file.read_text("utf-8") for file in Path(cases.__path__[0]).glob("*.py"))
    assert [name for name in statements() if f'"{name}"' not in text] == []


def test_the_next_case_is_found_by_index_without_sorting(path: Path, store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    found = plan(path, "ready_case")
    assert "live_case_by_rank" in found
    assert "B-TREE" not in found


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
    for _ in range(299):
        store.cases.next_case("a17", NOON_MS, HOUR_MS)
    assert store.cases.next_case("a18", NOON_MS, HOUR_MS).subject == "customer u299"
