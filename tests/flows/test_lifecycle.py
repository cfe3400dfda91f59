"""A run is reloaded, asked how it is, kept waiting and hurried, and loses nothing by it."""

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from msgspec.structs import replace

from cases.store import open_store
from flows.job import Job
from flows.progress import Progress
from flows.supervisor import supervise
from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import use
from tests.flows.running import Command, lines_in, stored_alerts, until
from tests.flows.test_supervisor import children

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    open_store(url).close()
    return url


@pytest.fixture
def job(tmp_path: Path, store: str) -> Job:
    return Job(
        profile=write_profile(tmp_path),
        inputs=(write_events(tmp_path / "events.jsonl", [use(f"e{n}", n, f"t{n % 3}") for n in range(9)]),),
        store=store,
        alerts=tmp_path / "alerts.jsonl",
        recovery=tmp_path / "recovery",
        epoch_s=0.1,
        log_level="error",
    )


@pytest.fixture
def follow(riskdesk, job: Job) -> Callable[..., Command]:
    def start(*more: object) -> Command:
        return riskdesk(
            "run", "card-risk", "--profile", job.profile, "--input", job.inputs[0], "--store", job.store,
            "--alerts", job.alerts, "--recovery", job.recovery, "--epoch-s", "0.1", *more,
        )  # fmt: skip

    return start


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Keep a store for ourselves: nobody else can write to it."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


# --- SIGHUP


def test_a_reload_refuses_a_wrong_profile_and_takes_a_right_one_with_all_that_was_known(follow, job):
    run = follow()
    until(lambda: lines_in(job.alerts) == 9, run)
    before = children(run.process.pid)
    right = job.profile.read_text()

    job.profile.write_text(right.replace("uses_of_terminal", "uses_of_atm"))
    run.process.send_signal(signal.SIGHUP)
    # What is half written does not come in with a crash either.
    os.kill(before[0], signal.SIGKILL)
    write_events(job.inputs[0], [use("e9", 9, "t0")])
    until(lambda: lines_in(job.alerts) == 10, run)
    after_crash = children(run.process.pid)

    job.profile.write_text(right.replace("uses_of_terminal:", "uses_of_terminal: {remembers: PT30M}"))
    run.process.send_signal(signal.SIGHUP)
    until(lambda: not set(children(run.process.pid)) & set(after_crash), run)
    write_events(job.inputs[0], [use("e10", 10, "t1")])
    until(lambda: lines_in(job.alerts) == 11, run)
    assert b'"remembers":1800.0' in job.alerts.read_bytes().splitlines()[-1]

    assert run.terminate() == 0
    assert "the reload is refused" in run.err
    assert "no detector 'uses_of_atm'" in run.err
    assert sorted(counts(job.alerts)) == sorted((f"e{n}", n // 3 + 1) for n in range(11))


def test_without_a_recovery_folder_nothing_is_reloaded(riskdesk, job):
    run = riskdesk(
        "run", "card-risk", "--profile", job.profile, "--input", job.inputs[0], "--store", job.store,
        "--alerts", job.alerts,
    )  # fmt: skip
    until(lambda: lines_in(job.alerts) == 9, run)
    run.process.send_signal(signal.SIGHUP)
    until(lambda: "without --recovery the flow would begin from the start" in run.err, run)
    assert run.terminate() == 0
    assert lines_in(job.alerts) == 9


# --- the end


def test_a_second_signal_ends_at_once_what_the_first_could_not(follow, job):
    run = follow("--grace", "600")
    until(lambda: lines_in(job.alerts) == 9, run)
    with locked(job.store):
        write_events(job.inputs[0], [use("e9", 9, "t0")])
        time.sleep(1)
        run.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert run.running
        began = time.monotonic()
        assert run.terminate() == 1
        assert time.monotonic() - began < 10
    assert "stopped: SIGTERM; asked to end a second time: 1 process of 1 cut off" in run.err
    assert "is done again at the next start" in run.err
    follow("--no-follow").finish()
    assert len(stored_alerts(job.store)) == 10
    assert sorted(counts(job.alerts)) == sorted((f"e{n}", n // 3 + 1) for n in range(10))


def test_a_graceful_end_that_takes_longer_than_its_grace_is_cut_and_says_so(follow, job):
    run = follow("--grace", "1")
    until(lambda: lines_in(job.alerts) == 9, run)
    with locked(job.store):
        write_events(job.inputs[0], [use("e9", 9, "t0")])
        time.sleep(1)
        assert run.terminate() == 1
    assert "stopped: SIGTERM; not done within 1 s: 1 process of 1 cut off" in run.err


# --- a store that is slow


def test_while_the_store_is_held_by_others_no_more_is_read_and_memory_does_not_grow(job):
    count = 6000
    events = [use(f"more{n}", 9 + n / 60, f"t{n % 50}") for n in range(count)]
    write_events(job.inputs[0], events)
    size, block = job.inputs[0].stat().st_size, 20_000
    seen: list[tuple[int, int]] = []  # bytes read, memory in kB
    holding = locked(job.store)
    holding.__enter__()
    released = False

    def watch(progress: Progress) -> None:
        nonlocal released
        workers = children(os.getpid())
        if released or not progress.read_bytes or not workers:
            return
        seen.append((progress.read_bytes, resident_kb(workers[0])))
        if len(seen) == 60:
            released = True
            holding.__exit__(None, None, None)

    assert supervise(replace(job, block_bytes=block, recovery=None), watch) == (0, "")
    read = [read_bytes for read_bytes, _ in seen]
    assert read[-1] == read[10] <= 4 * block < size / 10
    assert seen[-1][1] < seen[10][1] * 1.05
    assert len(stored_alerts(job.store)) == count + 9


def resident_kb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


# --- probes


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as page:
            return page.status, page.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def test_probes_tell_when_it_is_ready_and_when_it_stands_still(follow, job, monkeypatch):
    monkeypatch.setenv("RISKDESK_STALE_S", "5")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = follow("--metrics-port", port)
    until(lambda: asked(port, "/readyz") == (200, "ok\n"), run)
    assert asked(port, "/healthz") == (200, "ok\n")
    assert asked(port, "/metrics")[0] == 200
    until(lambda: lines_in(job.alerts) == 9, run)

    path = Path(job.store.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".away"))
    until(lambda: asked(port, "/readyz")[0] == 503, run)
    assert "there is no store at" in asked(port, "/readyz")[1]
    path.with_suffix(".away").rename(path)

    (worker,) = children(run.process.pid)
    os.kill(worker, signal.SIGSTOP)
    until(lambda: asked(port, "/healthz")[0] == 503, run)
    assert "no epoch has ended for" in asked(port, "/healthz")[1]
    os.kill(worker, signal.SIGCONT)
    until(lambda: asked(port, "/healthz") == (200, "ok\n"), run)
    assert run.terminate() == 0
