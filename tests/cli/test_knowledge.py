"""The knowledge command, on a real file."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from tests.cases.closed import live_case
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found):
        return found


def run(url: str, *arguments: str) -> Result:
    env = {"RISKDESK_STORE": url, "RISKDESK_AGENT": "lead-2", "RISKDESK_ROLE": "lead"}
    return CliRunner().invoke(cli, ["knowledge", *arguments], env=env)


def test_the_shipped_articles_are_loaded_listed_and_found(url):
    loaded = run(url, "load", "--json")
    assert (loaded.exit_code, "0 renewed, 0 kept" in loaded.stderr) == (0, True)
    assert "burst" in orjson.loads(loaded.stdout)["added"]
    assert run(url, "list", "--detector", "burst").stdout.startswith("burst  Many uses")
    found = run(url, "search", "冻结", "--json")
    assert "temporary-block" in [orjson.loads(line)["article"] for line in found.stdout.splitlines()]
    assert run(url, "search", "nothingofthekind").exit_code == 1


def test_a_case_finds_its_articles(url):
    run(url, "load")
    with open_store(url) as store:
        case_id = live_case(store, alert("a", "c1", "u1"))
    found = run(url, "search", "--case", case_id, "--json")
    assert orjson.loads(found.stdout)["matched"] == {"detectors": ["impossible_travel"], "words": []}


def test_what_show_prints_is_what_edit_reads(url, tmp_path):
    run(url, "load")
    shown = run(url, "show", "burst")
    file = tmp_path / "mine.md"
    file.write_text(shown.stdout + "\nAsk the lead.\n", encoding="utf-8")
    edited = run(url, "edit", "burst", "--from", str(file), "--reason", "agreed", "--replaces", "1")
    assert (edited.exit_code, "burst is at version 2" in edited.stderr) == (0, True)
    assert run(url, "show", "burst").stdout == file.read_text("utf-8")
    assert run(url, "show", "burst", "--version", "1").stdout == shown.stdout
    history = run(url, "show", "burst", "--history").stdout
    assert ["agreed" in line for line in history.splitlines()] == [False, True]
    stale = run(url, "edit", "burst", "--from", str(file), "--reason", "agreed", "--replaces", "1")
    assert (stale.exit_code, "read the newer one" in stale.stderr) == (1, True)


def test_wrong_use_is_told_apart(url, tmp_path):
    file = tmp_path / "mine.md"
    file.write_text("no front", encoding="utf-8")
    assert run(url, "load", str(file), "--reason", "ours").exit_code == 2
    assert run(url, "load", str(file)).exit_code == 2
    assert run(url, "search").exit_code == 2
    assert run(url, "show", "unheard-of").exit_code == 1
