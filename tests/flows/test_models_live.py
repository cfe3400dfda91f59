"""Models take effect while a run goes on, and a replay with those of the time tells the same to the byte."""

import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from os import getpid, kill
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from cases.store import Store, open_store
from connectors.alert_file import read_alert_file, sort_alert_file
from domain.events import Event
from domain.instants import from_ms
from tests.cases.models.learnt import ANALYST, LEAD, REPORT, add, model, promote, terminals
from tests.flows.counted import write_events
from tests.flows.made import MINUTE_MS, START_MS, minute_ms, use
from tests.flows.modelled import OURS, REAL, models_in, write_scoring
from tests.flows.running import Command, lines_in, until
from tests.flows.test_supervisor import children

pytestmark = pytest.mark.slow

PROCESSES = 2
# An hour of events for each model, one a minute on either of two partitions, and so long before its hour it
# is on record.
HOUR, AHEAD = 60, 20


@pytest.fixture
def port() -> int:
    """The first free port of several, outside of the range that other connections are given theirs from."""
    for low in range(20_000 + getpid() % 5_000, 32_000, 4):
        with suppress(OSError):
            for one in range(low, low + 1 + PROCESSES):
                socket.create_server(("127.0.0.1", one)).close()
            return low
    raise AssertionError("no port is free")


def know(port: int, models: int) -> bool:
    """Whether every process of the run knows so many versions of the model."""
    wanted = f'riskdesk_learnt_tables{{table="risk_model"}} {models}.0'
    try:
        pages = [urlopen(f"http://127.0.0.1:{port + 1 + index}/metrics").read() for index in range(PROCESSES)]
    except (URLError, ConnectionError):
        return False
    return all(wanted in page.decode() for page in pages)


def told(alerts: Path, hours: int) -> bool:
    """Whether the events of so many hours were told of, at least."""
    return lines_in(alerts) >= hours * 2 * HOUR


def hour(number: int, partition: str) -> list[Event]:
    return [
        use(
            f"{partition}{number}-{minute}",
            number * HOUR + minute,
            f"{partition}{minute % 7}",
            customer=f"u{minute % 5}",
        )
        for minute in range(HOUR)
    ]


def replay(profile: Path, recorded: Iterable[Path], alerts: Path, *more: str) -> None:
    words = ["replay", str(profile), *map(str, recorded), "--alerts", str(alerts), "--quiet", *more]
    Command(words).finish()


def decide(store: Store, number: int) -> None:
    """Let the model of an hour take effect at its begin; the fourth is the first one again."""
    since_ms = minute_ms(number * HOUR)
    now_ms = since_ms - AHEAD * MINUTE_MS
    if number == 4:
        store.models.rollback(1, ANALYST, now_ms, "worse", since_ms=since_ms)
        store.models.approve(1, LEAD, now_ms)
        return
    promote(store, add(store, f"m{number}", now_ms), now_ms, since_ms)
    body = terminals(f"t{number}", *(f"t{n}" for n in range(number)))
    store.models.publish(body, ANALYST, now_ms, "refreshed", since_ms=since_ms + 30 * MINUTE_MS)


@pytest.mark.parametrize("detectors", [OURS, REAL], ids=["every event", "learned risk"])
def test_three_promotions_a_rollback_and_kills_amid_are_replayed_to_the_byte(
    tmp_path: Path, port: int, detectors: str
) -> None:
    url, profile = f"sqlite:///{tmp_path}/desk.db", write_scoring(tmp_path, detectors=detectors)
    files = {name: write_events(tmp_path / f"{name}.jsonl", hour(0, name)) for name in "ab"}
    live = tmp_path / "live.jsonl"

    def start(*more: object) -> Command:
        words = [
            "run", "card-risk", "--profile", profile, "--input", files["a"], "--input", files["b"],
            "--store", url, "--alerts", live, "--recovery", tmp_path / "recovery", "--epoch-s", "0.2",
            "--metrics-port", port, "--processes", PROCESSES, *more,
        ]  # fmt: skip
        return Command([str(word) for word in words])

    open_store(url).close()
    run = start()
    try:
        with open_store(url) as store:
            for number in range(1, 5):
                until(partial(told, live, number - 2), run)
                decide(store, number)
                until(partial(know, port, number), run)
                if number == 2:
                    run.kill()
                for name, path in files.items():
                    write_events(path, hour(number, name))
                if number == 2:
                    run = start()
                if number == 3:
                    kill(children(run.process.pid)[0], signal.SIGKILL)
            until(partial(told, live, 3), run)
        assert run.terminate() == 0
        assert "too late" not in run.err
        # What was held back for events that may still come is told when none will.
        start("--no-follow").finish()
    finally:
        run.kill()

    again = tmp_path / "again.jsonl"
    replay(profile, files.values(), again, "--models", url)
    sort_alert_file(live)
    assert live.read_bytes() == again.read_bytes()
    scored = models_in(again)
    assert [scored.get(f"a{number}-0") for number in range(5)] == [None, "m1", "m2", "m3", "m1"]
    assert [scored.get(f"b{number}-59") for number in range(5)] == [None, "m1", "m2", "m3", "m1"]

    *_, last = read_alert_file(again)
    over = [word for path in files.values() for word in ("--over", str(path))]
    explain = ["explain", last["id"], "--from", str(again), "--profile", str(profile), *over, "--store", url]
    Command(explain).finish()

    # Elsewhere, where nobody has the store, the files of its tables say the same.
    tables = tmp_path / "tables"
    exported = Command(["model", "export", "-o", str(tables), "--store", url])
    exported.finish()
    named = [line.removeprefix("- ") for line in exported.out.splitlines()[1:]]
    elsewhere = tmp_path / "elsewhere.jsonl"
    replay(write_scoring(tmp_path, "elsewhere", named, detectors), files.values(), elsewhere)
    assert elsewhere.read_bytes() == again.read_bytes()


def test_a_challenger_in_the_shadow_scores_with_its_own_model_and_the_live_one_as_it_would_alone(
    tmp_path: Path,
) -> None:
    url, own = f"sqlite:///{tmp_path}/desk.db", write_scoring(tmp_path)
    events = write_events(tmp_path / "events.jsonl", hour(0, "a") + hour(1, "a"))
    with open_store(url) as store:
        store.models.add(model("m1"), ANALYST, START_MS, "learnt")
        store.models.propose(1, ANALYST, START_MS, "to begin with", REPORT, since_ms=minute_ms(HOUR))
        store.models.approve(1, LEAD, START_MS)
    (tmp_path / "challenger.json").write_bytes(model("m9", 1.0, at=from_ms(minute_ms(30))))
    challenger = write_scoring(tmp_path, "challenger", ("challenger.json",))
    live, shadow = tmp_path / "live.jsonl", tmp_path / "shadow.jsonl"
    Command(
        ["run", "card-risk", "--profile", str(own), "--input", str(events), "--store", url,
         "--alerts", str(live), "--shadow", str(challenger), "--shadow-alerts", str(shadow), "--no-follow"]
    ).finish()  # fmt: skip
    assert {models_in(live)[name] for name in ("a0-0", "a0-30", "a0-59")} == {None}
    assert models_in(live)["a1-0"] == "m1"
    told = models_in(shadow)
    assert [told[name] for name in ("a0-0", "a0-29", "a0-30", "a1-0", "a1-59")] == [None, None, *["m9"] * 3]
