"""A store from before there were cases of devices is brought up to date with the work that goes on in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from cases.database import Database
from cases.dialects import postgresql_migration
from cases.integrity import faults
from cases.postgresql import PostgresDatabase
from cases.schema import Dialect, Migration, migrations
from cases.sqlite import SqliteDatabase
from cases.store import open_store
from cases.work_orders.order import OrderState
from tests.cases.device_cases.machines import AGENT, LEAD, one_case, raised, work
from tests.cases.made import HOUR_MS, NOON_MS

UNTIL = NOON_MS + HOUR_MS
LEFT = (
    f"""
    INSERT INTO case_ (
        id, subject, words, status, band, due_ms, opened_at_ms, ready_at_ms, alerts, probability,
        exposure_minor, currency, expected_loss_minor, breakdown
    )
    VALUES (
        'Cold', 'customer:u1', 'customer u1', 'working', 1, {UNTIL}, {NOON_MS}, {NOON_MS}, 1, 0.5, 1, 'CNY',
        1, '{{"severity": "high", "band": "high"}}'
    )
    """,
    f"""
    INSERT INTO alert
    VALUES (
        'aold', 'Cold', 'burst', 1, 'customer', 'u1', '', {NOON_MS}, 1, 0.5, 'customer:u1', 1, 'CNY', 1, NULL,
        'six uses', '{{"id": "aold"}}'
    )
    """,
    "INSERT INTO case_subject VALUES ('Cold', 'customer:u1', NULL, NULL, 1)",
    f"""
    INSERT INTO task (
        id, case_id, kind, subject, skill, state, band, due_ms, attempt_no, lease_by, lease_session,
        leased_at_ms, lease_until_ms, lease_no, made_at_ms
    )
    VALUES (
        7, 'Cold', 'call_customer', 'customer:u1', 'general', 'leased', 1, {UNTIL}, 2, 'a17', '', {NOON_MS},
        {UNTIL}, 3, {NOON_MS}
    )
    """,
    f"""
    INSERT INTO attempt (
        id, task_id, case_id, customer, reference, agent, lease_no, started_at_ms, ended_at_ms, disposition,
        script, script_version
    )
    VALUES (
        1, 7, 'Cold', 'u1', 'u1-mobile', 'a17', 3, {NOON_MS}, {NOON_MS + 5}, 'no_answer', 'default', 1
    )
    """,
    f"""
    INSERT INTO work_order (
        id, case_id, number, department, kind, what, state, due_ms, made_by, made_at_ms
    )
    VALUES ('Cold-W1', 'Cold', 1, 'vendor', 'terminal_check', 'look', 'open', {UNTIL}, 'a17', {NOON_MS})
    """,
)


def before(dialect: Dialect) -> tuple[Migration, ...]:
    return tuple(step for step in migrations(dialect) if step.version < 11)


def left(db: Database) -> None:
    assert db.schema.version == 10
    db.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        left(SqliteDatabase(path, steps=before("sqlite")))
        with closing(sqlite3.connect(path)) as raw, raw:
            for statement in LEFT:
                raw.execute(statement)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_empty_url")
    left(PostgresDatabase(url, steps=before("postgresql")))
    with psycopg.connect(url) as connection:
        for statement in LEFT:
            connection.execute(postgresql_migration(statement).encode())
    return url


def test_calls_and_orders_under_way_go_on(old_url: str) -> None:
    with open_store(old_url) as store:
        assert faults(store.db) == ()
        (task,) = store.cases.show("Cold").tasks
        assert (task.id, task.lease_by, task.lease_no, task.attempt_no) == (7, "a17", 3, 2)
        assert "tried once on 1 number" in dict(store.calling.sentences("Cold", NOON_MS))["customer:u1"]
        (order,) = store.work_orders.list()
        assert (order.id, order.state, order.task_id) == ("Cold-W1", OrderState.OPEN, None)
        assert store.work.renew(7, AGENT, 3, NOON_MS + 10).task.id == 7
        assert store.cases.show("Cold").case.kind == "fraud"


def test_devices_have_cases_then(old_url: str) -> None:
    with open_store(old_url) as store:
        case_id = one_case(store, raised("a", "app_fault", component="app"))
        assert work(store, case_id) == {("remote_reset", "device:atm-4", "general")}
        assert one_case(store, raised("b", "card_retained", members=[("c1", "u1")])) == "Cold"
        reset = store.work.claim(case_id, LEAD, NOON_MS).task.id
        store.work.complete(reset, LEAD, None, "", NOON_MS + 1)
        assert faults(store.db) == ()
