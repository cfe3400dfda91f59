"""A case's probability comes from the strongest finding of each of its detectors, as the policy says."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from cases.case import Outcome
from cases.combination import CombinationPolicy
from cases.policy import QueuePolicy
from cases.store import open_store
from cli.main import cli
from domain.alerts import Alert
from domain.combining import ClosedCase
from tests.cases.closed import close, closed_case, live_case, reopen
from tests.cases.made import HOUR_MS, NOON_MS, alert

A = alert("a", "c1", "u1", probability=0.5)
AGAIN = alert("again", "c1", "u1", at_ms=500, probability=0.4)
B = alert("b", "c1", "u1", at_ms=1000, detector="burst", probability=0.3)


def probability(url: str, alerts: list[Alert], policy: QueuePolicy) -> float:
    with open_store(url, policy=policy) as store:
        store.cases.take_in(alerts)
        (case,) = store.cases.list()
    assert case.breakdown["findings"] == {
        name: max(each.probability for each in alerts if each.detector == name)
        for name in {each.detector for each in alerts}
    }
    return case.probability


def test_findings_of_several_detectors_are_combined(url):
    assert probability(url, [A, B], QueuePolicy()) == pytest.approx(0.652, abs=0.001)


def test_further_findings_of_one_detector_add_nothing(url):
    assert probability(url, [A, AGAIN], QueuePolicy()) == 0.5


def test_the_policy_says_how(url):
    policy = replace(QueuePolicy(), combination=CombinationPolicy(further=0.0, offsets={"burst": 3.0}))
    assert probability(url, [A, B], policy) == pytest.approx(0.896, abs=0.001)


def test_the_case_s_page_says_from_what(url):
    with open_store(url) as store:
        case_id = live_case(store, A, B)
    said = CliRunner().invoke(cli, ["queue", "show", case_id, "--store", url, "--agent", "agent-7"])
    assert "probability 0.65 from impossible travel 0.50, burst 0.30" in said.output


def test_closed_cases_are_told_with_what_their_detectors_said(store):
    fraud = closed_case(store, [A, AGAIN, B], Outcome.CONFIRMED_FRAUD, NOON_MS + HOUR_MS)
    honest = closed_case(store, [alert("c", "c2", "u2", probability=0.2)], Outcome.GENUINE, NOON_MS + HOUR_MS)
    closed_case(store, [alert("d", "c3", "u3")], Outcome.UNREACHABLE, NOON_MS + HOUR_MS)
    live_case(store, alert("e", "c4", "u4"))
    told = store.feedback.closed_cases(NOON_MS, NOON_MS + 2 * HOUR_MS)
    assert sorted(told) == sorted(
        [
            ClosedCase(fraud, NOON_MS + HOUR_MS, True, {"impossible_travel": 0.5, "burst": 0.3}),
            ClosedCase(honest, NOON_MS + HOUR_MS, False, {"impossible_travel": 0.2}),
        ]
    )
    assert store.feedback.closed_cases(NOON_MS, NOON_MS + HOUR_MS) == ()


def test_an_outcome_that_was_taken_back_is_no_longer_told_from_then_on(store):
    case_id = closed_case(store, [A], Outcome.GENUINE, NOON_MS)
    reopen(store, case_id, NOON_MS + HOUR_MS)
    assert len(store.feedback.closed_cases(0, NOON_MS + HOUR_MS)) == 1
    assert store.feedback.closed_cases(0, NOON_MS + 2 * HOUR_MS) == ()
    close(store, case_id, Outcome.CONFIRMED_FRAUD, NOON_MS + 3 * HOUR_MS)
    (told,) = store.feedback.closed_cases(0, NOON_MS + 4 * HOUR_MS)
    assert told.fraud
