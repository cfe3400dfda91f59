"""The processes of a run share one fate: they end together, and begin again after a crash."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.located_yaml import ProfileError
from connectors.errors import InputError
from flows.job import Job
from flows.progress import Progress
from flows.supervisor import free_addresses, supervise
from flows.worker import GAVE_UP
from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import use
from tests.flows.running import lines_in, until

pytestmark = pytest.mark.slow


def test_free_addresses_are_different_and_on_this_machine_only():
    addresses = free_addresses(8)
    assert len(set(addresses)) == 8
    for address in addresses:
        host, port = address.split(":")
        assert host == "127.0.0.1"
        with socket.create_server((host, int(port))):
            pass


@pytest.mark.parametrize("count", [1, 0, -1])
def test_a_single_process_needs_no_address(count):
    with pytest.raises(ValueError, match=f"at least 2 processes, not {count}"):
        free_addresses(count)


def started(job: Job, *, restarts: int) -> tuple[int, str, int, Progress]:
    """Supervise a job to its end; gives exit code, reason, number of restarts, and the last progress."""
    again: list[None] = []
    told: list[Progress] = [Progress()]
    code, reason = supervise(job, told.append, restarts=restarts, on_restart=lambda: again.append(None))
    return code, reason, len(again), told[-1]


@pytest.fixture
def job(tmp_path) -> Job:
    """A job over a small file of its own."""
    events = [use(f"e{minute}", minute, f"t{minute % 3}") for minute in range(9)]
    return Job(
        profile=write_profile(tmp_path),
        inputs=(write_events(tmp_path / "events.jsonl", events),),
        alerts=tmp_path / "alerts.jsonl",
        log_level="error",
    )


def test_a_run_that_ends_is_not_started_again_and_tells_what_it_did(job):
    code, reason, again, progress = started(job, restarts=3)
    assert (code, reason, again) == (0, "", 0)
    assert (progress.events, progress.alerts, progress.rejected, progress.errors) == (9, 9, 0, 0)
    assert progress.reached_ms == use("e", 8).at_ms
    assert progress.read_bytes == job.inputs[0].stat().st_size


def test_a_run_that_crashes_is_started_again_as_often_as_allowed(job, tmp_path):
    nowhere = f"sqlite:///{tmp_path / 'missing' / 'store.sqlite'}"
    code, reason, again, _ = started(replace(job, store=nowhere), restarts=1)
    assert (code, reason, again) == (1, "", 1)


def test_a_run_whose_input_is_damaged_ends_itself_and_says_why(job, tmp_path):
    damaged = tmp_path / "damaged.jsonl.gz"
    damaged.write_bytes(b"\x1f\x8b\x08 no more of it")
    code, reason, again, _ = started(replace(job, inputs=(damaged,)), restarts=1)
    assert (code, again) == (GAVE_UP, 0)
    assert "damaged.jsonl.gz" in reason


def test_a_run_that_stopped_itself_is_not_started_again(job):
    job.inputs[0].write_bytes(b"no event\n" * 20)
    code, reason, again, progress = started(job, restarts=3)
    assert (code, again) == (GAVE_UP, 0)
    assert "20 of the last 20 lines of events.jsonl are no events" in reason
    assert progress.rejected == 20


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # Behind the name, which may hold anything: state, parent, ...
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == process and state != "Z":
            found.append(int(status.parent.name))
    return sorted(found)


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def follow(riskdesk, job, tmp_path) -> Callable[..., tuple]:
    """Start following the job's file into a store, an alert file and a recovery folder."""

    def start(processes: int = 1):
        run = riskdesk(
            "run", "card-risk", "--profile", job.profile, "--input", job.inputs[0],
            "--store", f"sqlite:///{tmp_path}/store.sqlite", "--alerts", job.alerts,
            "--recovery", tmp_path / "recovery", "--epoch-s", "0.1", "--processes", processes,
        )  # fmt: skip
        until(lambda: lines_in(job.alerts) == 9, run)
        return run

    return start


def test_a_process_whose_supervisor_was_killed_ends_itself(follow):
    run = follow()
    (worker,) = children(run.process.pid)
    run.process.kill()
    run.process.communicate()
    while not gone(worker):
        time.sleep(0.01)


def test_when_one_of_two_processes_is_killed_both_begin_again_and_a_signal_ends_both(follow, job, tmp_path):
    run = follow(processes=2)
    workers = children(run.process.pid)
    assert len(workers) == 2
    os.kill(workers[1], signal.SIGKILL)
    # The other one lives for a moment more: what it writes then is taken back and written again.
    until(lambda: len(set(children(run.process.pid)) - set(workers)) == 2, run)
    write_events(job.inputs[0], [use("e9", 9, "t0")])
    until(lambda: lines_in(job.alerts) == 10, run)
    anew = children(run.process.pid)
    assert len(anew) == 2
    assert not set(anew) & set(workers)
    assert run.terminate() == 0
    assert "stopped: SIGTERM" in run.err
    assert all(map(gone, anew))
    assert sorted(counts(job.alerts)) == sorted((f"e{n}", n // 3 + 1) for n in range(10))


def test_a_signal_to_the_whole_group_at_once_ends_it_as_gracefully(follow, job):
    # What a service manager sends: the process that is asked twice must not take that for impatience.
    run = follow()
    (worker,) = children(run.process.pid)
    os.kill(worker, signal.SIGTERM)
    assert run.terminate() == 0
    assert sorted(counts(job.alerts)) == sorted((f"e{n}", n // 3 + 1) for n in range(9))


def test_no_process_is_started_over_input_or_a_profile_that_is_not_right(job, tmp_path):
    with pytest.raises(InputError, match=r"no such file or folder: .*gone\.jsonl"):
        started(replace(job, inputs=(tmp_path / "gone.jsonl",)), restarts=3)
    job.profile.write_text(job.profile.read_text().replace("uses_of_terminal", "uses_of_atm"))
    with pytest.raises(ProfileError, match="no detector 'uses_of_atm'"):
        started(job, restarts=3)
