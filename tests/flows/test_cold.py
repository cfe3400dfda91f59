import logging
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.profiles import load_profile
from flows import recovery, state_formats
from flows.cold import COLD, ColdWatch, cold_detectors, cold_words
from flows.findings import Weight
from flows.job import Job, profile_of
from flows.progress import Progress
from flows.start_checks import start_findings
from flows.warm_file import WarmError, WarmFile
from tests.flows.made import minute_ms
from tests.flows.running import PROFILE

ALL = set(load_profile(PROFILE).detectors)
DAY_MS = 24 * 60 * 60_000


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(profile=PROFILE, recovery=tmp_path / "state")


def settled(job: Job) -> None:
    assert job.recovery is not None
    profile = profile_of(job)
    recovery.prepare(job.recovery, profile.flow, profile.name)
    state_formats.settle(job.recovery, profile)


def at(ms: int) -> Progress:
    return Progress(reached_ms=ms)


def test_without_state_and_history_every_detector_begins_cold_for_its_memory(job):
    cold = cold_detectors(job, profile_of(job))
    assert cold.keys() == ALL
    detectors = {type(each).__name__: each for each in profile_of(job).build_detectors()}
    assert cold["burst"] == detectors["Burst"].memory.total_seconds() * 1000
    assert "burst (" in cold_words(cold)


def test_a_run_that_goes_on_has_no_cold_detector_but_the_one_that_was_added(job, tmp_path):
    settled(job)
    assert cold_detectors(job, profile_of(job)) == {}
    fewer = PROFILE.read_text().replace("  burst:\n", "")
    old = Job(profile=PROFILE, profile_text=fewer, recovery=tmp_path / "other")
    settled(old)
    assert cold_detectors(Job(profile=PROFILE, recovery=old.recovery), profile_of(job)).keys() == {"burst"}


def test_it_says_once_until_when_and_once_when_that_is_over(job, caplog):
    watch = ColdWatch(Job(profile=PROFILE, profile_text=_only("burst")))
    start_ms = minute_ms(0)
    with caplog.at_level(logging.INFO):
        for ms in (0, start_ms, start_ms + 60_000):
            watch(at(ms))
        (told,) = caplog.messages
        assert told.startswith("burst is cold: ")
        caplog.clear()
        for ms in (start_ms + 30 * DAY_MS, start_ms + 40 * DAY_MS):
            watch(at(ms))
    assert caplog.messages == ["burst is cold no longer: it has watched for as long as it remembers"]


def test_a_restart_within_that_time_begins_no_new_one(job, caplog):
    first = ColdWatch(job)
    settled(job)
    first(at(minute_ms(0)))
    assert job.recovery is not None
    kept = (job.recovery / COLD).read_bytes()
    second = ColdWatch(job)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        second(at(minute_ms(1)))
        assert not caplog.messages
        assert (job.recovery / COLD).read_bytes() == kept
        second(at(minute_ms(0) + 400 * DAY_MS))
    assert len(caplog.messages) == len(ALL)
    assert (job.recovery / COLD).read_bytes() == b"{}"


def test_a_warm_file_that_is_none_is_an_error(tmp_path):
    (tmp_path / "warm").write_bytes(b"no")
    with pytest.raises(WarmError):
        ColdWatch(Job(profile=PROFILE, warm=tmp_path / "warm"))


def test_a_reload_that_the_warm_file_does_not_fit_is_refused(job, tmp_path):
    (tmp_path / "warm").write_bytes(b"no")
    found = start_findings(replace(job, warm=tmp_path / "warm"), lambda: minute_ms(0), running=True)
    problems = [finding.text for finding in found if finding.weight is Weight.PROBLEM]
    assert problems == [str(_error_of(tmp_path / "warm"))]


def _error_of(path: Path) -> WarmError:
    with pytest.raises(WarmError) as raised:
        WarmFile(path)
    return raised.value


def _only(name: str) -> str:
    head, _, _ = PROFILE.read_text().partition("detectors:")
    return f"{head}detectors:\n  {name}:\n"
