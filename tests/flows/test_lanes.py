"""Profiles that share a pass: each says what it says alone, and what is live knows nothing of a shadow."""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import run
from threading import Thread
from typing import Any

import pytest
import yaml

from config.located_yaml import ProfileError
from config.profiles import load_profile
from flows.job import Beside, Job, dump_job
from flows.lanes import distinct, open_lanes, profiles_beside
from observability.metrics import Metrics
from tests.flows.counted import counts as counts_in
from tests.flows.counted import write_events, write_profile
from tests.flows.made import use
from tests.flows.running import NIGHT, PROFILE, ROOT, lines_in, until

TRANSACTIONS = NIGHT / "transactions.jsonl.zst"
EXPECTED = NIGHT / "alerts.jsonl"

# Runs a job as a process of a flow does, and prints what its metrics say at the end.
RUN = """
import sys
from prometheus_client import generate_latest
from flows.job import load_job
from flows.worker import prepare, run_job
from observability.metrics import Metrics
job, metrics = load_job(sys.stdin.buffer.readline()), Metrics()
prepare(job)
assert run_job(job, metrics) == ""
sys.stdout.buffer.write(generate_latest(metrics.registry))
"""


@pytest.fixture
def changed(tmp_path) -> Callable[..., Path]:
    """Writes the night's profile with other parts."""

    def write(name: str, **parts: Any) -> Path:
        read = yaml.safe_load(PROFILE.read_text()) | {"tables": [str(NIGHT / "segments.json")]}
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(read | parts))
        return path

    return write


@pytest.fixture
def other(changed) -> Path:
    """The night's profile with a burst rule that fires sooner, and without another rule."""
    detectors = yaml.safe_load(PROFILE.read_text())["detectors"] | {"burst": {"window": "PT5M", "uses": 4}}
    del detectors["opened_together"]
    return changed("other", detectors=detectors)


def ran(job: Job) -> str:
    """Run a job in a process of its own, and give its metrics."""
    # A policy's sets are written in the order that they have in memory.
    env = os.environ | {"PYTHONHASHSEED": "0"}
    done = run([sys.executable, "-c", RUN], input=dump_job(job), capture_output=True, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_what_runs_beside_says_what_it_says_alone(riskdesk, store, other, tmp_path, halves, processes):
    alone, live, beside = (tmp_path / name for name in ("alone.jsonl", "live.jsonl", "beside.jsonl"))
    riskdesk("replay", other, *halves, "--store", store, "--alerts", alone).finish()
    riskdesk(
        "run", "card-risk", "--profile", PROFILE, "--input", halves[0], "--input", halves[1],
        "--store", store, "--alerts", live, "--shadow", other, "--shadow-alerts", beside,
        "--processes", processes, "--no-follow",
    ).finish()  # fmt: skip
    assert sorted(live.read_bytes().splitlines()) == sorted(EXPECTED.read_bytes().splitlines())
    assert sorted(beside.read_bytes().splitlines()) == sorted(alone.read_bytes().splitlines())
    assert lines_in(beside) != lines_in(live)


def test_scopes_that_are_watched_alike_are_watched_once(other):
    own = load_profile(PROFILE)
    job = Job(profile=PROFILE, beside=(Beside(name="b", profile=other, alerts=Path("b.jsonl")),))
    ours, theirs = open_lanes(job, own, 1, Metrics())
    assert {plan.step for plan in theirs.plans if plan not in ours.plans} == {"beside_b_watch_card"}
    shared = {f"watch_{scope}" for scope in ("cell", "customer", "merchant", "terminal")}
    assert {plan.step for plan in theirs.plans if plan in ours.plans} == shared
    assert len(distinct((ours, theirs))) == len(ours.plans) + 1


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("bank", {"time_zone": "UTC", "currency": "CNY"}),
        ("bounds", {"earliest": "2025-01-01T00:00:00Z", "latest": "2040-01-01T00:00:00Z"}),
        ("input", {"partitioned_by": "none"}),
    ],
)
def test_a_profile_that_reads_events_otherwise_is_refused(changed, part, value):
    other = changed("other", **{part: value})
    job = Job(profile=PROFILE, beside=(Beside(name="b", profile=other, alerts=Path("b.jsonl")),))
    with pytest.raises(ProfileError, match=rf"other\.yaml:\d+.*`{part}` is not that of"):
        profiles_beside(job, load_profile(PROFILE))


@pytest.mark.slow
def test_both_go_on_exactly_where_they_were_after_a_crash(riskdesk, tmp_path):
    profile, log = write_profile(tmp_path), tmp_path / "events.jsonl"
    other = tmp_path / "other.yaml"
    other.write_text(profile.read_text().replace("uses_of_terminal:", "uses_of_terminal: {remembers: PT5M}"))
    live, beside = tmp_path / "live.jsonl", tmp_path / "beside.jsonl"
    write_events(log, [use(f"e{minute}", minute, f"t{minute % 3}") for minute in range(9)])

    def start():
        return riskdesk(
            "run", "card-risk", "--profile", profile, "--input", log, "--alerts", live, "--epoch-s", "0.1",
            "--recovery", tmp_path / "recovery", "--shadow", other, "--shadow-alerts", beside,
        )  # fmt: skip

    first = start()
    until(lambda: lines_in(live) == lines_in(beside) == 9, first)
    first.kill()
    write_events(log, [use(f"e{minute}", minute, f"t{minute % 3}") for minute in range(9, 18)])
    second = start()
    until(lambda: lines_in(live) == lines_in(beside) == 18, second)
    assert second.terminate() == 0
    expected = [(f"e{minute}", minute // 3 + 1) for minute in range(18)]
    assert sorted(counts_in(live)) == sorted(counts_in(beside)) == sorted(expected)


@pytest.mark.slow
def test_a_shadow_that_comes_back_begins_anew_rather_than_with_a_gap(riskdesk, tmp_path):
    profile, log = write_profile(tmp_path), tmp_path / "events.jsonl"
    other = tmp_path / "other.yaml"
    other.write_text(profile.read_text().replace("uses_of_terminal:", "uses_of_terminal: {remembers: PT50M}"))
    beside = tmp_path / "beside.jsonl"
    for number, shadow in enumerate((True, False, True)):
        write_events(log, [use(f"e{number}", number, "t")])
        how = ("--shadow", other, "--shadow-alerts", beside) if shadow else ()
        riskdesk(
            "run", "card-risk", "--profile", profile, "--input", log, "--alerts", tmp_path / "live.jsonl",
            "--recovery", tmp_path / "recovery", "--no-follow", *how,
        ).finish()  # fmt: skip
    assert counts_in(tmp_path / "live.jsonl") == [("e0", 1), ("e1", 2), ("e2", 3)]
    assert counts_in(beside) == [("e0", 1), ("e2", 1)]


_OF_THE_KEY = ("hash", "_h", "key_id")


class _Desk(BaseHTTPRequestHandler):
    """Takes what is posted to a webhook."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def desk():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Desk)
    server.bodies = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def dumped(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that a store holds, table by table, but for what follows from the key of its audit."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db:
        db.row_factory = sqlite3.Row
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            table: [
                {name: value for name, value in dict(row).items() if not name.endswith(_OF_THE_KEY)}
                for row in db.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
            ]
            for table in tables
        }


def told(metrics: str) -> list[str]:
    """What metrics say but for how long things took, which differs from run to run."""
    return [line for line in metrics.splitlines() if "seconds" not in line and "_created" not in line]


@pytest.mark.slow
def test_with_and_without_a_shadow_all_that_is_live_is_the_same(reference_store, other, desk, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s" * 32)
    secret.chmod(0o600)
    seen = []
    for name in ("without", "with"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "store.sqlite").write_bytes(reference_store.read_bytes())
        shadow = Beside(name="shadow", profile=other, alerts=tmp_path / "shadow.jsonl", expendable=True)
        job = Job(
            profile=PROFILE,
            beside=(shadow,) if name == "with" else (),
            inputs=(TRANSACTIONS,),
            store=f"sqlite:///{folder}/store.sqlite",
            alerts=folder / "alerts.jsonl",
            webhook=f"http://127.0.0.1:{desk.server_port}/alerts",
            webhook_secret=secret,
            recovery=folder / "recovery",
        )
        metrics = ran(job)
        posted = sorted(body for body in desk.bodies)
        desk.bodies.clear()
        files = sorted(path.name for path in folder.iterdir())
        seen.append((files, job.alerts.read_bytes(), posted, dumped(job.store), told(metrics)))
    without, beside = seen
    for ours, theirs in zip(without, beside, strict=True):
        assert ours == theirs
    assert 0 < lines_in(tmp_path / "shadow.jsonl") != lines_in(tmp_path / "with" / "alerts.jsonl")
    assert without[2]
    assert any("riskdesk_alerts_total" in line for line in without[4])


@pytest.mark.slow
def test_a_shadow_whose_file_cannot_be_written_stops_nothing(riskdesk, store, other, tmp_path):
    live = tmp_path / "live.jsonl"
    run = riskdesk(
        "run", "card-risk", "--profile", PROFILE, "--input", TRANSACTIONS, "--store", store, "--alerts", live,
        "--shadow", other, "--shadow-alerts", "/dev/full", "--no-follow",
    )  # fmt: skip
    run.finish()
    assert lines_in(live) == lines_in(EXPECTED)
    assert "no longer written" in run.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shadow", PROFILE], "--shadow needs --shadow-alerts"),
        (["--shadow-alerts", "x.jsonl"], "--shadow needs --shadow-alerts"),
        (["--shadow", PROFILE, "--shadow-alerts", "nowhere/x.jsonl"], "no folder nowhere"),
        (["--shadow", PROFILE, "--shadow-alerts", "var.jsonl", "--alerts", "var.jsonl"], "a file of its own"),
    ],
)
def test_a_shadow_that_could_not_be_told_from_what_is_live_is_wrong_use(riskdesk, options, message):
    command = riskdesk("run", "card-risk", "--profile", PROFILE, "--input", TRANSACTIONS, *options)
    assert command.wait() == 2
    assert message in command.err
