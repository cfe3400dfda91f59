"""The `recovery` command: a page on the state of a flow, its compacting and its backup."""

import shutil
import tarfile
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from flows.recovery import held

FIXTURE = Path(__file__).parents[1] / "flows" / "fixtures" / "v1" / "recovery"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The state that the first version left."""
    return Path(shutil.copytree(FIXTURE, tmp_path / "recovery"))


def recovery(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["recovery", *map(str, arguments)])


def test_show_tells_whose_state_it_is_how_much_in_which_formats_and_how_old(folder):
    found = recovery("show", folder)
    assert found.exit_code == 0, found.output
    assert "flow card_risk, profile card_risk; no run has it" in found.stdout
    assert "resumes from epoch 3" in found.stdout
    assert "last written 2026-11-22T05:23:24.000Z, " in found.stdout
    assert "latest event 2026-03-02T16:21:50.650Z" in found.stdout
    assert "card_risk.watch_card              63        79,445          93\n" in found.stdout
    assert "snapshots of format 1 (191 rows)" in found.stdout
    assert "burst: state version 1" in found.stdout


def test_show_gives_json_and_sees_a_run_that_has_the_folder(folder):
    with held(folder):
        found = recovery("show", folder, "--json")
    told = orjson.loads(found.stdout)
    assert told["in_use"] is True
    assert told["detectors"]["burst"] == {"1": 63}
    assert [step["rows"] for step in told["steps"]] == [1, 2, 1, 1, 63, 64, 64]


def test_compact_says_what_it_did_and_is_refused_while_a_run_has_the_folder(folder):
    found = recovery("compact", folder)
    assert found.exit_code == 0
    assert "0 rows taken away; 0.3 MB before" in found.stderr
    with held(folder):
        found = recovery("compact", folder)
    assert found.exit_code == 1
    assert "in use by another run" in found.stderr


def test_export_writes_an_archive_of_all_that_a_start_needs(folder, tmp_path):
    found = recovery("export", folder, "-o", tmp_path / "backup.tgz")
    assert found.exit_code == 0, found.output
    assert "resumes from epoch 3" in found.stderr
    with tarfile.open(tmp_path / "backup.tgz") as archive:
        assert archive.getnames() == [*(f"part-{n}.sqlite3" for n in range(4)), "riskdesk.json"]


@pytest.mark.parametrize("command", [("show",), ("compact",), ("export", "-o", "x.tar")])
def test_another_folder_is_refused(tmp_path, command):
    found = recovery(command[0], tmp_path, *command[1:])
    assert found.exit_code == 1
    assert "is no recovery folder of ours" in found.stderr
