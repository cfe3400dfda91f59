"""`riskdesk store`: brings a store up to date, and finds what must never be in one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.schema import migrations
from cases.sqlite import SqliteDatabase
from cases.store import open_store
from cli.main import cli
from tests.cases.made import alert

NEWEST = migrations()[-1].version


def riskdesk(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(cli, ["store", *arguments], env=env)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def url(path: Path) -> str:
    with open_store(f"sqlite:///{path}") as store:
        store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2")])
    return f"sqlite:///{path}"


def spoil(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(change)


def test_a_store_is_made_and_then_found_up_to_date(path: Path) -> None:
    made = riskdesk("migrate", f"sqlite:///{path}", "--json")
    assert orjson.loads(made.stdout) == {"found": 0, "version": NEWEST}
    again = riskdesk("migrate", "--store", f"sqlite:///{path}")
    assert (again.exit_code, again.stderr) == (0, f"the store is up to date: schema {NEWEST}\n")


def test_an_old_store_is_not_checked_but_named_and_then_brought_up_to_date(path: Path) -> None:
    SqliteDatabase(path, steps=migrations()[:1]).close()
    found = riskdesk("check", f"sqlite:///{path}")
    assert found.exit_code == 1
    assert f"has schema 1 and this riskdesk has {NEWEST}" in found.stderr
    assert riskdesk("migrate", f"sqlite:///{path}").stderr.startswith("the store was brought from schema 1")
    assert riskdesk("check", f"sqlite:///{path}").exit_code == 0


def test_a_postgresql_store_is_migrated_and_checked_too(postgres_empty_url: str) -> None:
    missing = riskdesk("check", postgres_empty_url)
    assert missing.exit_code == 1
    assert "riskdesk store migrate" in missing.stderr
    assert riskdesk("migrate", postgres_empty_url).exit_code == 0
    assert riskdesk("check", RISKDESK_STORE=postgres_empty_url).exit_code == 0


def test_the_grants_of_a_postgresql_store_are_sql_for_its_owner(postgres_url: str) -> None:
    granted = riskdesk("grant", "desk_app", "--store", postgres_url)
    assert (granted.exit_code, granted.stderr) == (0, "")
    lines = granted.stdout.splitlines()
    assert lines[0] == 'GRANT USAGE ON SCHEMA "public" TO "desk_app";'
    (guarded,) = (line for line in lines if '"audit_seal"' in line)
    assert guarded.startswith("REVOKE UPDATE, DELETE ON ")
    assert {'"public"."audit"', '"public"."case_event"'} <= set(guarded.replace(",", "").split())


def test_an_sqlite_store_has_no_roles(url: str) -> None:
    refused = riskdesk("grant", "desk_app", "--store", url)
    assert (refused.exit_code, "an SQLite store has no roles" in refused.stderr) == (2, True)


def test_a_whole_store_has_nothing_wrong(url: str) -> None:
    found = riskdesk("check", url)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == f"schema {NEWEST}: nothing wrong\n"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE task SET state = 'done', ended_at_ms = 1", "nothing is left to do"),
        (
            "UPDATE case_ SET status = 'closed', outcome = 'genuine', closed_by = 'a', closed_at_ms = 1",
            "something is still to be done",
        ),
        ("UPDATE alert SET case_id = 'C0'", "whose case is not there"),
        ("UPDATE case_ SET alerts = 7", "another number of alerts"),
        ("UPDATE case_subject SET live = 0", "without owning their subjects"),
    ],
)
def test_what_must_never_be_is_found_and_named(url: str, path: Path, change: str, what: str) -> None:
    spoil(path, change)
    found = riskdesk("check", url)
    assert found.exit_code == 1
    (line,) = [line for line in found.stdout.splitlines() if what in line]
    with closing(sqlite3.connect(path)) as raw:
        names = {row[0] for row in raw.execute("SELECT id FROM case_ UNION SELECT id FROM alert")}
    assert any(name in line for name in names)
    faults = [orjson.loads(line) for line in riskdesk("check", url, "--json").stdout.splitlines()]
    assert {len(fault["ids"]) for fault in faults if what in fault["what"]} == {2}


def test_a_damaged_file_is_said_to_be_damaged(url: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'alert_by_case'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(root - 1) * size + 8 : (root - 1) * size + 40] = bytes(32)
    path.write_bytes(data)
    found = riskdesk("check", url)
    assert found.exit_code == 1
    assert found.stdout


def test_a_store_must_be_named(url: str) -> None:
    for command in ("check", "migrate"):
        assert riskdesk(command).exit_code == 2
        assert riskdesk(command, "mysql://desk").exit_code == 2
