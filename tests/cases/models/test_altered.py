"""What was learnt is what scores: nothing is changed in passing, and changes by force are noticed."""

import pytest

from cases.errors import StoreError
from cases.store import Store
from tests.cases.actions.desk import execute
from tests.cases.made import HOUR_MS, NOON_MS
from tests.cases.models.learnt import ANALYST, add, promote, taken, terminals
from tests.cases.profiles.signed import REFUSED_BY_THE_DATABASE

TABLES = ("learnt_table", "model_proposal", "model_decision")


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_ever_changed_or_deleted(store: Store, url: str, table: str) -> None:
    promote(store, add(store, "m1"))
    for statement in (f"UPDATE {table} SET name = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(REFUSED_BY_THE_DATABASE, match="append-only"):
            execute(url, statement)


def past_the_guard(url: str, statement: str) -> None:
    """Change rows as whoever owns the database could."""
    for table in TABLES:
        if url.startswith("sqlite"):
            execute(url, f"DROP TRIGGER {table}_is_never_changed")
            execute(url, f"DROP TRIGGER {table}_is_never_deleted")
        else:
            execute(url, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    execute(url, statement.format(blob="BLOB" if url.startswith("sqlite") else "BYTEA"))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE learnt_table SET body = CAST('x' AS {blob})", "does not have the digest"),
        ("UPDATE learnt_table SET digest = 'x'", "does not have the digest"),
        ("UPDATE learnt_table SET version = 'x' WHERE version = 'm2'", "vouches for no such version"),
        ("UPDATE learnt_table SET since_ms = 1 WHERE version = 't1'", "vouches for no such version"),
        ("UPDATE model_decision SET in_force_ms = in_force_ms + 1", "vouches for no model_approved"),
        ("UPDATE model_decision SET checker = 'lead-9'", "vouches for no model_approved"),
        ("DELETE FROM model_decision", "the audit has 1 approvals of it and the store 0"),
        ("DELETE FROM learnt_table WHERE version = 't2'", "has 2 publications of it and the store 1"),
    ],
)
def test_what_was_altered_goes_into_no_flow(store: Store, url: str, statement: str, words: str) -> None:
    add(store, "m1")
    promote(store, add(store, "m2"))
    for hours, body in ((1, terminals("t1")), (2, terminals("t2", "a"))):
        store.models.publish(body, ANALYST, NOON_MS, "refreshed", since_ms=NOON_MS + hours * HOUR_MS)
    assert len(taken(store)) == 3
    past_the_guard(url, statement)
    with pytest.raises(StoreError, match=f"is not what was signed off: .*{words}"):
        taken(store)


def test_an_approval_that_nobody_gave_lets_nothing_take_effect(store: Store, url: str) -> None:
    add(store, "m1")
    store.models.propose(1, ANALYST, NOON_MS, "better")
    execute(
        url,
        "INSERT INTO model_decision (name, turn, maker, verdict, checker, role, at_ms, note, in_force_ms) "
        "VALUES ('risk_model', 1, 'ana-1', 'approved', 'lead-2', 'lead', 1, '', 2)",
    )
    with pytest.raises(StoreError, match="the audit has 0 approvals of it and the store 1"):
        taken(store)
