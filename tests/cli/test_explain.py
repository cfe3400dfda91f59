"""The `explain` command."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cases.who import Role, Who
from cli.main import cli
from connectors.alert_file import read_alert_file
from connectors.files import read_blocks
from connectors.reference_files import read_reference
from detectors import available
from detectors.examples import problem, read_text
from domain.alerts import Alert
from domain.findings import Severity
from domain.instants import to_ms
from tests.flows.running import NIGHT, PROFILE

ALERTS = list(read_alert_file(NIGHT / "alerts.jsonl"))
BURST = next(each for each in ALERTS if each["detector"] == "burst")
TRAVEL = next(each for each in ALERTS if each["detector"] == "impossible_travel")


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night's events of two cards."""
    path = tmp_path_factory.mktemp("over") / "cards.jsonl"
    lines = b"".join(block.data for block in read_blocks(NIGHT / "transactions.jsonl.zst"))
    cards = [each["card"].encode() for each in (BURST, TRAVEL)]
    kept = [line for line in lines.splitlines(keepends=True) if any(card in line for card in cards)]
    path.write_bytes(b"".join(kept))
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with the night's reference data."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/night.db"
    with open_store(url) as opened:
        opened.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))
    return url


def run(over: Path, *words: str | Path) -> Result:
    given = ["--from", NIGHT / "alerts.jsonl", "--profile", PROFILE, "--over", over, *words]
    return CliRunner().invoke(cli, ["explain", *map(str, given)])


def test_an_alert_is_explained_in_words_by_the_beginning_of_its_id(over: Path, store: str) -> None:
    result = run(over, BURST["id"][:10], "--store", store)
    assert result.exit_code == 0, result.output
    words = " ".join(result.stdout.split())
    assert f"burst {BURST['id']}" in words
    assert f"Why: {BURST['reason']}" in words
    assert "In force: version 1, window 10 minutes, uses 6," in words
    assert "Today: the same version; the same parameters" in words
    assert "It fires again, with all of its evidence, by 6 events: " in words
    assert BURST["event_id"] in words


def test_an_examples_file_is_written_that_passes(over: Path, store: str, tmp_path: Path) -> None:
    out = tmp_path / "burst.examples.yaml"
    result = run(over, BURST["id"], "--store", store, "-o", out)
    assert result.exit_code == 0, result.output
    text = out.read_text("utf-8")
    assert BURST["id"] in text
    assert [problem(available()["burst"], example) for example in read_text(text, out.name)] == [None]


def test_alerts_of_several_detectors_go_into_a_folder(over: Path, store: str, tmp_path: Path) -> None:
    both = (BURST["id"], TRAVEL["id"], "--store", store)
    result = run(over, *both, "-o", tmp_path / "one.yaml")
    assert (result.exit_code, "-o should name a folder" in result.output) == (2, True)
    assert run(over, *both, "-o", tmp_path / "examples").exit_code == 0
    written = sorted(path.name for path in (tmp_path / "examples").iterdir())
    assert written == ["burst.examples.yaml", "impossible_travel.examples.yaml"]


def test_as_json_it_is_one_object_also_of_what_does_not_fire_again(over: Path, store: str) -> None:
    result = run(over, "--all", "--store", store, "--json")
    assert result.exit_code == 1
    found = orjson.loads(result.stdout)
    assert len(found["explained"]) + len(found["unexplained"]) == len(ALERTS)
    (burst,) = (each for each in found["explained"] if each["alert"]["id"] == BURST["id"])
    assert len(burst["exact"]["events"]) == len(burst["minimal"]["events"]) == 6
    assert burst["today"] == {"enabled": True, "version": 1, "changes": {}}
    assert all("give the files that it fired over" in each["why"] for each in found["unexplained"])
    assert "does not fire again: no recorded event is of" in result.stderr


def test_which_alerts_must_be_said_and_be_there(over: Path) -> None:
    assert "name the alerts to explain, or give --all" in run(over).output
    assert "name the alerts to explain, or give --all" in run(over, "--all", BURST["id"]).output
    assert "0 alerts of" in run(over, "nothing").output
    assert "42 alerts of" in run(over, "").output


def test_alerts_of_a_store_are_explained_with_its_reference_data_and_the_reading_is_on_record(
    over: Path, store: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    Path(url.removeprefix("sqlite:///")).write_bytes(Path(store.removeprefix("sqlite:///")).read_bytes())
    with open_store(url) as opened:
        opened.cases.take_in([told(BURST)])
    given = [
        "--from",
        url,
        "--profile",
        PROFILE,
        "--over",
        over,
        "--all",
        "--agent",
        "ana",
        "--role",
        "analyst",
    ]
    result = CliRunner().invoke(cli, ["explain", *map(str, given)])
    assert result.exit_code == 0, result.output
    assert f"burst  {BURST['id']}" in result.stdout
    with open_store(url) as opened:
        (entry,) = opened.audit.list(Who("otto", Role.AUDITOR), 0, verb="viewed")
    assert (entry.actor, entry.object) == ("ana", "queue:alerts")
    refused = CliRunner().invoke(cli, ["explain", *map(str, given[:-1]), "ops"])
    assert (refused.exit_code, "may not read cases" in refused.output) == (1, True)


def told(record: dict[str, Any]) -> Alert:
    """Give the alert of a record about one card."""
    names = set(Alert.__struct_fields__) & record.keys() - {"members", "severity"}
    return Alert(
        **{name: record[name] for name in names},
        at_ms=to_ms(datetime.fromisoformat(record["at"])),
        severity=Severity[record["severity"].upper()],
    )
