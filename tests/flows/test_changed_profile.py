"""Detectors come, go and are set otherwise between two runs: the others go on with what they remember."""

import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec.structs import replace

import detectors
from connectors.alert_file import read_alert_file
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from domain.events import Transaction
from domain.tables import Tables
from flows.job import Job
from flows.recovery import RecoveryError
from flows.recovery_survey import survey
from flows.state_formats import FORMATS
from flows.supervisor import supervise
from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import use
from tests.flows.running import PROFILE

pytestmark = pytest.mark.slow

Told = set[tuple[str, str]]

# Set so that they tell of much, and mostly of what takes a memory.
SETTINGS: dict[str, dict[str, Any]] = {
    "impossible_travel": {"max_kmh": 3, "atm_kmh": 3, "min_km": 1},
    "many_cards_one_terminal": {
        "window": "PT6H", "max_gap": "PT6H", "min_cards": 2, "min_customers": 2, "near": 0.01,
    },
    "burst": {"uses": 3, "window": "PT60M"},
    "amount_outlier": {"min_history": 2, "sds_alone": 1},
}  # fmt: skip
LOOSE = frozenset(SETTINGS)
HALF = 8000


@pytest.fixture(scope="module")
def parts(night: Path) -> tuple[bytes, bytes]:
    """The first and the second half of a stretch of the night."""
    lines = night.read_bytes().splitlines(keepends=True)[: 2 * HALF]
    return b"".join(lines[:HALF]), b"".join(lines[HALF:])


Run = Callable[..., Told]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run detectors over the stream as far as it has come; gives what is told then (detector and event)."""

    def go_on(enabled: Iterable[str], lines: bytes, name: str = "run", **changed: Any) -> Told:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        profile = yaml.safe_load(PROFILE.read_text()) | {"tables": []}
        profile["detectors"] = {each: changed.get(each, SETTINGS[each]) for each in enabled}
        (folder / "profile.yaml").write_text(yaml.safe_dump(profile, default_flow_style=False))
        with (folder / "night.jsonl").open("ab") as stream:
            stream.write(lines)
        job = Job(
            profile=folder / "profile.yaml",
            inputs=(folder / "night.jsonl",),
            alerts=folder / "alerts.jsonl",
            recovery=folder / "recovery",
            epoch_s=0.2,
            log_level="error",
        )
        assert supervise(job, lambda progress: None) == (0, "")
        assert job.alerts is not None
        return {(alert["detector"], alert["event_id"]) for alert in read_alert_file(job.alerts)}

    return go_on


def of(told: Told, name: str) -> Told:
    return {(detector, event) for detector, event in told if detector == name}


def test_a_detector_is_added_another_removed_and_the_others_keep_their_state(run, parts):
    first, second = parts
    old = LOOSE - {"burst"}
    new = LOOSE - {"amount_outlier"}
    whole = run(old, first + second, "whole")
    only_second = run(new, second, "second")

    before = run(old, first)
    after = run(new, second)

    for kept in ("impossible_travel", "many_cards_one_terminal"):
        assert of(after, kept) == of(whole, kept)
        # Or nothing would be seen of a state that was lost.
        assert of(after, kept) != of(before | only_second, kept)
    assert of(after, "amount_outlier") == of(before, "amount_outlier") != set()
    assert of(after, "burst") == of(only_second, "burst") != set()


def stepped(detector_at: Callable[[int], detectors.Detector[Any, Any]], lines: bytes, path: Path) -> Told:
    """What a detector by itself tells, given the one that is in force at each place of the stream."""
    path.write_bytes(lines)
    codec = Codec(TimeBounds(earliest_ms=0, latest_ms=1 << 62, ahead_of_ingest_ms=900_000))
    events = [event for block in read_blocks(path) for event in codec.decode(block)[0]]
    states: dict[str, Any] = {}
    told = set()
    for place, event in enumerate(events):
        detector = detector_at(place)
        if isinstance(event, Transaction) and detector.wants(event):
            state = states.setdefault(event.card, detector.start())
            if detector.bound(Tables())(state, event):
                told.add((detectors.name_of(detector), event.event_id))
        if place == HALF - 1:
            for card, kept in states.items():
                plain = msgspec.msgpack.decode(msgspec.msgpack.encode(detector.dump(kept)))
                states[card] = detector_at(place + 1).load(plain, detector.state_version)
    return told


def test_a_detector_that_is_set_otherwise_goes_on_from_its_state(run, parts, tmp_path):
    first, second = parts
    lax = {"uses": 4, "window": "PT120M"}
    run({"burst", "impossible_travel"}, first)
    told = of(run({"burst", "impossible_travel"}, second, burst=lax), "burst")

    made = [detectors.build("burst", given, "detectors") for given in (SETTINGS["burst"], lax)]
    assert told == stepped(lambda place: made[place >= HALF], first + second, tmp_path / "all.jsonl")
    assert told - of(run({"burst"}, first, "first") | run({"burst"}, second, "anew", burst=lax), "burst")


def test_a_scope_that_nobody_watched_for_a_while_begins_anew(run, parts):
    first, second = parts
    lines = second.splitlines(keepends=True)
    once, again = b"".join(lines[:2000]), b"".join(lines[2000:])
    many = "many_cards_one_terminal"
    run({"burst", many}, first)
    run({"burst"}, once)
    told = run({"burst", many}, again)
    apart = run({many}, first, "first") | run({many}, again, "fresh")
    assert of(told, many) == of(apart, many) != set()


# --- what cannot be gone on with


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job that has run over three events."""
    job = Job(
        profile=write_profile(tmp_path),
        inputs=(write_events(tmp_path / "events.jsonl", [use(f"e{n}", n, "t") for n in range(3)]),),
        alerts=tmp_path / "alerts.jsonl",
        recovery=tmp_path / "recovery",
        log_level="error",
    )
    supervise(job, lambda progress: None)
    return job


def resumed(job: Job) -> list[tuple[str, int]]:
    write_events(job.inputs[0], [use("next", 9, "t")])
    assert supervise(job, lambda progress: None) == (0, "")
    assert job.alerts is not None
    return counts(job.alerts)


def formats_of(job: Job) -> Path:
    assert job.recovery is not None
    return job.recovery / FORMATS


def test_state_that_says_nothing_of_its_formats_is_gone_on_with(job):
    formats_of(job).unlink()
    assert resumed(job)[-1] == ("next", 4)
    assert b'"enabled":["uses_of_terminal"]' in formats_of(job).read_bytes()


@pytest.mark.parametrize(
    ("was", "newer", "said"),
    [
        (
            '"uses_of_terminal":1',
            '"uses_of_terminal":7',
            "uses_of_terminal has state of version 7, .* up to 1",
        ),
        ('"snapshot":3', '"snapshot":99', "snapshots have format 99, .* up to 3"),
    ],
)
def test_state_of_a_newer_riskdesk_is_refused_before_a_process_starts_and_stays_as_it_is(
    job, was, newer, said
):
    text = formats_of(job).read_text()
    assert was in text
    formats_of(job).write_text(text.replace(was, newer))
    with pytest.raises(RecoveryError, match=f"written by a newer riskdesk: .*{said}"):
        resumed(job)
    assert newer in formats_of(job).read_text()


def test_the_newer_version_of_a_detector_that_does_not_run_now_stands_in_nobodys_way(job):
    formats_of(job).write_text(
        formats_of(job).read_text().replace('"detectors":{', '"detectors":{"other":9,')
    )
    assert resumed(job)[-1] == ("next", 4)


def test_another_partitioning_is_refused_since_every_cards_state_would_be_left_behind(job):
    job.profile.write_text(job.profile.read_text().replace("partitioned_by: card", "partitioned_by: none"))
    with pytest.raises(RecoveryError, match=r"partitioned by card, .* now says none, .* change it back"):
        resumed(job)


@pytest.mark.parametrize("text", ["", "[]", '{"detectors": 3}'])
def test_a_record_of_formats_that_cannot_be_read_is_refused(job, text):
    formats_of(job).write_text(text)
    with pytest.raises(RecoveryError, match=r"formats.json does not say what wrote this state"):
        resumed(job)


def test_events_that_were_held_back_come_out_when_nobody_waits_for_late_ones_any_more(job):
    write_events(job.inputs[0], [use("held", 10, "t")])
    profile = job.profile.read_text()
    late = profile.replace("partitioned_by: card", "partitioned_by: card, lateness: PT5M")
    # A stop, not an end of input: what is held back then stays so.
    job.profile.write_text(late)
    stopped(job)
    assert counts(job.alerts) == [("e0", 1), ("e1", 2), ("e2", 3)]
    job.profile.write_text(profile)
    assert supervise(job, lambda progress: None) == (0, "")
    assert counts(job.alerts)[-1] == ("held", 4)


def stopped(job: Job) -> None:
    """Follow the input until it is read, and stop."""

    asked = []

    def stop_when_read(progress: Any) -> None:
        if progress.events and not asked:
            asked.append(progress)
            signal.raise_signal(signal.SIGTERM)

    assert supervise(replace(job, follow=True), stop_when_read) == (0, "SIGTERM")


def test_what_lies_in_the_store_says_which_detectors_wrote_it(job):
    found = survey(job.recovery)
    assert found.detectors == {"uses_of_terminal": {1: 1}}
    assert (found.snapshots, found.enabled) == ({3: 1}, ("uses_of_terminal",))
