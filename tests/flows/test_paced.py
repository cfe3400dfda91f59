"""A replay at a speed gives what one without gives; it is ended and taken up again like any other."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.running import NIGHT, PROFILE, Command, alert_ids, lines_in, until

pytestmark = pytest.mark.slow

EXPECTED = NIGHT / "alerts.jsonl"
# The night takes a second then, of which no test depends.
FAST = 40_000


@pytest.fixture
def begin(riskdesk, store, tmp_path) -> Callable[..., Command]:
    def begin(*inputs: object) -> Command:
        return riskdesk(
            "replay", PROFILE, *inputs, "--store", store, "--alerts", tmp_path / "alerts.jsonl", "--quiet"
        )

    return begin


def test_at_a_speed_the_alerts_are_the_same_from_one_partition_and_from_two(begin, night, halves, tmp_path):
    begin(night, "--speed", FAST).finish()
    assert (tmp_path / "alerts.jsonl").read_bytes() == EXPECTED.read_bytes()
    begin(*halves, "--speed", FAST, "--recovery", tmp_path / "recovery", "--epoch-s", 0.1).finish()
    assert (tmp_path / "alerts.jsonl").read_bytes() == EXPECTED.read_bytes()


def test_a_speed_and_several_processes_are_wrong_use(begin, night):
    command = begin(night, "--speed", 60, "--processes", 2)
    assert command.wait() == 2
    assert "give no --processes" in command.err


def half_way(folder: Path) -> Callable[[], bool]:
    return lambda: lines_in(folder / "alerts.jsonl") > 5


@pytest.mark.parametrize("speeds", [(2_000, FAST), (2_000, None)])
def test_ctrl_c_keeps_what_was_done_and_the_same_command_goes_on(begin, halves, tmp_path, speeds):
    recovery = ("--recovery", tmp_path / "recovery", "--epoch-s", 0.1)
    first, second = (() if speed is None else ("--speed", speed) for speed in speeds)
    command = begin(*halves, *first, *recovery)
    until(half_way(tmp_path), command)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() == 0
    assert "stopped: SIGINT" in command.err
    kept = set(alert_ids(tmp_path / "alerts.jsonl"))
    begin(*halves, *second, *recovery).finish()
    assert kept <= set(alert_ids(tmp_path / "alerts.jsonl"))
    assert (tmp_path / "alerts.jsonl").read_bytes() == EXPECTED.read_bytes()


def test_a_second_ctrl_c_ends_at_once_and_nothing_is_lost(begin, halves, tmp_path):
    recovery = ("--recovery", tmp_path / "recovery", "--epoch-s", 0.1)
    command = begin(*halves, "--speed", 2_000, *recovery)
    until(half_way(tmp_path), command)
    command.process.send_signal(signal.SIGINT)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() in (0, -signal.SIGINT)
    begin(*halves, *recovery).finish()
    assert (tmp_path / "alerts.jsonl").read_bytes() == EXPECTED.read_bytes()


def test_a_replay_at_a_speed_that_was_killed_goes_on_where_it_was(begin, halves, tmp_path):
    recovery = ("--recovery", tmp_path / "recovery", "--epoch-s", 0.1)
    command = begin(*halves, "--speed", 2_000, *recovery)
    until(half_way(tmp_path), command)
    command.kill()
    begin(*halves, "--speed", FAST, *recovery).finish()
    assert (tmp_path / "alerts.jsonl").read_bytes() == EXPECTED.read_bytes()
