"""A day of a fleet through the device flow: the queue is the same however the day came in."""

import json
from datetime import datetime
from zlib import crc32

import pytest

from cases.case import Status
from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.device_day import DAY, PROFILE, everything, in_time, shuffled, unpack_day
from tests.flows.running import ROOT, lines_in, until

CARDS = ROOT / "config" / "profiles" / "card_risk.yaml"


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The recorded day as plain files."""
    folder = tmp_path_factory.mktemp("day")
    unpack_day(folder)
    return folder


@pytest.fixture(scope="module")
def fleet_store(day):
    path = day / "empty.sqlite"
    with open_store(f"sqlite:///{path}") as store:
        store.reference.put(read_reference([day / "reference.jsonl", day / "fleet.jsonl"]))
    return path


@pytest.fixture
def make_store(fleet_store, tmp_path):
    """Make stores that know the fleet and nothing else."""

    def make(name: str) -> str:
        path = tmp_path / f"{name}.sqlite"
        path.write_bytes(fleet_store.read_bytes())
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def replayed(riskdesk, make_store):
    """Replay files into a store of their own; gives its URL."""

    def replay(name, *files, options=()):
        url = make_store(name)
        riskdesk("replay", PROFILE, *files, "--store", url, "--quiet", *options).finish()
        return url

    return replay


@pytest.fixture(scope="module")
def incidents(day):
    lines = (day / "truth.jsonl").read_text().splitlines()
    return [incident for incident in map(json.loads, lines) if incident["expect"] == "item"]


def ms(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() * 1000


def test_what_was_planted_is_in_the_queue_in_time_and_a_cut_line_is_one_item(
    day, replayed, incidents, tmp_path
):
    alerts = tmp_path / "alerts.jsonl"
    url = replayed("day", day / "telemetry.jsonl", day / "transactions.jsonl", options=("--alerts", alerts))
    assert alerts.read_bytes() == (DAY / "alerts.jsonl").read_bytes()
    with open_store(url) as store:
        alarms = store.alarms.list(live=False)
        cases = {case.id: case for case in store.cases.list(tuple(Status))}
    assert len(incidents) >= 14
    missed = []
    for incident in incidents:
        places = {incident["device"], incident["branch"], *incident["devices"]}
        by_ms = ms(incident["begins"]) + incident["within_s"] * 1000
        if not any(
            alarm.code in incident["codes"]
            and {alarm.device, alarm.branch} & places
            and alarm.annunciated_at_ms is not None
            and ms(incident["begins"]) - 1 <= alarm.annunciated_at_ms <= by_ms
            for alarm in alarms
        ):
            missed.append(incident["kind"])
    assert missed == []
    (cut,) = [incident for incident in incidents if incident["kind"] == "link_cut"]
    told = [
        alarm
        for alarm in alarms
        if alarm.branch == cut["branch"]
        and alarm.case_id is not None
        and alarm.code in ("branch_link_down", "device_offline", "silent_device")
        and cases[alarm.case_id].outcome != "duplicate"
    ]
    assert {alarm.code for alarm in told if alarm.parent is None} == {"branch_link_down"}
    assert len({alarm.case_id for alarm in told if alarm.parent is None}) == 1


@pytest.mark.slow
def test_a_day_that_came_shuffled_and_twice_gives_the_queue_of_the_day_in_order(day, replayed, tmp_path):
    # The profile waits a minute for what is late; lines that were late already are not made later.
    files = {}
    for name in ("telemetry", "transactions"):
        ordered = in_time((day / f"{name}.jsonl").read_bytes().splitlines(keepends=True))
        for kind, lines in (("ordered", ordered), ("shuffled", shuffled(ordered, 59, seed=1))):
            path = files[kind, name] = tmp_path / f"{kind}-{name}.jsonl"
            path.write_bytes(b"".join(lines))
    straight = replayed("straight", files["ordered", "telemetry"], files["ordered", "transactions"])
    mixed = replayed("mixed", files["shuffled", "telemetry"], files["shuffled", "transactions"])
    assert everything(mixed) == everything(straight)
    assert len(everything(straight)["alarm"]) > 14


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_the_queue_is_the_same_at_any_number_of_workers_and_cut_of_the_input(
    day, replayed, tmp_path, processes
):
    whole = replayed("whole", day / "telemetry.jsonl", day / "transactions.jsonl")
    parts = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    files = [path.open("wb") for path in parts]
    for line in (day / "telemetry.jsonl").read_bytes().splitlines(keepends=True):
        files[crc32(json.loads(line)["device"].encode()) // 7 % 2].write(line)
    for file in files:
        file.close()
    cut = replayed("cut", *parts, day / "transactions.jsonl", options=("--processes", processes))
    assert everything(cut) == everything(whole)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_day_killed_again_and_again_ends_as_one_that_was_not(
    riskdesk, day, replayed, make_store, tmp_path, processes
):
    whole = replayed("whole", day / "telemetry.jsonl", day / "transactions.jsonl")
    url, alerts = make_store("killed"), tmp_path / "alerts.jsonl"
    command = (
        "replay", PROFILE, day / "telemetry.jsonl", day / "transactions.jsonl", "--store", url, "--quiet",
        "--alerts", alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
        "--processes", processes,
    )  # fmt: skip
    interrupted = 0
    for wanted in (1, 10, 30, 50):
        run = riskdesk(*command)
        until(lambda run=run, wanted=wanted: lines_in(alerts) >= wanted or not run.running, run)
        interrupted += run.running
        run.kill()
    assert interrupted >= 3
    riskdesk(*command).finish()
    assert everything(url) == everything(whole)


@pytest.mark.slow
def test_live_the_flow_follows_both_streams_and_stops_when_it_is_asked_to(riskdesk, day, make_store):
    url = make_store("live")
    run = riskdesk(
        "run", "device-watch", "--profile", PROFILE, "--input", day / "telemetry.jsonl",
        "--input", day / "transactions.jsonl", "--store", url,
    )  # fmt: skip

    def told():
        with open_store(url) as store:
            return len(store.alarms.list(live=False)) >= 5

    until(told, run)
    assert run.terminate() == 0
    assert "SIGTERM" in run.err


def test_a_profile_of_another_flow_is_refused_with_its_line(riskdesk, day, make_store):
    run = riskdesk(
        "run", "device-watch", "--profile", CARDS, "--input", day / "telemetry.jsonl",
        "--store", make_store("refused"),
    )  # fmt: skip
    assert run.wait() == 1
    assert "this profile is for the flow card_risk, not for device_watch" in run.err
