"""A flow into a real PostgreSQL: the cases that SQLite gets, also when the server restarts meanwhile."""

import subprocess
from pathlib import Path

import pytest

from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.counted import write_events, write_profile
from tests.flows.made import use
from tests.flows.running import NIGHT, PROFILE, stored_alerts, until
from tests.postgres_server import PostgresServer


@pytest.fixture
def small_night(night: Path, tmp_path: Path) -> Path:
    path = tmp_path / "night.jsonl"
    path.write_bytes(b"".join(night.read_bytes().splitlines(keepends=True)[:12_000]))
    return path


def load_reference(url: str) -> None:
    with open_store(url) as store:
        store.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))


def cases_in(url: str) -> list[tuple]:
    """What alerts have made of the cases; their timelines also tell in which batches these came."""
    with open_store(url) as store:
        files = [store.cases.show(case.id) for case in store.cases.list()]
    return [
        (
            file.case,
            file.evidence,
            [(task.kind, task.subject, task.state) for task in file.tasks],
        )
        for file in files
    ]


@pytest.mark.slow
def test_a_replay_gives_the_cases_that_it_gives_in_sqlite(riskdesk, store, postgres_url, small_night):
    load_reference(postgres_url)
    for url in (store, postgres_url):
        riskdesk("replay", PROFILE, small_night, "--store", url).finish()
    assert cases_in(postgres_url) == cases_in(store) != []


@pytest.mark.slow
def test_a_run_waits_for_a_server_that_is_away_and_doctor_does_not(
    riskdesk, own_server: PostgresServer, tmp_path
):
    url = own_server.url()
    load_reference(url)
    events = write_events(tmp_path / "events.jsonl", [use(f"e{n}", n, f"t{n % 3}") for n in range(9)])
    options = ["--profile", write_profile(tmp_path), "--input", events, "--store", url]
    own_server.stop()
    doctor = riskdesk("doctor", *options)
    assert doctor.wait() == 1
    assert "is away" in doctor.out
    dry = riskdesk("run", "card-risk", *options, "--dry-run")
    assert dry.wait() == 1
    assert "is away" in dry.err
    run = riskdesk("run", "card-risk", *options, "--no-follow")
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(10)
    own_server.start()
    run.finish()
    assert len(stored_alerts(url)) == 9


@pytest.mark.slow
def test_a_replay_goes_on_after_a_restart_of_the_server(
    riskdesk, store, own_server: PostgresServer, small_night
):
    url = own_server.url()
    load_reference(url)
    riskdesk("replay", PROFILE, small_night, "--store", store).finish()
    command = riskdesk("replay", PROFILE, small_night, "--store", url)
    until(lambda: own_server.run("SELECT COUNT(*) FROM alert") != [(0,)], command)
    own_server.stop()
    own_server.start()
    command.finish()
    assert stored_alerts(url) == stored_alerts(store) != []
