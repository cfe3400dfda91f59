"""The `doctor` command says everything at once, and `run` does not start where it finds a problem."""

import socket
import sqlite3
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from flows.recovery import held, prepare
from tests.flows.counted import write_events, write_profile
from tests.flows.made import use


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return write_profile(tmp_path)


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    return write_events(tmp_path / "events.jsonl", [use("e", 0)])


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    with open_store(url) as opened:
        assert opened.db.keys.audit_key
    return url


def doctor(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["doctor", *map(str, arguments)])


def test_where_nothing_is_wrong_it_says_so_and_what_is_there(profile, stream, store, tmp_path):
    found = doctor("--profile", profile, "--input", stream, "--store", store, "--recovery", tmp_path / "rec")
    assert found.exit_code == 0, found.output
    assert "reference data: 0 records; fleet: 0 records" in found.stdout
    assert "there is no state yet; the run begins from the start of its inputs" in found.stdout
    assert "nothing to put right" in found.stderr
    assert not (tmp_path / "rec").exists()


def test_everything_that_is_wrong_is_said_at_once(profile, store, tmp_path):
    profile.write_text(
        profile.read_text().replace("uses_of_terminal", "uses_of_atm").replace("currency: EUR", "currency: €")
    )
    (tmp_path / "keys" / "audit.key").chmod(0o644)
    recovery = tmp_path / "rec"
    prepare(recovery, "card_risk", "counted")
    with socket.create_server(("127.0.0.1", 0)) as taken, held(recovery):
        port = taken.getsockname()[1]
        found = doctor(
            "--profile", profile, "--input", tmp_path / "gone.jsonl", "--store", store,
            "--recovery", recovery, "--metrics-port", port,
        )  # fmt: skip
    assert found.exit_code == 1
    for said in (
        "there is no detector 'uses_of_atm'",
        "bank.currency",
        "no such file or folder",
        "audit.key can be read by others (mode 0644); run: chmod 600",
        "is in use by another run",
        f"cannot listen on port {port}",
    ):
        assert f"{said}" in found.stdout
    problems = [line for line in found.stdout.splitlines() if line.startswith("problem: ")]
    assert len(problems) == 6
    assert "6 problems" in found.stderr


def test_findings_can_be_had_as_json(profile, tmp_path):
    found = doctor(
        "--profile", profile, "--input", tmp_path / "gone", "--json",
        "--store", f"sqlite:///{tmp_path}/no/s.db",
    )  # fmt: skip
    told = [orjson.loads(line) for line in found.stdout.splitlines()]
    assert {finding["weight"] for finding in told} == {"problem", "note"}
    assert any(
        f"there is no folder {tmp_path}/no to make the store in" in finding["text"] for finding in told
    )


def test_a_store_that_cannot_be_used_is_told_and_one_that_will_be_made_is_no_problem(
    profile, stream, tmp_path
):
    (tmp_path / "text.db").write_text("no database " * 100)
    found = doctor("--profile", profile, "--input", stream, "--store", f"sqlite:///{tmp_path}/text.db")
    assert found.exit_code == 1
    assert "is no SQLite file" in found.stdout
    found = doctor("--profile", profile, "--input", stream, "--store", f"sqlite:///{tmp_path}/new.db")
    assert found.exit_code == 0
    assert "there is no store yet; the run makes it" in found.stdout
    assert not (tmp_path / "new.db").exists()


def test_reference_data_that_cannot_be_read_is_told(profile, stream, store):
    with sqlite3.connect(store.removeprefix("sqlite:///")) as file:
        file.execute("INSERT INTO reference_record VALUES ('card', 'c', 0, '{\"id\": 3}')")
    file.close()
    found = doctor("--profile", profile, "--input", stream, "--store", store)
    assert found.exit_code == 1
    assert "the reference data in the store cannot be used" in found.stdout


def test_what_was_written_to_try_the_store_out_is_undone(profile, stream, store):
    doctor("--profile", profile, "--input", stream, "--store", store)
    with open_store(store) as opened:
        assert opened.dead_letters.counts() == {}


def test_the_state_of_another_profile_is_told(profile, stream, store, tmp_path):
    prepare(tmp_path / "rec", "card_risk", "another")
    found = doctor("--profile", profile, "--input", stream, "--store", store, "--recovery", tmp_path / "rec")
    assert found.exit_code == 1
    assert "holds the state of flow card_risk, profile another" in found.stdout


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["run", "card-risk", *map(str, arguments)])


def test_a_run_does_not_start_where_there_is_a_problem_and_says_all_of_them(profile, store, tmp_path):
    (tmp_path / "keys" / "audit.key").chmod(0o640)
    recovery = tmp_path / "rec"
    found = run(
        "--profile", profile, "--input", tmp_path / "gone", "--store", store, "--recovery", recovery
    )  # fmt: skip
    assert found.exit_code == 1
    assert "no such file or folder" in found.stderr
    assert "audit.key can be read by others" in found.stderr
    assert not recovery.exists()


def test_a_dry_run_says_what_would_be_run_and_runs_nothing(profile, stream, store, tmp_path):
    found = run(
        "--profile", profile, "--input", stream, "--store", store, "--recovery", tmp_path / "rec",
        "--alerts", tmp_path / "alerts.jsonl", "--dry-run",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    for line in (
        "flow card_risk, profile counted version 1",
        "watches each terminal with uses_of_terminal",
        f"reads {stream} as partition events.jsonl",
        f"keeps cases in {store}",
        "from the start",
    ):
        assert line in found.stdout
    assert "nothing was run" in found.stderr
    assert not (tmp_path / "rec").exists()
    assert not (tmp_path / "alerts.jsonl").exists()


def test_a_profile_of_another_flow_is_refused(profile, stream, store):
    found = CliRunner().invoke(
        cli,
        [
            "run", "device-watch", "--profile", str(profile), "--input", str(stream), "--store", store,
            "--dry-run",
        ],
    )  # fmt: skip
    assert found.exit_code == 1
    assert "this profile is for the flow card_risk, not for device_watch" in found.stderr
