from pathlib import Path

import msgspec
import pytest
import zstandard
from click.testing import CliRunner, Result

from cli.main import cli
from connectors.fleet_files import read_fleet
from connectors.reference_files import read_reference


def _simulate(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(
        cli,
        [
            "simulate-devices",
            "--seed=5",
            "--devices=12",
            "--branches=4",
            "--start=2026-09-01T00:00+08:00",
            "--days=2",
            "--transactions=20",
            f"--out={folder}",
            *more,
        ],
    )


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data.splitlines()


def test_it_writes_the_five_files_and_prints_the_counts(tmp_path: Path) -> None:
    result = _simulate(
        tmp_path / "fleet", "--planted=component_fault=4", "--planted=card_retained=2", "--json"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    counts = msgspec.json.decode(result.stdout)
    folder = tmp_path / "fleet"
    assert {file.name for file in folder.iterdir()} == {
        "telemetry.jsonl.zst",
        "transactions.jsonl.zst",
        "fleet.jsonl",
        "reference.jsonl",
        "truth.jsonl",
    }
    assert counts["reports"] == len(_lines(folder / "telemetry.jsonl.zst"))
    assert counts["transactions"] == len(_lines(folder / "transactions.jsonl.zst"))
    assert counts["fleet_records"] == len(list(read_fleet([folder / "fleet.jsonl"])))
    assert counts["reference_records"] == len(list(read_reference([folder / "reference.jsonl"])))
    assert counts["truths"] == len(_lines(folder / "truth.jsonl"))
    assert counts["incidents"]["card_retained"] == 2


def test_the_same_options_give_the_same_files(tmp_path: Path) -> None:
    for name in ("first", "again"):
        assert _simulate(tmp_path / name).exit_code == 0
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--branches=13", "devices is 12; it must be from 13"),
        ("--planted=meteor=1", "no incident kind 'meteor'; there are: host_down"),
        ("--planted=host_down=99", "simulate more days, or plan fewer"),
        ("--chatter=loud", "'loud' is not one of"),
    ],
)
def test_what_cannot_be_simulated_is_wrong_use(tmp_path: Path, option: str, said: str) -> None:
    result = _simulate(tmp_path, option)
    assert result.exit_code == 2
    assert said in result.stderr
