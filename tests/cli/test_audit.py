"""The audit command, on a real file."""

import sqlite3
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.audit.log import record
from cases.store import open_store
from cases.who import Who
from cli.main import cli
from tests.cases.made import NOON_MS
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        for number in range(1, 5):
            with store.db.writing():
                record(store.db, Who("agent-7"), "closed", f"case:C{number}", NOON_MS + number * 1000)
    return found


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments], env={"RISKDESK_STORE": url})


def touch(url: str, statement: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("DROP TRIGGER audit_is_never_changed")
    connection.execute("DROP TRIGGER audit_is_never_deleted")
    connection.execute(statement)
    connection.close()


def test_a_whole_audit_is_said_to_be_whole(url: str) -> None:
    result = run(url, "verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "4 rows, not sealed yet: as they were written\n"


def test_the_row_that_was_touched_is_named_with_exit_code_one(url: str) -> None:
    touch(url, "UPDATE audit SET actor = 'agent-8' WHERE seq = 3")
    result = run(url, "verify")
    assert result.exit_code == 1
    assert result.stdout == "row 3 was edited; it now says: 2026-03-05T12:00:03.000Z agent-8 closed case:C3\n"
    assert result.stderr == "4 rows, not sealed yet: 1 fault\n"


def test_faults_are_printed_as_json_lines(url: str) -> None:
    touch(url, "DELETE FROM audit WHERE seq = 2")
    (line,) = run(url, "verify", "--json").stdout.splitlines()
    assert orjson.loads(line) == {"seq": 2, "seq_to": 2, "kind": "deleted", "words": "row 2 was deleted"}


def test_a_seal_outside_the_store_shows_that_the_end_was_cut_off(url: str, tmp_path: Path) -> None:
    seals = str(tmp_path / "outside.jsonl")
    assert run(url, "seal", "--seals", seals).stderr == "rows 1 to 4 are sealed\n"
    assert run(url, "seal", "--seals", seals).stderr == "nothing new to seal\n"
    touch(url, "DELETE FROM audit WHERE seq > 2")
    result = run(url, "verify", "--seals", seals)
    assert (result.exit_code, result.stdout) == (1, "rows 3 to 4 were cut off at the end of the audit\n")


def test_verifying_without_the_key_says_where_it_was_looked_for(url: str, tmp_path: Path) -> None:
    (tmp_path / "keys" / "audit.key").unlink()
    result = run(url, "verify")
    assert result.exit_code == 1
    assert f"their key is not in {tmp_path}/keys; point RISKDESK_KEYS to" in result.stderr


def test_rows_are_listed_to_those_who_may_read_them(url: str) -> None:
    refused = run(url, "list", "--agent", "agent-7")
    assert refused.exit_code == 1
    assert "agent-7 (agent) may not read audit; that takes: lead, auditor, compliance" in refused.stderr
    listed = run(url, "list", "--agent", "au-1", "--role", "auditor", "--object", "case:C3")
    assert listed.exit_code == 0
    assert "2026-03-05 12:00:03" in listed.stdout
    assert "case:C4" not in listed.stdout
    (record_,) = run(
        url, "list", "--agent", "au-1", "--role", "auditor", "--verb", "audit_read", "--json"
    ).stdout.splitlines()
    assert orjson.loads(record_)["object"] == "case:C3"


def test_no_row_is_exit_code_one(url: str) -> None:
    result = run(url, "list", "--agent", "au-1", "--role", "auditor", "--verb", "nothing")
    assert (result.exit_code, result.stdout) == (1, "no row here\n")
