"""The watch over a live run's rules: which hours it judges when, and what it tells."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from config.profiles import Profile, load_profile
from flows.liveness_watch import RuleWatch
from observability.beside import SupervisorMetrics
from observability.hours import Hour

PROFILE = """
name: watched
version: 1
input: {partitioned_by: card}
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds: {earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}
detectors: {DETECTORS}
"""


def profile(folder: Path, detectors: str = "burst: ") -> Profile:
    path = folder / "watched.yaml"
    path.write_text(PROFILE.replace("DETECTORS", detectors))
    return load_profile(path)


def came(number: int, partition: str = "p", alerts: int = 0) -> Hour:
    return Hour(
        hour=number, events={"transaction": 1000}, partitions={partition: 1000}, alerts={"burst": alerts}
    )


def ill(metrics: SupervisorMetrics, problem: str = "always_fires", detector: str = "burst") -> float | None:
    labels = {"detector": detector, "problem": problem}
    return metrics.registry.get_sample_value("riskdesk_rule_problem", labels)


@pytest.fixture
def metrics() -> SupervisorMetrics:
    return SupervisorMetrics()


def test_an_hour_is_judged_when_all_partitions_that_come_have_left_it_behind(
    tmp_path: Path, metrics: SupervisorMetrics
) -> None:
    rules = RuleWatch(metrics.tell_rule, settle=timedelta(0))
    rules.begin(profile(tmp_path))
    rules.take([came(5, "p", 900), came(5, "q")])
    rules.take([came(6, "p")])
    rules.look()
    assert ill(metrics) == 0.0
    rules.take([came(6, "q")])
    rules.look()
    assert ill(metrics) == 1.0


def test_an_hour_is_not_judged_before_its_alerts_can_have_come(
    tmp_path: Path, metrics: SupervisorMetrics
) -> None:
    rules = RuleWatch(metrics.tell_rule, settle=timedelta(minutes=10))
    rules.begin(profile(tmp_path))
    rules.take([came(5, alerts=900), came(6, alerts=900)])
    rules.look()
    assert ill(metrics) == 0.0
    assert [problem.detector for problem in rules.end()] == ["burst"]


def test_what_begins_and_what_is_over_is_logged_once_and_told(
    tmp_path: Path, metrics: SupervisorMetrics, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    rules = RuleWatch(metrics.tell_rule, settle=timedelta(0))
    rules.begin(profile(tmp_path))
    for number, alerts in enumerate((900, 900, 0, 0)):
        rules.take([came(number, alerts=alerts)])
        rules.look()
    said = [record.getMessage() for record in caplog.records]
    assert [words.partition(":")[0] for words in said] == ["a rule is ill", "a rule is well again"]
    assert ill(metrics) == 0.0


def test_counts_that_come_after_their_hour_was_judged_are_not_lost(
    tmp_path: Path, metrics: SupervisorMetrics
) -> None:
    rules = RuleWatch(metrics.tell_rule, settle=timedelta(0))
    rules.begin(profile(tmp_path))
    rules.take([came(1), came(2)])
    rules.look()
    rules.take([Hour(hour=1, alerts={"burst": 900})])
    assert [problem.detector for problem in rules.end()] == ["burst"]


def test_the_same_profile_goes_on_and_another_begins_anew(tmp_path: Path, metrics: SupervisorMetrics) -> None:
    rules = RuleWatch(metrics.tell_rule, settle=timedelta(0))
    rules.begin(profile(tmp_path))
    rules.take([came(1, alerts=900), came(2)])
    rules.look()
    rules.begin(profile(tmp_path))
    assert ill(metrics) == 1.0
    rules.begin(profile(tmp_path, "burst: {uses: 9}"))
    assert ill(metrics) == 0.0


def test_every_problem_that_a_rule_may_have_is_told_of_from_the_start(
    tmp_path: Path, metrics: SupervisorMetrics
) -> None:
    RuleWatch(metrics.tell_rule).begin(profile(tmp_path))
    told = [sample for family in metrics.registry.collect() for sample in family.samples]
    labels = {(each.labels["detector"], each.labels["problem"]) for each in told if "problem" in each.labels}
    problems = {"always_fires", "feed_stopped", "field_missing", "never_fires"}
    assert labels == {(name, problem) for name in ("burst", "all") for problem in problems}
