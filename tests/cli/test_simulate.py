import gzip
from pathlib import Path

import msgspec
import pytest
import zstandard
from click.testing import CliRunner, Result

from cli.main import cli

START = "2026-09-18T12:00+08:00"


def _simulate(folder: Path, *more: str, suffix: str = "") -> Result:
    return CliRunner().invoke(
        cli,
        [
            "simulate",
            "--seed=5",
            "--customers=300",
            f"--start={START}",
            "--hours=20",
            f"--out={folder / 'events.jsonl'}{suffix}",
            f"--truth={folder / 'truth.jsonl'}",
            f"--reference={folder / 'bank.jsonl'}{suffix}",
            *more,
        ],
    )


def test_it_writes_the_stream_the_bank_and_the_truth_and_prints_the_counts(tmp_path: Path) -> None:
    result = _simulate(tmp_path, "--events=1500", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    counts = msgspec.json.decode(result.stdout)
    events = (tmp_path / "events.jsonl").read_bytes().splitlines()
    bank = (tmp_path / "bank.jsonl").read_bytes()
    truth = (tmp_path / "truth.jsonl").read_bytes().splitlines()
    assert counts["events"] == len(events) == 1_500
    assert counts["cards"] == bank.count(b'"record":"card"')
    assert counts["customers"] == bank.count(b'"record":"customer"') == 300
    assert sum(counts["incidents"].values()) == sum(b'"record":"incident"' in line for line in truth) == 14
    assert sum(counts["lookalikes"].values()) == sum(b'"record":"lookalike"' in line for line in truth)


def test_without_json_words_go_to_standard_error(tmp_path: Path) -> None:
    result = _simulate(tmp_path, "--no-incidents", "--events=900")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "900 events" in result.stderr
    assert "0 incidents" in result.stderr


@pytest.mark.parametrize(
    ("suffix", "unpacked"),
    [
        (".gz", gzip.decompress),
        (".zst", lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
    ],
)
def test_compressed_files_hold_the_same_bytes(tmp_path: Path, suffix: str, unpacked: object) -> None:
    assert callable(unpacked)
    for more in ("", suffix):
        assert _simulate(tmp_path, "--events=900", suffix=more).exit_code == 0
    for name in ("events.jsonl", "bank.jsonl"):
        assert unpacked((tmp_path / f"{name}{suffix}").read_bytes()) == (tmp_path / name).read_bytes()


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("first", "second"):
        folder = tmp_path / run
        folder.mkdir()
        assert _simulate(folder, suffix=".gz").exit_code == 0
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert written[0] == written[1]


def test_named_incidents_are_planted_and_no_others(tmp_path: Path) -> None:
    result = _simulate(tmp_path, "--incidents=burst=2", "--incidents=travel_ring=1", "--json")
    assert msgspec.json.decode(result.stdout)["incidents"] == {"burst": 2, "travel_ring": 1}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--incidents=bursts=2", "no incident kind 'bursts'; there are: travel_ring"),
        ("--incidents=burst", "write burst=2, at most burst=999"),
        ("--incidents=burst=-1", "gives no number"),
        ("--start=2026-09-18T12:00", "has no offset; add one, such as +08:00 or Z"),
        ("--start=yesterday", "no ISO 8601 time such as 2026-09-18T12:00+08:00"),
        ("--seed=-1", "x>=0"),
        ("--hours=0", "0<x<=8784"),
        ("--hours=0.001", "it must last a minute or more"),
        ("--start=1066-10-14T09:00Z", "lie between 1980-01-01"),
        ("--start=2099-12-31T20:00Z", "and 2100-01-01"),
        ("--customers=10", "simulate more customers or plan fewer incidents"),
        ("--events=20", "ask for more events or plan fewer incidents"),
    ],
)
def test_wrong_use_says_what_is_allowed_and_writes_nothing(tmp_path: Path, option: str, said: str) -> None:
    result = _simulate(tmp_path, option)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_incidents_and_none_contradict_each_other(tmp_path: Path) -> None:
    result = _simulate(tmp_path, "--incidents=burst=1", "--no-incidents")
    assert result.exit_code == 2
    assert "contradict each other" in result.stderr


def test_the_truth_never_goes_into_the_file_of_the_stream(tmp_path: Path) -> None:
    result = _simulate(tmp_path, f"--truth={tmp_path / 'events.jsonl'}")
    assert result.exit_code == 2
    assert "three different files" in result.stderr


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    result = _simulate(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr


def test_the_help_ends_with_an_example() -> None:
    result = CliRunner().invoke(cli, ["simulate", "--help"])
    assert "Example: riskdesk simulate --seed" in " ".join(result.stdout.split())
