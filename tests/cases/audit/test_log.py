"""What is written into the audit, and that it stays."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from cases.audit.chain import GENESIS, Entry, entries, value_hash
from cases.audit.log import Act, record, record_all, viewed
from cases.errors import KeyTrouble
from cases.store import Store, open_store
from cases.who import DESK_ITSELF
from tests.cases.audit.conftest import AGENT, NOON_MS, note, run_raw


def rows_of(store: Store) -> list[Entry]:
    with store.db.reading():
        return entries(store.db.rows("audit_rows", seq_from=1, seq_to=1000))


def test_a_row_says_who_did_what_when_to_what_and_why(store: Store) -> None:
    note(store, 1)
    (row,) = rows_of(store)
    assert row[:7] == (1, NOON_MS + 1000, "agent-7", "agent", "s1", "closed", "case:C1")
    assert row.reason == "asked 1"
    assert row.prev_hash == GENESIS


def test_what_was_changed_is_kept_as_hashes_that_differ_when_it_does(store: Store) -> None:
    with store.db.writing():
        for after in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2}, None):
            record(store.db, AGENT, "changed", "case:C1", NOON_MS, before={"a": 1, "b": 2}, after=after)
    first, same, other, none = rows_of(store)
    assert first.before_h == first.after_h == same.after_h
    assert other.after_h != first.after_h
    assert none.after_h is None


def test_the_hash_of_a_value_depends_on_the_key() -> None:
    assert value_hash(b"k" * 32, {"outcome": "genuine"}) != value_hash(b"j" * 32, {"outcome": "genuine"})


def test_each_row_follows_the_one_before(audited: Store) -> None:
    rows = rows_of(audited)
    assert [row.seq for row in rows] == list(range(1, 10))
    assert [row.prev_hash for row in rows] == [GENESIS, *(row.hash for row in rows[:-1])]


def test_an_act_that_is_undone_leaves_no_row_and_no_gap(store: Store) -> None:
    def interrupted() -> None:
        with store.db.writing():
            record(store.db, AGENT, "closed", "case:C1", NOON_MS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    note(store, 2)
    assert [(row.seq, row.object) for row in rows_of(store)] == [(1, "case:C2")]


def test_the_rows_of_one_transaction_keep_their_order(store: Store) -> None:
    with store.db.writing():
        record(store.db, AGENT, "first", "case:C1", NOON_MS)
        record_all(store.db, [Act(DESK_ITSELF, verb, "case:C1", NOON_MS) for verb in ("second", "third")])
        viewed(store.db, AGENT, "case:C1", NOON_MS, "on the phone")
    assert [row.verb for row in rows_of(store)] == ["first", "second", "third", "viewed"]


def test_nothing_to_record_writes_nothing(store: Store) -> None:
    with store.db.writing():
        record_all(store.db, [])
    assert not rows_of(store)


def test_card_numbers_in_reasons_are_masked(store: Store) -> None:
    with store.db.writing():
        record(store.db, AGENT, "noted", "case:C1", NOON_MS, reason="card 4111 1111 1111 1111 he said")
    assert rows_of(store)[0].reason == "card **** **** **** 1111 he said"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'someone' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_change_rows(audited: Store, url: str, statement: str) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match="append-only"):
        run_raw(url, statement)
    assert len(rows_of(audited)) == 9


def test_several_threads_of_several_stores_make_one_chain(store: Store, url: str, seals: Path) -> None:
    with open_store(url) as other, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: note((store, other)[number % 2], number), range(1, 41)))
    assert len({row.object for row in rows_of(store)}) == 40
    assert store.audit.verify().breaks == ()


def test_a_store_whose_key_is_gone_takes_no_rows_and_says_so(audited: Store, url: str) -> None:
    (audited.db.keys.folder / "audit.key").unlink()
    with open_store(url) as opened, pytest.raises(KeyTrouble, match=r"their key is not in .*keys"):
        note(opened, 10)
    assert not (audited.db.keys.folder / "audit.key").exists()


def test_a_key_of_another_store_takes_no_rows_and_says_so(audited: Store, url: str) -> None:
    (audited.db.keys.folder / "audit.key").write_text("ab" * 32)
    with open_store(url) as opened, pytest.raises(KeyTrouble, match="holds another"):
        note(opened, 10)
    assert len(rows_of(audited)) == 9
