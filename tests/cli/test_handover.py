"""The `handover` command."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.findings import Severity
from tests.cases.made import NOON_MS, alert
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
    return found


def run(url: str, agent: str, *words: str, role: str = "lead") -> Result:
    who = {"RISKDESK_STORE": url, "RISKDESK_AGENT": agent, "RISKDESK_ROLE": role}
    return CliRunner().invoke(cli, ["handover", *words], env=who)


def test_it_is_made_shown_and_taken_over_by_the_incoming_lead(url: str) -> None:
    made = run(url, "lead-1", "--make", "--note", "branch 12 has no power", "--json")
    assert made.exit_code == 0, made.stderr
    record = orjson.loads(made.stdout)
    assert (record["handover"], record["made_by"], record["acknowledged_by"]) == (1, "lead-1", None)
    assert record["note"] == "branch 12 has no power"
    assert [case["words"] for case in record["urgent"]] == ["customer u1"]
    own = run(url, "lead-1", "--acknowledge")
    assert (own.exit_code, "the incoming lead takes it over" in own.stderr) == (1, True)
    assert run(url, "a17", "--acknowledge", role="agent").exit_code == 1
    taken = orjson.loads(run(url, "lead-2", "--acknowledge", "--json").stdout)
    assert taken["acknowledged_by"] == "lead-2"
    again = run(url, "lead-3", "--acknowledge", "--id", "1")
    assert (again.exit_code, "was taken over by lead-2" in again.stderr) == (1, True)


def test_the_page_says_it_in_words(url: str) -> None:
    run(url, "lead-1", "--make")
    words = run(url, "lead-2").stdout
    assert "by lead-1, not taken over yet" in words
    assert "Critical and high cases: 1" in words
    assert "words customer u1, band critical" in words
    assert "Blocks that nobody has checked: none" in words
    assert "Backlog in hours of their work: not known" in words


def test_without_one_it_says_how_to_make_it(url: str) -> None:
    result = run(url, "lead-1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the lead makes one with --make" in result.stderr
