"""The `learn` command."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from learning.published import read_table

LINE = (
    '{{"kind": "transaction", "event_id": "e{0}", "at": "2026-03-01T00:00:00+08:00", "card": "c1", '
    '"amount_minor": {0}, "currency": "CNY", "channel": "pos"}}\n'
)
LINES = "".join(LINE.format(number) for number in range(1, 251))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text(LINES)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(f"{LINES}not an event\n".encode()))
    return tmp_path


def learn(folder: Path, *words: str) -> Result:
    files = [str(folder / "a.jsonl"), str(folder / "b.jsonl.gz")]
    return CliRunner().invoke(cli, ["learn", "segments", *files, "-o", str(folder / "t.json"), *words])


def test_a_table_is_learnt_from_plain_and_compressed_files(folder: Path) -> None:
    result = learn(folder, "--effective-at", "2026-03-02T00:00:00+08:00")
    assert result.exit_code == 0
    table = read_table(folder / "t.json")
    assert json.loads(result.stdout) == {
        "table": str(folder / "t.json"),
        "version": table.version,
        "effective_at": "2026-03-01T16:00:00.000Z",
        "segments": 1,
        "amounts": 500,
        "rejected": 1,
    }
    assert result.stderr == "1 lines are no event and were left out\n"
    assert table.segments["CNY|purchase|pos"].count == 500


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--effective-at", "2026-02-01T00:00:00Z"], 1, "a table must not know its own time"),
        (["--effective-at", "2026-03-02T00:00:00"], 2, "should be ISO 8601 with an offset"),
        (["--effective-at", "tomorrow"], 2, "'tomorrow' should be ISO 8601"),
        (["--effective-at", "2026-03-02T00:00:00Z", "--quantile", "1"], 2, "not in the range"),
        (["--effective-at", "2026-03-02T00:00:00Z", "--least", "501"], 1, "the largest has 500"),
        ([], 2, "Missing option '--effective-at'"),
    ],
)
def test_what_cannot_be_is_told(folder: Path, words: list[str], code: int, told: str) -> None:
    result = learn(folder, *words)
    assert result.exit_code == code
    assert told in result.stderr
    assert not (folder / "t.json").exists()


def test_the_same_command_twice_is_fine_and_another_table_is_not(folder: Path) -> None:
    words = ["--effective-at", "2026-03-02T00:00:00Z"]
    assert [learn(folder, *words).exit_code for _ in range(2)] == [0, 0]
    other = learn(folder, *words, "--quantile", "0.9")
    assert other.exit_code == 1
    assert "write to a new file" in other.stderr


def test_fault_rates_are_learnt_of_the_models_that_the_register_names(tmp_path: Path) -> None:
    device = {"record": "device", "effective_at": "2026-01-01T00:00:00Z", "kind": "atm", "vendor": "v"}
    fleet = [{**device, "id": f"d{number}", "branch": "b1", "model": "m1"} for number in range(6)]
    (tmp_path / "fleet.jsonl").write_text("".join(json.dumps(line) + "\n" for line in fleet))
    beat = {"kind": "telemetry", "component": "device", "code": "heartbeat", "edge": "heartbeat"}
    beats = [
        {**beat, "event_id": f"d{number}-{day}-{hour}", "at": f"2026-03-{day:02}T{hour:02}:00:00Z"}
        | {"device": f"d{number}"}
        for day in range(1, 11)
        for hour in (0, 6, 12, 18)
        for number in range(7)
    ]
    (tmp_path / "march.jsonl").write_text("".join(json.dumps(line) + "\n" for line in beats))
    words = ["learn", "fault-rates", str(tmp_path / "march.jsonl"), "--registry"]
    words += [str(tmp_path / "fleet.jsonl"), "-o", str(tmp_path / "t.json")]
    result = CliRunner().invoke(cli, [*words, "--effective-at", "2026-04-01T00:00:00Z"])
    assert result.exit_code == 0, result.output
    table = read_table(tmp_path / "t.json")
    said = json.loads(result.stdout)
    assert (said["models"], said["devices"], said["version"]) == (1, 6, table.version)
