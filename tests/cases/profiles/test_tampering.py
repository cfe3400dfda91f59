"""What was signed off is what runs: nothing is changed in passing, and changes by force are noticed."""

from hashlib import sha256
from pathlib import Path

import pytest

from cases.audit.keys import KEYS_VARIABLE
from cases.errors import KeyTrouble, StoreError
from cases.store import Store, open_store
from tests.cases.actions.desk import execute
from tests.cases.made import NOON_MS
from tests.cases.profiles.signed import (
    ANALYST,
    FULL,
    REFUSED_BY_THE_DATABASE,
    add,
    at,
    content,
    promote,
)

TABLES = ("profile_file", "profile_version", "profile_table", "profile_proposal", "profile_decision")


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_ever_changed_or_deleted(store: Store, url: str, table: str) -> None:
    store.profiles.add(content("limit: 5", *FULL), ANALYST, NOON_MS, "to begin with")
    promote(store, 1)
    column = "digest" if table == "profile_file" else "name"
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(REFUSED_BY_THE_DATABASE, match="append-only"):
            execute(url, statement)


def past_the_guard(url: str, table: str, statement: str) -> None:
    """Change a row as whoever owns the database could."""
    if url.startswith("sqlite"):
        execute(url, f"DROP TRIGGER {table}_is_never_changed")
        execute(url, f"DROP TRIGGER {table}_is_never_deleted")
    else:
        execute(url, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    execute(url, statement)


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("profile_version", "UPDATE profile_version SET text = 'limit: 99'"),
        ("profile_file", "UPDATE profile_file SET body = CAST('b' AS {blob}) WHERE digest = '{a}'"),
        ("profile_table", "UPDATE profile_table SET path = 'c.json' WHERE path = 'a.json'"),
        ("profile_table", "DELETE FROM profile_table WHERE path = 'a.json'"),
    ],
)
def test_a_text_or_table_that_was_altered_is_noticed_by_its_digest(
    store: Store, url: str, table: str, statement: str
) -> None:
    store.profiles.add(content("limit: 5", *FULL), ANALYST, NOON_MS, "to begin with")
    promote(store, 1)
    store.profiles.get(at())
    blob = "BLOB" if url.startswith("sqlite") else "BYTEA"
    past_the_guard(url, table, statement.format(blob=blob, a=sha256(b"a").hexdigest()))
    with pytest.raises(StoreError, match="night@1 is not what was signed off: its text or its tables"):
        store.profiles.get(at(1))
    with pytest.raises(StoreError, match="night@1 is not what was signed off"):
        store.profiles.get(at())


def test_a_version_under_a_digest_of_its_own_is_not_what_the_audit_saw(store: Store, url: str) -> None:
    add(store, "limit: 5")
    forged = content("limit: 99")
    past_the_guard(
        url,
        "profile_version",
        f"UPDATE profile_version SET text = '{forged.text}', digest = '{forged.digest}'",
    )
    with pytest.raises(StoreError, match="night@1 is not what was signed off: the audit vouches for no such"):
        store.profiles.get(at(1))
    with pytest.raises(StoreError, match="not what was signed off"):
        store.profiles.promote(at(1), ANALYST, NOON_MS, "better")


def test_an_approval_that_nobody_gave_brings_nothing_into_force(store: Store, url: str) -> None:
    add(store, "limit: 5")
    store.profiles.promote(at(1), ANALYST, NOON_MS, "better")
    execute(
        url,
        "INSERT INTO profile_decision (name, turn, maker, verdict, checker, role, at_ms, note) "
        "VALUES ('night', 1, 'ana-1', 'approved', 'lead-2', 'lead', 1, '')",
    )
    with pytest.raises(StoreError, match="the audit has 0 approvals of it and the store 1"):
        store.profiles.get(at())


def test_an_approval_that_is_gone_does_not_bring_back_what_was_in_force_before(
    store: Store, url: str
) -> None:
    promote(store, add(store, "limit: 5"))
    promote(store, add(store, "limit: 6"))
    past_the_guard(url, "profile_decision", "DELETE FROM profile_decision WHERE turn = 2")
    with pytest.raises(StoreError, match="the audit has 2 approvals of it and the store 1"):
        store.profiles.in_force("night")


def test_an_approval_in_which_somebody_else_was_put_is_noticed(store: Store, url: str) -> None:
    promote(store, add(store, "limit: 5"))
    past_the_guard(url, "profile_decision", "UPDATE profile_decision SET checker = 'lead-9'")
    with pytest.raises(StoreError, match="the audit vouches for no profile_approved of it"):
        store.profiles.in_force("night")


def test_without_the_key_the_digest_alone_is_looked_at_and_another_key_is_told(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_store(sqlite_url) as store:
        promote(store, add(store, "limit: 5"))
    monkeypatch.setenv(KEYS_VARIABLE, str(tmp_path / "none"))
    with open_store(sqlite_url) as flow:
        assert flow.profiles.get(at())[0].number == 1
    with open_store(f"sqlite:///{tmp_path}/other.db") as other:
        add(other, "limit: 5")
    with open_store(sqlite_url) as flow, pytest.raises(KeyTrouble, match="point RISKDESK_KEYS"):
        flow.profiles.get(at())
