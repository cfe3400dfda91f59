import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli


@pytest.fixture
def handbook(tmp_path: Path):
    """Run `riskdesk convert handbook` on two rows with more arguments."""
    (tmp_path / "terminals.csv").write_text("terminal,lat,lon\n1,31.02159,120.50012\n")
    rows = tmp_path / "rows.csv"
    rows.write_text("tx_id,epoch,customer,terminal,amount,fraud,scenario\n7,1522540831,596,1,57.16,1,2\n")

    def handbook(*arguments: str):
        files = [str(rows), "--terminals", str(tmp_path / "terminals.csv"), "-o", str(tmp_path / "out.jsonl")]
        return CliRunner().invoke(cli, ["convert", "handbook", *files, *arguments])

    handbook.rows = rows
    return handbook


def test_the_handbook_is_converted_and_counted(tmp_path, handbook):
    result = handbook("--labels", str(tmp_path / "labels.jsonl"), "--currency", "CNY")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"transactions": 1, "frauds": 1})
    assert json.loads((tmp_path / "out.jsonl").read_text())["currency"] == "CNY"
    assert json.loads((tmp_path / "labels.jsonl").read_text())["label"] is True


def test_a_bad_row_fails_with_its_place(handbook):
    handbook.rows.write_text(handbook.rows.read_text() + "8,never,1,1,1,0,0\n")
    result = handbook()
    assert result.exit_code == 1
    assert result.stderr == f"Error: {handbook.rows}:3: epoch is 'never'; it must be a whole number\n"


@pytest.mark.parametrize("arguments", [["--currency", "euro"], ["--currency", "eur"], ["--labels", "SAME"]])
def test_wrong_use_is_told(tmp_path, handbook, arguments):
    same = str(tmp_path / "out.jsonl")
    result = handbook(*[same if argument == "SAME" else argument for argument in arguments])
    assert result.exit_code == 2
    assert not (tmp_path / "out.jsonl").exists()
