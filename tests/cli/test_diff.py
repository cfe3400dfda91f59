"""The `diff` command."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cases.who import Role, Who
from cli.main import cli
from domain.alerts import Alert, alert_record
from tests.cases.made import HOUR_MS, NOON_MS, alert

FIRST = [alert("a", "c1", "u1"), alert("b", "c2", "u2")]
SECOND = [alert("a", "c1", "u1", probability=0.75), alert("c", "c3", "u3", at_ms=HOUR_MS)]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["diff", *map(str, words)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The alerts of two runs."""
    return written(tmp_path / "a.jsonl", FIRST), written(tmp_path / "b.jsonl", SECOND)


def written(path: Path, alerts: list[Alert]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(alert_record(each)) + b"\n" for each in alerts))
    return path


def test_the_same_alerts_are_exit_code_0(files: tuple[Path, Path]) -> None:
    result = run(files[0], files[0])
    assert result.exit_code == 0, result.output
    assert "open one" not in result.output


def test_others_are_exit_code_1_with_each_and_how_to_open_one(files: tuple[Path, Path]) -> None:
    result = run(*files)
    assert result.exit_code == 1
    words = " ".join(result.stdout.split())
    assert "vanished impossible_travel c2" in words
    assert "appeared impossible_travel c3" in words
    assert "reranked impossible_travel c1" in words
    assert "probability 0.5 → 0.75" in words
    first = next(each for each in FIRST if each.key == "c1")
    opened = f"riskdesk explain {first.id} --from {files[1]} --profile PROFILE --over FILES"
    vanished = f"riskdesk explain {FIRST[1].id} --from {files[0]} --profile PROFILE --over FILES"
    assert opened in result.stderr or vanished in result.stderr


def test_as_json_it_is_one_object_with_as_many_changes_as_asked_for(files: tuple[Path, Path]) -> None:
    found = orjson.loads(run(*files, "--json").stdout)
    assert (found["same"], found["changed"], len(found["changes"])) == (False, 3, 3)
    assert found["total"] == {
        **{"a": 2, "b": 2, "same": 0, "appeared": 1, "vanished": 1},
        **{"moved": 0, "reranked": 1, "altered": 0},
    }
    limited = orjson.loads(run(*files, "--json", "--limit", "1").stdout)
    assert (limited["changed"], len(limited["changes"])) == (3, 1)


def test_the_report_is_a_page_beside_the_same_numbers(files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    assert run(*files, "--report", page).exit_code == 1
    text = page.read_text("utf-8")
    assert all(each in text for each in ("Vanishes", "消失", SECOND[1].id[:12], str(files[0])))
    assert orjson.loads((tmp_path / "diff.json").read_bytes()) == orjson.loads(run(*files, "--json").stdout)


def test_a_store_is_compared_like_a_file_and_the_reading_is_on_record(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    with open_store(url) as store:
        store.cases.take_in(FIRST, NOON_MS)
    result = run(url, files[0], "--agent", "ana", "--role", "analyst")
    assert result.exit_code == 0, result.output
    with open_store(url) as store:
        (entry,) = store.audit.list(Who("otto", Role.AUDITOR), NOON_MS, verb="viewed")
    assert (entry.actor, entry.object) == ("ana", "queue:alerts")
    assert "may not read cases" in run(url, files[0], "--agent", "o", "--role", "ops").output


def changed(path: Path, **fields: Any) -> Path:
    record = {**alert_record(FIRST[0]), **fields}
    path.write_bytes(
        orjson.dumps({name: value for name, value in record.items() if value is not ...}) + b"\n"
    )
    return path


def test_what_is_neither_file_nor_store_and_what_is_no_alert_is_said(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    result = run("nowhere.jsonl", files[0])
    assert (result.exit_code, "give a file of alerts or a store" in result.output) == (2, True)
    result = run(files[0], changed(tmp_path / "c.jsonl", parameters=...))
    assert result.exit_code == 1
    assert "has no parameters; give alerts that a replay or a run wrote" in result.output
    assert run("sqlite:///", files[0]).exit_code == 2


def test_other_parameters_are_told_and_no_difference(files: tuple[Path, Path], tmp_path: Path) -> None:
    a = changed(tmp_path / "a1.jsonl")
    result = run(a, changed(tmp_path / "a2.jsonl", parameters={"max_kmh": 500}))
    assert result.exit_code == 0
    assert "impossible_travel: max_kmh 900 → 500 (1 alert of both)" in result.stdout
