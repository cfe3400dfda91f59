"""A store that the first schema was made for, with what a desk had in it, brought up to date in place."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from cases.case import Status
from cases.integrity import faults
from cases.postgresql import PostgresDatabase
from cases.schema import migrations
from cases.sqlite import SqliteDatabase
from cases.store import open_store
from cases.who import Who
from tests.cases.made import HOUR_MS, NOON_MS, alert

_CASE = """
INSERT INTO case_ (
    id, subject, words, status, band, due_ms, opened_at_ms, alerts, probability, exposure_minor, currency,
    expected_loss_minor, breakdown, lease_by, lease_until_ms, lease_no, outcome, closed_by, closed_at_ms,
    merged_into
)
VALUES (
    '{id}', 'customer:{customer}', 'customer {customer}', '{status}', 2, {noon} + 1800000, {noon}, 1, 0.5,
    100, 'CNY', 50, '{{"severity": "medium", "tier": "private", "band": "rest"}}', {rest}
)
"""
_ALERT = """
INSERT INTO alert VALUES (
    'a{id}', '{case}', 'burst', 1, 'customer', '{customer}', '', {noon}, 2, 0.5, 'customer:{customer}', 100,
    'CNY', 1, 'private', 'six uses in ten minutes', '{{"id": "a{id}"}}'
)
"""
_SUBJECT = "INSERT INTO case_subject VALUES ('{id}', 'customer:{customer}', NULL, NULL, {live})"
_TASK = """
INSERT INTO task (case_id, kind, subject, state, made_at_ms, ended_at_ms)
VALUES ('{id}', 'call_customer', 'customer:{customer}', '{state}', {noon}, {ended})
"""
_EVENT = "INSERT INTO case_event (case_id, at_ms, actor, what) VALUES ('{id}', {noon}, '{actor}', '{what}')"


def first_desk() -> list[str]:
    """One case that is open, one that is held, one that was closed."""
    until = NOON_MS + HOUR_MS
    rests = {
        "open": "NULL, NULL, 0, NULL, NULL, NULL, NULL",
        "working": f"'a17', {until}, 3, NULL, NULL, NULL, NULL",
        "closed": f"NULL, NULL, 1, 'genuine', 'a18', {NOON_MS + 5}, NULL",
    }
    made = []
    for status, rest in rests.items():
        ended = status == "closed"
        names = {"id": f"C{status}", "case": f"C{status}", "customer": f"u-{status}", "noon": NOON_MS}
        made += [
            _CASE.format(**names, status=status, rest=rest),
            _ALERT.format(**{**names, "id": status}),
            _SUBJECT.format(**names, live=0 if ended else 1),
            _TASK.format(**names, state="done" if ended else "ready", ended=NOON_MS + 5 if ended else "NULL"),
            _EVENT.format(**names, actor="riskdesk", what="opened"),
        ]
    return [*made, _EVENT.format(id="Cworking", noon=NOON_MS + 3, actor="a17", what="claimed")]


@pytest.fixture(params=["sqlite", "postgresql"])
def first_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        SqliteDatabase(path, steps=migrations("sqlite")[:1]).close()
        with closing(sqlite3.connect(path)) as raw, raw:
            for statement in first_desk():
                raw.execute(statement)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_empty_url")
    PostgresDatabase(url, steps=migrations("postgresql")[:1]).close()
    with psycopg.connect(url) as connection:
        for statement in first_desk():
            connection.execute(statement.encode())
    return url


def test_a_store_of_the_first_schema_keeps_its_cases_and_who_holds_them(first_url: str) -> None:
    with open_store(first_url) as store:
        assert (store.db.schema.found, store.db.schema.version) == (1, migrations()[-1].version)
        assert faults(store.db) == ()
        files = {file.case.id: file for file in map(store.cases.show, ("Copen", "Cworking", "Cclosed"))}
        assert {name: file.case.status.value for name, file in files.items()} == {
            "Copen": "open",
            "Cworking": "working",
            "Cclosed": "closed",
        }
        (held,) = files["Cworking"].tasks
        assert (held.lease_by, held.lease_until_ms, held.lease_no) == ("a17", NOON_MS + HOUR_MS, 3)
        assert [entry.what for entry in files["Cworking"].timeline][:2] == ["opened", "claimed"]
        assert files["Cclosed"].case.outcome == "genuine"
        assert [case.id for case in store.cases.list([Status.CLOSED])] == ["Cclosed"]


def test_a_store_of_the_first_schema_is_worked_on(first_url: str) -> None:
    with open_store(first_url) as store:
        assert store.cases.take_in([alert("a", "c1", "u-open"), alert("b", "c9", "u-new")]) == 2
        assert len(store.cases.list()) == 3
        claimed = store.work.next(Who("a19"), NOON_MS + 10)
        assert claimed is not None
        assert claimed.case.id != "Cworking"
        assert faults(store.db) == ()
