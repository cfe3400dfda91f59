"""The retention command, on a real file."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.policy import QueuePolicy
from cases.retention.policy import RetentionPolicy
from cases.store import open_store
from cli.main import cli
from tests.cases.retention.old_desk import old_case
from tests.sqlite_store import sqlite_store

LEAD = ("--role", "lead", "--agent", "lead-2")
OFFICER = ("--role", "compliance", "--agent", "officer-1")
OPS = ("--role", "ops", "--agent", "ops-1")
NO_LONGER_THAN_NEEDED = RetentionPolicy(archive_after_months=0, purge_after_months=0, other_duty_months=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A desk with a case that was closed in January 2026, long ago by any clock."""
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found, policy=QueuePolicy(retention=NO_LONGER_THAN_NEEDED)) as store:
        old_case(store, "1", at_ms=1_768_000_000_000)
    return found


def run(url: str, *arguments: object) -> Result:
    return CliRunner().invoke(
        cli, ["retention", *map(str, arguments)], env={"RISKDESK_STORE": url, "RISKDESK_AGENT": "agent-7"}
    )


def test_a_case_is_archived_and_then_purged_unless_it_is_held(url, folder):
    keep = ("--folder", folder, *OPS)
    placed = run(url, "hold", "place", "customer:u1", "--order", "17", "--reason", "inquiry", *OFFICER)
    assert (placed.exit_code, "customer:u1  order 17" in placed.stdout) == (0, True)
    held = run(url, "archive", *keep)
    assert "0 files written" in held.stderr
    assert "stays: order 17 holds customer:u1" in held.stderr
    assert run(url, "hold", "release", 1, "--reason", "closed", *OFFICER).exit_code == 0
    assert run(url, "hold", "list", *LEAD).exit_code == 1
    archived = orjson.loads(run(url, "archive", *keep, "--json").stdout)
    assert (archived["month"], archived["cases"]) == ("2026-01", 1)
    assert [path.name for path in folder.iterdir()] == [archived["file"]]
    purged = run(url, "purge", *keep, "--json")
    assert (purged.exit_code, len(orjson.loads(purged.stdout)["purged"])) == (0, 1)


def test_a_customers_data_is_given_and_erased_once_two_people_agree(url, folder, tmp_path):
    out = tmp_path / "u1.json"
    assert run(url, "ask", "export", "u1", "--reason", "letter", *LEAD).exit_code == 0
    alone = run(url, "export", 1, "-o", out, *LEAD)
    assert (alone.exit_code, "second person" in alone.stderr, out.exists()) == (1, True, False)
    assert "waits for a second person" in run(url, "requests", *LEAD).stdout
    assert run(url, "approve", 1, *OFFICER).exit_code == 0
    assert run(url, "export", 1, "-o", out, *LEAD).exit_code == 0
    assert orjson.loads(out.read_bytes())["customer"] == "u1"

    run(url, "ask", "erase", "u1", "--reason", "letter", *LEAD)
    run(url, "approve", 2, *OFFICER)
    erased = run(url, "erase", 2, *LEAD, "--json")
    assert (erased.exit_code, orjson.loads(erased.stdout)["name"]) == (0, "erased-1")
    gone = run(url, "ask", "export", "u1", "--reason", "letter", *LEAD)
    assert gone.exit_code == 0
    run(url, "approve", 3, *OFFICER)
    nothing = run(url, "export", 3, "-o", out, *LEAD)
    assert (nothing.exit_code, "nothing about customer 'u1'" in nothing.stderr) == (1, True)


def test_who_may_not_is_told_who_may(url, folder):
    refused = run(url, "archive", "--folder", folder)
    assert (refused.exit_code, "that takes: ops" in refused.stderr) == (1, True)
