"""Killed at any moment and started again, the flow holds just what an uninterrupted run holds."""

import time
from random import Random

import pytest

from tests.flows.running import NIGHT, PROFILE, lines_in, stored_alerts, until

EXPECTED = NIGHT / "alerts.jsonl"


@pytest.fixture
def beginning(night, tmp_path):
    """The first minutes of the night, where it does not matter what they hold."""
    path = tmp_path / "beginning.jsonl"
    path.write_bytes(b"".join(night.read_bytes().splitlines(keepends=True)[:500]))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_replay_killed_again_and_again_resumes_to_the_same_alerts(
    riskdesk, store, tmp_path, halves, processes
):
    alerts = tmp_path / "alerts.jsonl"
    recovery = tmp_path / "recovery"
    command = (
        "replay", PROFILE, *halves, "--store", store, "--alerts", alerts,
        "--recovery", recovery, "--epoch-s", "0.1", "--processes", processes,
    )  # fmt: skip
    # Killed while it starts, at its first alerts, and further and further on.
    random = Random(processes)
    interrupted = 0
    for wanted in (0, 1, 8, 16, 24):
        run = riskdesk(*command)
        while run.running and lines_in(alerts) < wanted:
            time.sleep(0.005)
        time.sleep(random.random() / 20)
        interrupted += run.running
        run.kill()
    assert interrupted >= 3
    riskdesk(*command).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    expected = sorted(line.split('"')[3] for line in EXPECTED.read_text().splitlines())
    assert stored_alerts(store) == expected


@pytest.mark.slow
def test_a_growing_file_is_followed_through_a_crash_and_a_graceful_stop(riskdesk, store, tmp_path, night):
    lines = night.read_bytes().splitlines(keepends=True)
    growing = tmp_path / "growing.jsonl"
    alerts = tmp_path / "alerts.jsonl"
    growing.write_bytes(b"".join(lines[:20_000]) + lines[20_000][:40])
    command = (
        "run", "card-risk", "--profile", PROFILE, "--input", growing, "--store", store,
        "--alerts", alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
    )  # fmt: skip
    run = riskdesk(*command)
    until(lambda: lines_in(alerts) >= 3, run)
    run.kill()
    with growing.open("ab") as file:
        file.write(lines[20_000][40:] + b"".join(lines[20_001:]))
    run = riskdesk(*command)
    until(lambda: lines_in(alerts) >= lines_in(EXPECTED), run)
    assert run.terminate() == 0
    assert "SIGTERM" in run.err
    assert sorted(alerts.read_bytes().splitlines()) == sorted(EXPECTED.read_bytes().splitlines())


def test_two_runs_cannot_have_one_recovery_folder(riskdesk, store, tmp_path, beginning):
    growing = tmp_path / "growing.jsonl"
    growing.write_bytes(beginning.read_bytes())
    recovery = tmp_path / "recovery"
    command = (
        "run", "card-risk", "--profile", PROFILE, "--input", growing, "--store", store,
        "--recovery", recovery,
    )  # fmt: skip
    first = riskdesk(*command)
    until(lambda: len(list(recovery.glob("part-*"))) > 0, first)
    second = riskdesk(*command)
    assert second.wait() == 1
    assert "in use" in second.err
    assert first.terminate() == 0


def test_the_state_of_another_profile_is_refused(riskdesk, store, tmp_path, beginning):
    recovery = tmp_path / "recovery"
    riskdesk("replay", PROFILE, beginning, "--store", store, "--recovery", recovery).finish()
    other = tmp_path / "other.yaml"
    other.write_text(
        PROFILE.read_text().replace("name: recorded_night", "name: another").replace("tables:", "#")
    )
    command = riskdesk("replay", other, beginning, "--store", store, "--recovery", recovery)
    assert command.wait() == 1
    assert "another" in command.err
