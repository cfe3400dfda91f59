"""What every database does for the parts of the store: transactions, threads, schema, values."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.database import Database, as_json
from cases.errors import StoreMissing, StoreTooNew, StoreTooOld
from cases.postgresql import PostgresDatabase
from cases.schema import Migration, migrations
from cases.sqlite import SqliteDatabase
from cases.store import Store, open_store
from cases.timeline import event
from tests.cases.made import alert, processes, take_in_one


@pytest.fixture
def db(store: Store) -> Database:
    return store.db


@pytest.fixture
def case_id(store: Store) -> str:
    store.cases.take_in([alert("a", "c1", "u1")])
    return store.cases.list()[0].id


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    name = {"sqlite": "sqlite_empty_url", "postgresql": "postgres_empty_url"}[request.param]
    found: str = request.getfixturevalue(name)
    return found


def opened(url: str, **given: Any) -> Database:
    if url.startswith("sqlite"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), **given)
    return PostgresDatabase(url, **given)


def steps_for(url: str, *more: Migration) -> tuple[Migration, ...]:
    return (*migrations("sqlite" if url.startswith("sqlite") else "postgresql"), *more)


MORE = Migration(99, "0099_more", "CREATE TABLE more (n INTEGER) STRICT;\n\nINSERT INTO more VALUES (7);\n")


def test_a_transaction_lasts_whole_or_not_at_all(db: Database, case_id: str) -> None:
    before = events(db, case_id)
    with undone(db):
        db.run("add_event", **event(case_id, 1, "a", "one"))
    assert events(db, case_id) == before
    with db.writing():
        db.run("add_event", **event(case_id, 1, "a", "two"))
    assert events(db, case_id) == [*before, "two"]


def test_a_transaction_within_a_transaction_is_refused(db: Database) -> None:
    for outer, inner in (
        (db.writing, db.writing),
        (db.reading, db.writing),
        (db.writing, db.reading),
        (db.reading, db.reading),
    ):
        with outer(), pytest.raises(RuntimeError, match="transaction within a transaction"), inner():
            pass
    with db.writing():
        pass


def test_a_statement_outside_of_a_transaction_is_refused(db: Database) -> None:
    with pytest.raises(RuntimeError, match="outside"):
        db.rows("all_reference")
    with pytest.raises(RuntimeError, match="outside"):
        db.at_end(lambda db, items: None, 1)


def test_what_ends_a_transaction_is_undone_with_it(db: Database, case_id: str) -> None:
    before = events(db, case_id)

    def fail(db: Database, items: Any) -> None:
        raise ZeroDivisionError

    def write() -> None:
        with db.writing():
            db.run("add_event", **event(case_id, 1, "a", "one"))
            db.at_end(fail, 1)

    with pytest.raises(ZeroDivisionError):
        write()
    assert events(db, case_id) == before


def test_reading_changes_nothing(db: Database, case_id: str) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"), db.reading():
        db.run("add_event", **event(case_id, 1, "a", "one"))


def test_reading_sees_one_moment_and_never_waits_for_a_writer(db: Database, case_id: str) -> None:
    written, seen = Event(), Event()

    def write() -> None:
        with db.writing():
            db.run("add_event", **event(case_id, 1, "a", "new"))
            written.set()
            assert seen.wait(30)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        assert written.wait(30)
        with db.reading():
            before = names(db, case_id)
            seen.set()
            writer.result()
            assert names(db, case_id) == before
    assert events(db, case_id) == [*before, "new"]


def test_threads_that_write_at_once_each_get_all_they_wrote_or_nothing(db: Database, case_id: str) -> None:
    start = Barrier(12)

    def write(number: int) -> str | None:
        start.wait()
        for turn in range(10):
            try:
                with db.writing():
                    for part in ("x", "y"):
                        db.run("add_event", **event(case_id, number, f"a{number}", f"{part}{turn}"))
                        if (number + turn) % 3 == 0:
                            raise ZeroDivisionError
            except ZeroDivisionError:
                pass
        return None

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(12)))
    with db.reading():
        kept = [(row["actor"], row["what"]) for row in db.rows("case_events", case_id=case_id)]
    wanted = {
        (f"a{number}", f"{part}{turn}")
        for number in range(12)
        for turn in range(10)
        for part in "xy"
        if (number + turn) % 3
    }
    assert {each for each in kept if each[0] != "riskdesk"} == wanted
    assert len(kept) == len(wanted) + 1


def test_a_swallowed_error_does_not_pass_for_a_success(db: Database, case_id: str) -> None:
    before = events(db, case_id)
    bad = {**event(case_id, 1, "a", "one"), "at_ms": None}
    said = ""
    try:
        with db.writing():
            db.run("add_event", **event(case_id, 1, "a", "good"))
            with pytest.raises(Exception, match="at_ms"):
                db.run("add_event", **bad)
    except RuntimeError as error:
        said = str(error)
    # A database that cannot go on after an error says so at the end.
    assert events(db, case_id) == (before if "undone" in said else [*before, "good"])
    assert ("undone" in said) == isinstance(db, PostgresDatabase)


def test_numbers_and_bytes_come_back_as_they_went_in(store: Store, db: Database) -> None:
    store.cases.take_in([alert("a", "c1", "u1", exposure_minor=2**53 + 1, probability=0.1)])
    ids = as_json(case.id for case in store.cases.list())
    with db.reading():
        (found,) = db.rows("facts", ids=ids)
    assert (type(found["alerts"]), type(found["first_at_ms"]), found["probability"]) == (int, int, 0.1)
    assert store.cases.list()[0].exposure_minor == 2**53 + 1
    raw = bytes(range(256))
    with db.writing():
        db.run("add_dead_letter", **letter("one", raw))
    assert store.dead_letters.get("one").rejected.raw == raw


def test_text_is_ordered_by_its_bytes(db: Database) -> None:
    ids = ["a", "B", "ä", "_", "Z", "b", "10", "9", "中", "C:x", "Cx"]
    with db.writing():
        db.run_all("add_dead_letter", [letter(each, b"") for each in ids])
    with db.reading():
        listed = [row["id"] for row in db.rows("list_dead_letters", reason=None, status=None, limit=-1)]
    assert listed == sorted(ids, key=str.encode)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.text("mn'\"\\\n%:", max_size=4)),
        max_size=30,
    ),
    few=st.booleans(),
)
def test_many_at_once_do_what_each_alone_would(db: Database, rows: list[tuple[str, ...]], few: bool) -> None:
    values = [{"kind": "card", "id": f"{a}{b}", "effective_at_ms": 1, "body": body} for a, b, body in rows]
    kept = []
    for bulk in (True, False):
        with undone(db):
            if bulk:
                assert db.run_all("put_reference", iter(values)) == len(values)
            else:
                assert sum(db.run("put_reference", **each) for each in values) == len(values)
            kept.append([tuple(row[name] for name in ("kind", "body")) for row in db.rows("all_reference")])
    assert kept[0] == kept[1]


def test_an_empty_batch_touches_nothing(db: Database) -> None:
    with db.writing():
        assert db.run_all("put_reference", []) == 0
        assert db.run_all("add_event", iter(())) == 0


def test_several_processes_may_make_the_same_store_at_once(empty_url: str) -> None:
    names = [f"{n}" for n in range(4)]
    with processes(len(names)) as pool:
        assert list(pool.map(take_in_one, [empty_url] * len(names), names)) == [1] * len(names)
    with open_store(empty_url) as store:
        assert len(store.cases.list()) == len(names)


def test_an_older_store_is_upgraded_in_place(empty_url: str) -> None:
    with open_store(empty_url) as store:
        store.cases.take_in([alert("a", "c1", "u1")])
        before = store.cases.list()
    db = opened(empty_url, steps=steps_for(empty_url, MORE))
    assert (db.schema.found, db.schema.version) == (steps_for(empty_url)[-1].version, 99)
    db.close()
    opened(empty_url, steps=steps_for(empty_url, MORE)).close()
    with pytest.raises(StoreTooNew, match=r"has schema 99 and this riskdesk knows schemas up to \d+; use"):
        open_store(empty_url)
    later = opened(empty_url, steps=steps_for(empty_url, MORE))
    assert Store(later, store.policy).cases.list() == before
    later.close()


def test_a_step_that_fails_leaves_the_store_as_it_was(empty_url: str) -> None:
    opened(empty_url).close()
    broken = Migration(99, "0099_broken", "CREATE TABLE more (n INTEGER) STRICT;\nSELECT nothing;\n")
    with pytest.raises(Exception, match="nothing"):
        opened(empty_url, steps=steps_for(empty_url, broken))
    db = opened(empty_url, steps=steps_for(empty_url, MORE))
    assert db.schema.version == 99
    db.close()


def test_a_store_that_is_not_to_be_changed_is_left_as_old_as_it_is(empty_url: str) -> None:
    first = steps_for(empty_url)[:1]
    opened(empty_url, steps=first).close()
    with pytest.raises(StoreTooOld, match=r"schema 1 .*riskdesk store migrate"):
        opened(empty_url, upgrade=False)
    opened(empty_url, steps=first).close()


def test_a_store_that_is_not_there_is_made_only_where_wanted(empty_url: str) -> None:
    with pytest.raises(StoreMissing, match="no store"):
        opened(empty_url, create=False)
    opened(empty_url).close()
    opened(empty_url, create=False).close()


@contextmanager
def undone(db: Database) -> Iterator[None]:
    """A transaction that fails at its end."""
    with suppress(ZeroDivisionError), db.writing():
        yield
        raise ZeroDivisionError


def events(db: Database, case_id: str) -> list[str]:
    with db.reading():
        return names(db, case_id)


def names(db: Database, case_id: str) -> list[str]:
    return [row["what"] for row in db.rows("case_events", case_id=case_id)]


def letter(name: str, raw: bytes) -> dict[str, Any]:
    return {
        "id": name, "partition": "p", "offset": 1, "reason": "not_json", "detail": "d", "raw": raw, "at_ms": 1
    }  # fmt: skip
