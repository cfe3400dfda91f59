"""A run watches with what is in force, takes what was promoted at a reload, and says which one it has."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import orjson
import pytest
from click.testing import CliRunner

from cases.profiles.version import Content, Reference, Table
from cases.signing_off.change import Report
from cases.store import open_store
from cases.who import Role, Who
from cli.main import cli
from tests.cases.actions.desk import execute
from tests.flows.counted import PROFILE, counts, write_events
from tests.flows.made import use
from tests.flows.running import Command, lines_in, until
from tests.flows.test_supervisor import children
from tests.sqlite_store import sqlite_store

pytestmark = pytest.mark.slow

ANALYST, LEAD = Who("ana-1", Role.ANALYST), Who("lead-2", Role.LEAD)
REPORT = Report(name="shadow.html", digest="ab" * 32)
AMOUNTS = b'{"table":"segment_amounts","effective_at":"2026-01-01T00:00:00Z","version":"v1","segments":{}}'
HOUR, HALF_HOUR = 3600.0, 1800.0


def content(minutes: int) -> Content:
    text = PROFILE.replace("uses_of_terminal:", f"uses_of_terminal: {{remembers: PT{minutes}M}}")
    tables = (Table("tables/amounts.json", AMOUNTS),)
    return Content(name="counted", text=f"{text}tables: [tables/amounts.json]\n", tables=tables)


def put_in_force(url: str, minutes: int) -> int:
    """Let two people bring in a version that remembers so long, and give its number."""
    with open_store(url) as store:
        number = store.profiles.add(content(minutes), ANALYST, 1, "better").version.number
        store.profiles.promote(Reference("counted", number), ANALYST, 1, "better", REPORT)
        store.profiles.approve(Reference("counted", number), LEAD, 1)
    return number


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "store.sqlite")
    open_store(found).close()
    return found


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return write_events(tmp_path / "events.jsonl", [use(f"e{n}", n, f"t{n % 3}") for n in range(9)])


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    return tmp_path / "alerts.jsonl"


@pytest.fixture
def port() -> int:
    """A free port of two, outside of the range that other connections are given theirs from."""
    for low in range(20_000 + os.getpid() % 5_000, 32_000, 2):
        with suppress(OSError):
            for one in (low, low + 1):
                socket.create_server(("127.0.0.1", one)).close()
            return low
    raise AssertionError("no port is free")


@pytest.fixture
def follow(
    url: str, events: Path, alerts: Path, tmp_path: Path, port: int
) -> Iterator[Callable[[], Command]]:
    started: list[Command] = []

    def start() -> Command:
        words = (
            "run", "card-risk", "--profile", "in-force:counted", "--input", events, "--store", url,
            "--alerts", alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
            "--metrics-port", port,
        )  # fmt: skip
        started.append(Command([str(word) for word in words]))
        return started[-1]

    yield start
    for command in started:
        command.kill()


def remembered(alerts: Path) -> list[float]:
    """With what each alert was raised, in order."""
    return [orjson.loads(line)["parameters"]["remembers"] for line in alerts.read_bytes().splitlines()]


def told(port: int) -> str:
    """What the metrics say of the profile that runs."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            found = [line for line in page.read().decode().splitlines() if "_profile_info{" in line]
    except URLError:
        return ""
    return "".join(found)


def test_a_run_takes_what_is_in_force_and_at_a_reload_what_was_promoted(
    follow: Callable[[], Command], url: str, events: Path, alerts: Path, tmp_path: Path, port: int
) -> None:
    put_in_force(url, 60)
    run = follow()
    until(lambda: lines_in(alerts) == 9, run)
    until(lambda: 'version="1"' in told(port), run)
    assert (tmp_path / "recovery.profiles/counted@1/tables/amounts.json").read_bytes() == AMOUNTS

    put_in_force(url, 30)
    before = children(run.process.pid)
    # What was approved does not come in with a crash: somebody is to look when it does.
    os.kill(before[0], signal.SIGKILL)
    write_events(events, [use("e9", 9, "t0")])
    until(lambda: lines_in(alerts) == 10, run)
    run.process.send_signal(signal.SIGHUP)
    until(lambda: 'version="2"' in told(port), run)
    assert 'version="1"' not in told(port)
    write_events(events, [use("e10", 10, "t1")])
    until(lambda: lines_in(alerts) == 11, run)
    assert remembered(alerts) == [HOUR] * 10 + [HALF_HOUR]

    with open_store(url) as store:
        store.profiles.rollback(Reference("counted", 1), ANALYST, 1, "worse")
        store.profiles.approve(Reference("counted"), LEAD, 1)
        digest = store.profiles.in_force("counted").version.digest
    assert run.terminate() == 0
    again = follow()
    until(
        lambda: told(port) == f'riskdesk_profile_info{{digest="{digest}",name="counted",version="1"}} 1.0',
        again,
    )
    write_events(events, [use("e11", 11, "t2")])
    until(lambda: lines_in(alerts) == 12, again)
    assert again.terminate() == 0
    assert remembered(alerts)[-1] == HOUR
    # Nothing was lost or counted twice on the way.
    assert sorted(counts(alerts)) == sorted((f"e{n}", n // 3 + 1) for n in range(12))


def test_a_reload_refuses_a_version_that_was_altered_and_the_run_goes_on(
    follow: Callable[[], Command], url: str, events: Path, alerts: Path
) -> None:
    put_in_force(url, 60)
    run = follow()
    until(lambda: lines_in(alerts) == 9, run)
    put_in_force(url, 30)
    execute(url, "DROP TRIGGER profile_version_is_never_changed")
    execute(url, "UPDATE profile_version SET text = replace(text, 'PT30M', 'PT1M')")
    workers = children(run.process.pid)
    run.process.send_signal(signal.SIGHUP)
    write_events(events, [use("e9", 9, "t0")])
    until(lambda: "counted@2 is not what was signed off" in run.err, run)
    until(lambda: lines_in(alerts) == 10, run)
    assert children(run.process.pid) == workers
    assert run.terminate() == 0
    assert set(remembered(alerts)) == {HOUR}


def asked(url: str, events: Path, profile: str, *more: object) -> tuple[int, str]:
    words = ["run", "card-risk", "--profile", profile, "--input", events, "--store", url, *more]
    found = CliRunner().invoke(cli, [str(word) for word in words])
    return found.exit_code, found.output


def test_without_a_version_in_force_nothing_runs_and_it_is_said_what_to_do(
    url: str, events: Path, tmp_path: Path
) -> None:
    assert asked(url, events, "in-force:counted")[0] == 1
    assert "there is no profile 'counted'" in asked(url, events, "in-force:counted")[1]
    with open_store(url) as store:
        store.profiles.add(content(60), ANALYST, 1, "better")
    assert "no version of counted is in force" in asked(url, events, "in-force:counted")[1]
    assert asked(url, events, "in-force:counted@1")[0] == 2
    assert asked(url, events, "in-force:Counted")[0] == 2
    assert asked(url, events, f"{tmp_path}/none.yaml")[0] == 2


def test_a_dry_run_looks_at_what_is_in_force_and_leaves_nothing(
    url: str, events: Path, tmp_path: Path
) -> None:
    put_in_force(url, 60)
    code, out = asked(url, events, "in-force:counted", "--dry-run", "--recovery", tmp_path / "recovery")
    assert (code, "watches each terminal with uses_of_terminal" in out) == (0, True), out
    assert not (tmp_path / "recovery.profiles").exists()
