"""Machines that share a flow meet, run, fall and rise together; here they are supervisors of one machine."""

import os
import signal
import socket
from collections.abc import Callable

import pytest

from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import use
from tests.flows.running import Command, lines_in, until
from tests.flows.test_supervisor import children

pytestmark = pytest.mark.slow


def free_ports(machines: int) -> list[int]:
    """Ports that are free now, each with the one behind it."""
    found: list[int] = []
    while len(found) < machines:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        try:
            socket.create_server(("127.0.0.1", port + 1)).close()
        except OSError:
            continue
        if all(abs(port - other) > 1 for other in found):
            found.append(port)
    return found


@pytest.fixture
def events(tmp_path):
    return write_events(tmp_path / "events.jsonl", [use(f"e{n}", n, f"t{n % 3}") for n in range(9)])


@pytest.fixture
def alerts(tmp_path):
    return tmp_path / "alerts.jsonl"


@pytest.fixture
def machine(riskdesk, tmp_path, events, alerts) -> Callable[..., Command]:
    """Starts one machine of a cluster of so many, in a recovery folder of its own."""
    profile = write_profile(tmp_path)
    ports: dict[int, list[int]] = {}

    def start(index: int, machines: int = 2, *, options=("--follow",)) -> Command:
        chosen = ports.setdefault(machines, free_ports(machines))
        return riskdesk(
            "run", "card-risk", "--profile", profile, "--input", events, "--alerts", alerts,
            "--store", f"sqlite:///{tmp_path}/store.sqlite", "--recovery", tmp_path / f"recovery{index}",
            "--epoch-s", "0.1", "--addresses", ",".join(f"127.0.0.1:{port}" for port in chosen),
            "--index", index, *options,
        )  # fmt: skip

    return start


def expected(events_seen: int) -> list[tuple[str, int]]:
    return sorted((f"e{n}", n // 3 + 1) for n in range(events_seen))


def add(events, number: int) -> None:
    write_events(events, [use(f"e{number}", number, f"t{number % 3}")])


def seen(alerts, number: int) -> Callable[[], bool]:
    return lambda: lines_in(alerts) == number


def test_machines_share_a_flow_and_end_when_the_input_does(machine, alerts):
    both = [machine(index, options=("--no-follow",)) for index in (0, 1)]
    for command in both:
        command.finish()
        assert "the input ended" in command.err
    assert sorted(counts(alerts)) == expected(9)


def test_when_a_process_of_one_machine_dies_all_begin_again(machine, events, alerts):
    both = [machine(index) for index in (0, 1)]
    until(seen(alerts, 9), both[0])
    before = [children(command.process.pid) for command in both]
    os.kill(before[1][0], signal.SIGKILL)
    add(events, 9)
    until(seen(alerts, 10), both[0])
    after = [children(command.process.pid) for command in both]
    assert all(len(found) == 1 for found in after)
    assert not {*after[0], *after[1]} & {*before[0], *before[1]}
    for command in both:
        command.process.send_signal(signal.SIGTERM)
    assert [command.wait() for command in both] == [0, 0]
    assert sorted(counts(alerts)) == expected(10)


@pytest.mark.parametrize("fallen", [0, 1])
def test_a_machine_that_was_lost_and_comes_back_goes_on_with_the_others(machine, events, alerts, fallen):
    both = [machine(index) for index in (0, 1)]
    other = both[1 - fallen]
    until(seen(alerts, 9), other)
    both[fallen].kill()
    until(lambda: children(other.process.pid) == [], other)
    add(events, 9)
    both[fallen] = machine(fallen)
    until(seen(alerts, 10), other)
    for command in both:
        command.process.send_signal(signal.SIGTERM)
    assert [command.wait() for command in both] == [0, 0]
    assert sorted(counts(alerts)) == expected(10)


@pytest.mark.parametrize("asked", [0, 1])
def test_a_machine_that_is_asked_to_leave_ends_well_and_the_others_wait_for_it(
    machine, events, alerts, asked
):
    both = [machine(index) for index in (0, 1)]
    other = both[1 - asked]
    until(seen(alerts, 9), other)
    assert both[asked].terminate() == 0
    assert "stopped: SIGTERM" in both[asked].err
    until(lambda: children(other.process.pid) == [], other)
    add(events, 9)
    both[asked] = machine(asked)
    until(seen(alerts, 10), other)
    for command in both:
        command.process.send_signal(signal.SIGTERM)
    assert [command.wait() for command in both] == [0, 0]
    assert sorted(counts(alerts)) == expected(10)


@pytest.mark.parametrize("asked", [0, 1])
def test_a_reload_takes_in_a_new_profile_on_all_machines_and_nothing_is_forgotten(
    machine, events, alerts, tmp_path, asked
):
    profile = tmp_path / "counted.yaml"
    right = profile.read_text()
    both = [machine(index) for index in (0, 1)]
    until(seen(alerts, 9), both[0])
    before = {child for command in both for child in children(command.process.pid)}

    profile.write_text(right.replace("uses_of_terminal", "uses_of_atm"))
    both[asked].process.send_signal(signal.SIGHUP)
    for command in both:
        until(lambda said=command: "the reload is refused" in said.err, command)
        assert "machine 0: " in command.err
        assert "no detector 'uses_of_atm'" in command.err
    add(events, 9)
    until(seen(alerts, 10), both[0])
    assert {child for command in both for child in children(command.process.pid)} == before

    profile.write_text(right.replace("uses_of_terminal:", "uses_of_terminal: {remembers: PT30M}"))
    both[asked].process.send_signal(signal.SIGHUP)
    until(lambda: all(set(children(each.process.pid)) - before for each in both), both[0])
    add(events, 10)
    until(seen(alerts, 11), both[0])
    assert b'"remembers":1800.0' in alerts.read_bytes().splitlines()[-1]
    for command in both:
        command.process.send_signal(signal.SIGTERM)
    assert [command.wait() for command in both] == [0, 0]
    assert sorted(counts(alerts)) == expected(11)


def test_a_machine_that_waits_for_others_can_be_asked_to_leave(machine, tmp_path):
    alone = machine(0)
    until((tmp_path / "recovery0").exists, alone)
    assert alone.terminate() == 0


def test_a_flow_that_gives_up_gives_up_on_all_machines(machine, events):
    events.write_bytes(b"no event\n" * 20)
    both = [machine(index) for index in (0, 1)]
    for command in both:
        assert command.wait() == 1
        assert "lines of events.jsonl are no events" in command.err


def test_machines_join_and_leave_a_stopped_flow_without_moving_its_state(machine, events, alerts):
    for step, machines in enumerate((2, 4, 2)):
        for number in range(9 + step * 3, 12 + step * 3):
            add(events, number)
        for command in [machine(index, machines, options=("--no-follow",)) for index in range(machines)]:
            command.finish()
        assert sorted(counts(alerts)) == expected(12 + step * 3)


def test_machines_with_different_profiles_do_not_begin(machine, events, tmp_path):
    profile = tmp_path / "other.yaml"
    profile.write_text(write_profile(tmp_path).read_text() + "# changed\n")
    for command in (machine(0), machine(1, options=("--profile", profile))):
        assert command.wait() == 1
        assert "machines 0 and 1 differ in profile" in command.err


def test_a_machine_whose_state_is_gone_is_told_which_files_are_missing(machine, alerts, tmp_path):
    for command in [machine(index, options=("--no-follow",)) for index in (0, 1)]:
        command.finish()
    (tmp_path / "recovery1").rename(tmp_path / "lost")
    for command in [machine(index) for index in (0, 1)]:
        assert command.wait() == 1
        assert "no machine has part-1.sqlite3, part-3.sqlite3" in command.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--addresses", "127.0.0.1:9000,8.8.8.8:9000", "--index", 1), "can run programs"),
        (
            ("--addresses", "127.0.0.1:9000,127.0.0.1:9001", "--index", 0),
            "would both listen on 127.0.0.1:9001",
        ),
        (("--addresses", "127.0.0.1:9000", "--index", 0), "at least 2 machines"),
        (("--addresses", "127.0.0.1:9000,127.0.0.1:9002", "--index", 2), "0 to 1"),
        (("--addresses", "127.0.0.1:9000,nothing", "--index", 0), "'nothing' is no address"),
        (("--addresses", "127.0.0.1:9000,127.0.0.1:9002"), "--addresses needs --index"),
        (("--index", 0), "give both"),
        (("--addresses", "127.0.0.1:9000,127.0.0.1:9002", "--index", 0, "--processes", 2), "for one machine"),
    ],
)
def test_what_makes_no_cluster_is_refused_before_anything_begins(riskdesk, tmp_path, events, options, words):
    command = riskdesk(
        "run", "card-risk", "--profile", write_profile(tmp_path), "--input", events,
        "--recovery", tmp_path / "recovery", *options,
    )  # fmt: skip
    assert command.wait() in (1, 2)
    assert words in command.err


def test_without_a_recovery_folder_there_is_no_cluster(riskdesk, tmp_path, events):
    command = riskdesk(
        "run", "card-risk", "--profile", write_profile(tmp_path), "--input", events,
        "--addresses", "127.0.0.1:9000,127.0.0.1:9002", "--index", 0,
    )  # fmt: skip
    assert command.wait() == 1
    assert "needs a recovery folder on each" in command.err
