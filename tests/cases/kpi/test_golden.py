"""A small desk with figures worked out by hand: golden.yaml holds both, with the arithmetic."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cases.kpi import backlog, calls, outcomes
from cases.kpi.policy import KpiPolicy
from cases.kpi.report import Window, report
from cases.kpi.rows import AttemptRow, CaseRow
from cases.kpi.values import Ratio
from domain.instants import span_ms

GOLDEN = yaml.safe_load(Path(__file__).with_name("golden.yaml").read_text("utf-8"))
EXPECTED = GOLDEN["figures"]
MINUTE_MS = 60_000
TO_MS, NOW_MS = 600 * MINUTE_MS, 720 * MINUTE_MS
POLICY = KpiPolicy()
TIMES = ("ready", "due", "first_contact", "closed", "reopened", "followed")
SECONDS = ("first_attempt", "started", "answered", "ended", "wrapup")
COLUMNS = {name: f"{name}_at_ms" for name in (*TIMES, *SECONDS)} | {
    "due": "due_ms",
    "wrapup": "wrapup_until_ms",
}


def columns(row: dict[str, Any]) -> dict[str, Any]:
    """Turn the file's minutes and seconds into columns."""
    found = {}
    for name, value in row.items():
        if name in TIMES:
            found[COLUMNS[name]] = value * MINUTE_MS
        elif name.removesuffix("_s") in SECONDS:
            found[COLUMNS[name.removesuffix("_s")]] = value * 1000
        else:
            found[name] = value
    return found


CASES = [CaseRow(**columns(row), opened_at_ms=row["ready"] * MINUTE_MS) for row in GOLDEN["cases"]]
ATTEMPTS = tuple(AttemptRow(**columns(row)) for row in GOLDEN["attempts"])


def within(at: Callable[[CaseRow], int | None]) -> tuple[CaseRow, ...]:
    return tuple(case for case in CASES if (at_ms := at(case)) is not None and 0 <= at_ms < TO_MS)


READY = within(lambda case: case.ready_at_ms)
CLOSED = within(lambda case: case.closed_at_ms)
CONTACTED = within(lambda case: case.first_contact_at_ms)
LIVE = tuple(case for case in CASES if case.is_live)


def seconds(ratio: Ratio) -> list[int]:
    assert ratio.numerator % 1000 == 0
    return [ratio.numerator // 1000, ratio.denominator]


def parts(ratio: Ratio) -> list[int]:
    return [ratio.numerator, ratio.denominator]


BANDS = pytest.mark.parametrize(("band", "name"), list(enumerate(("critical", "high", "rest"))))


@BANDS
def test_service_level_counts_open_cases_that_failed(band: int, name: str) -> None:
    cases = [case for case in READY if case.band == band]
    level = calls.service_level(cases, span_ms(POLICY.within(band)), NOW_MS)
    assert parts(level) == EXPECTED[f"service_level_{name}"]


def test_time_to_first_attempt_shows_its_tail() -> None:
    spread = calls.time_to_first_attempt(case for case in READY if case.band == 1)
    assert seconds(spread.mean) == EXPECTED["first_attempt_mean_high_s"]
    assert spread.p50_ms == EXPECTED["first_attempt_p50_high_s"] * 1000
    assert spread.p95_ms == spread.max_ms == EXPECTED["first_attempt_p95_high_s"] * 1000


@BANDS
def test_sla_compliance_is_four_series(band: int, name: str) -> None:
    found = backlog.compliance((case for case in READY if case.band == band), NOW_MS)
    series = [found.closed_in_time, found.closed_late, found.open_in_time, found.open_late]
    assert series == EXPECTED[f"compliance_{name}"]
    assert parts(found.share) == [series[0] + series[2], sum(series)]


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        (calls.connect_rate, "connect_rate"),
        (calls.contact_rate, "contact_rate"),
        (calls.right_party_rate, "right_party_rate"),
        (calls.reach_rate, "reach_rate"),
        (calls.attempts_per_contact, "attempts_per_contact"),
    ],
)
def test_of_attempts_the(figure: Callable[..., Ratio], name: str) -> None:
    assert parts(figure(ATTEMPTS)) == EXPECTED[name]


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        (calls.handling_time, "handling_time_s"),
        (calls.dialling_time, "dialling_time_s"),
        (calls.work_per_attempt, "work_per_attempt_s"),
    ],
)
def test_of_the_time_of_attempts_the(figure: Callable[..., Ratio], name: str) -> None:
    assert seconds(figure(ATTEMPTS)) == EXPECTED[name]


def test_what_came_of_closed_cases() -> None:
    assert parts(calls.attempts_per_closed_case(ATTEMPTS, CLOSED)) == EXPECTED["attempts_per_closed_case"]
    assert parts(outcomes.unreachable_rate(CLOSED)) == EXPECTED["unreachable_rate"]
    rate = outcomes.false_positive_rate(case.outcome for case in CLOSED)
    assert parts(rate) == EXPECTED["false_positive_rate"]
    assert parts(outcomes.fraud_yield(CLOSED)) == EXPECTED["fraud_yield"]
    saved = {currency: parts(ratio) for currency, ratio in outcomes.value_saved(CLOSED).items()}
    assert saved == EXPECTED["value_saved"]
    assert seconds(outcomes.repair_time(CLOSED).mean) == EXPECTED["repair_time_s"]


@pytest.mark.parametrize("judged", GOLDEN["first_contact_resolution"], ids=lambda judged: judged["now_min"])
def test_first_contact_resolution_waits_three_days(judged: dict[str, Any]) -> None:
    lag_ms, now_ms = span_ms(POLICY.resolution_lag), judged["now_min"] * MINUTE_MS
    found = outcomes.first_contact_resolution(CONTACTED, lag_ms, now_ms)
    assert parts(found) == judged["result"]


@BANDS
def test_the_backlog_is_as_old_as_it_is(band: int, name: str) -> None:
    live = [case for case in LIVE if case.band == band]
    ages = EXPECTED["backlog_ages_min"][band]
    found = backlog.backlog_age(live, NOW_MS)
    assert (found.count, found.max_ms) == (len(ages), max(ages) * MINUTE_MS)
    assert found.mean.numerator == sum(ages) * MINUTE_MS
    assert parts(backlog.past_due(live, NOW_MS)) == EXPECTED["past_due"][band]


def test_the_report_holds_the_same_figures() -> None:
    window = Window(
        from_ms=0,
        to_ms=TO_MS,
        now_ms=NOW_MS,
        ready=READY,
        closed=CLOSED,
        contacted=CONTACTED,
        live=LIVE,
        attempts=ATTEMPTS,
    )
    figures = {(figure.name, *figure.of.values()): figure for figure in report(window, POLICY)}
    shares = {key: parts(figure.value) for key, figure in figures.items() if isinstance(figure.value, Ratio)}
    assert shares["service_level", "critical", "25 seconds"] == EXPECTED["service_level_critical"]
    assert shares["right_party_rate", "case"] == EXPECTED["reach_rate"]
    assert shares["sla_series", "high", "open_in_time"] == [1, 5]
    assert shares["false_positive_rate",] == EXPECTED["false_positive_rate"]
    assert shares["value_saved", "TWD"] == EXPECTED["value_saved"]["TWD"]
    assert shares["past_due", "rest"] == EXPECTED["past_due"][2]
    assert figures["inbound_abandonment",].value is None
    assert "no inbound calls" in figures["inbound_abandonment",].note
    # c12: 140 min of 30; c13 is younger than its time allows.
    assert figures["past_due", "rest"].note == "c12 at 4.7 times its time"


def test_at_its_due_time_a_case_is_not_past_it() -> None:
    due = CaseRow(id="c", ready_at_ms=0, due_ms=NOW_MS)
    assert backlog.past_due([due], NOW_MS) == Ratio(0, 1)
    assert backlog.past_due([due], NOW_MS + 1) == Ratio(1, 1)
