"""Figures of a real store: what the desk did, read back as shares and times."""

from zoneinfo import ZoneInfo

import pytest

from cases.actions.kinds import Kind
from cases.calling.results import Report
from cases.case import Outcome
from cases.errors import WrongUse
from cases.kpi.values import Figure, Ratio, Spread
from cases.store import Store
from cases.work.agent_states import AgentState
from domain.findings import Severity
from tests.cases.actions.desk import LEAD, block, open_case, proposal
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.worked import AGENT, SECOND_MS, call, customer


@pytest.fixture
def worked(store: Store) -> Store:
    """Two critical cases: one tried after 20 s, reached after 3 minutes and closed, one left alone."""
    store.reference.put([customer("u1"), customer("u2")])
    first = alert("a", "c1", "u1", severity=Severity.CRITICAL, exposure_minor=90_000)
    second = alert("b", "c2", "u2", severity=Severity.CRITICAL, at_ms=1)
    store.cases.take_in([first], NOON_MS)
    call(store, "no_answer", 20 * SECOND_MS, 50 * SECOND_MS)
    call(store, "confirmed_fraud", 180 * SECOND_MS, 300 * SECOND_MS, ("identity",))
    store.cases.take_in([second], NOON_MS + MINUTE_MS)
    return store


def figures(store: Store) -> dict[tuple[str, ...], Figure]:
    found = store.kpi.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    return {(figure.name, *figure.of.values()): figure for figure in found}


def test_figures_are_read_from_what_the_desk_did(worked: Store) -> None:
    found = figures(worked)
    shares = {key: figure.value for key, figure in found.items() if isinstance(figure.value, Ratio)}
    assert shares["service_level", "critical", "25 seconds"] == Ratio(1, 2)
    assert shares["sla_series", "critical", "closed_in_time"] == Ratio(1, 2)
    assert shares["sla_series", "critical", "open_late"] == Ratio(1, 2)
    assert shares["contact_rate",] == shares["right_party_rate", "attempt"] == Ratio(1, 2)
    assert shares["right_party_rate", "case"] == Ratio(1, 1)
    assert shares["attempts_per_closed_case",] == Ratio(2, 1)
    # Answered 10 s after it was dialled at 180 s, ended at 300 s, written up 5 s later: 110 + 5.
    assert shares["handling_time",] == Ratio(115_000, 1)
    # Rung for 30 s in vain, and for 10 s until answered.
    assert shares["dialling_time",] == Ratio(40_000, 2)
    assert shares["fraud_yield",] == Ratio(1, 1)
    assert shares["false_positive_rate", "impossible_travel", "1"] == Ratio(0, 1)
    assert shares["value_saved", "CNY"] == Ratio(0, 90_000)
    assert shares["first_contact_resolution", "3 days"] == Ratio(0, 0)
    assert shares["past_due", "critical"] == Ratio(1, 1)
    age = found["backlog_age", "critical"].value
    assert isinstance(age, Spread)
    assert (age.count, age.max_ms) == (1, 59 * MINUTE_MS)


def test_three_quiet_days_later_the_first_contact_has_resolved_it(worked: Store) -> None:
    later_ms = NOON_MS + 80 * HOUR_MS
    found = worked.kpi.figures(NOON_MS, NOON_MS + HOUR_MS, later_ms)
    (resolved,) = (figure.value for figure in found if figure.name == "first_contact_resolution")
    assert resolved == Ratio(1, 1)


def test_windows_are_half_open(worked: Store) -> None:
    before = worked.kpi.figures(NOON_MS - HOUR_MS, NOON_MS, NOON_MS + HOUR_MS)
    assert not any(
        figure.value.denominator for figure in before if figure.name.startswith(("service", "contact"))
    )
    # The case was closed with its call, five seconds after it ended: at 305 s.
    (to_close, with_close) = (
        worked.kpi.figures(NOON_MS, NOON_MS + end * SECOND_MS, NOON_MS + HOUR_MS) for end in (305, 306)
    )
    yields = [each.value for each in (*to_close, *with_close) if each.name == "fraud_yield"]
    assert yields == [Ratio(0, 0), Ratio(1, 1)]
    with pytest.raises(WrongUse, match="is empty; its end must lie behind"):
        worked.kpi.figures(NOON_MS, NOON_MS, NOON_MS)


def test_customers_speak_by_month_and_detector(worked: Store) -> None:
    (voice,) = worked.kpi.voice(NOON_MS, NOON_MS + HOUR_MS, ZoneInfo("Asia/Shanghai"))
    assert (voice.month, voice.detector) == ("2026-03", "impossible_travel")
    assert voice.outcomes == {"confirmed_fraud": 1}
    assert voice.dispositions == {"confirmed_fraud": 1, "no_answer": 1}


def test_work_is_measured_for_staffing(worked: Store) -> None:
    calls, time_ms = worked.kpi.work(NOON_MS, NOON_MS + HOUR_MS)
    assert calls == Ratio(2, 2)
    # 30 s in vain and 5 s of notes, 120 s of dialling and talk and 5 s of notes.
    assert time_ms == Ratio(160_000, 2)
    assert worked.kpi.alert_times(NOON_MS, NOON_MS + HOUR_MS) == [NOON_MS, NOON_MS + 1]


def test_what_agents_do_becomes_occupancy_and_utilisation(store: Store) -> None:
    # Ready before the window and for ten minutes of it, talking for twenty, a break, talking to its end.
    for minute, state in (
        (-5, "available"),
        (10, "talking"),
        (20, "talking"),
        (30, "break"),
        (40, "talking"),
    ):
        store.work.say_state("a17", AgentState(state), LEAD, NOON_MS + minute * MINUTE_MS)
    store.work.say_state("a18", AgentState.OFFLINE, LEAD, NOON_MS)
    found = figures(store)
    assert found["occupancy",].value == Ratio(40 * MINUTE_MS, 50 * MINUTE_MS)
    assert found["utilisation",].value == Ratio(40 * MINUTE_MS, 60 * MINUTE_MS)
    assert store.kpi.at_work() == 1


@pytest.mark.parametrize(
    ("agent", "minute", "told"), [(" ", 9, "1 to 64 characters"), ("a17", 4, "set the clock")]
)
def test_a_state_that_cannot_be_is_refused(store: Store, agent: str, minute: int, told: str) -> None:
    store.work.say_state("a17", AgentState.AVAILABLE, LEAD, NOON_MS + 5 * MINUTE_MS)
    with pytest.raises(WrongUse, match=told):
        store.work.say_state(agent, AgentState.BREAK, LEAD, NOON_MS + minute * MINUTE_MS)


def test_a_block_of_a_confirmed_fraud_saved_its_exposure_and_is_checked_late_or_soon(store: Store) -> None:
    case_id = open_case(store, exposure_minor=90_000)
    blocked = block(store, case_id)
    store.actions.propose(proposal(Kind.STOP_PAYMENT, "payment:p-1", case_id=case_id), AGENT, NOON_MS)
    store.actions.approve(blocked.id, LEAD, NOON_MS + 10 * MINUTE_MS)
    close_as_fraud(store, case_id)
    found = figures(store)
    assert found["value_saved", "CNY"].value == Ratio(90_000, 90_000)
    latency = found["check_latency",].value
    # Checked after ten minutes; the proposal that nobody has looked at is an hour old by now.
    assert isinstance(latency, Spread)
    assert (latency.count, latency.p50_ms, latency.max_ms) == (2, 10 * MINUTE_MS, HOUR_MS)


def test_a_callback_is_kept_within_a_quarter_of_an_hour(store: Store) -> None:
    store.reference.put([customer("u1")])
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
    claimed = store.work.next(AGENT, NOON_MS)
    assert claimed is not None
    promised_ms = NOON_MS + 30 * MINUTE_MS
    promise = Report(task_id=claimed.task.id, disposition="callback_later", callback_at_ms=promised_ms)
    store.calling.record(promise, AGENT, NOON_MS)
    assert figures(store)["callbacks_kept",].value == Ratio(0, 1)
    call(store, "no_answer", 40 * MINUTE_MS, 41 * MINUTE_MS)
    assert figures(store)["callbacks_kept",].value == Ratio(1, 1)


def test_a_night_outside_the_customers_window_does_not_count(store: Store) -> None:
    """Taken in at two at night for a customer who may be called from eight on, and called at ten past."""
    night_ms, opens_ms = NOON_MS + 6 * HOUR_MS, NOON_MS + 12 * HOUR_MS
    store.reference.put([customer("u1")])
    store.cases.take_in([alert("a", "c1", "u1", at_ms=6 * HOUR_MS)], night_ms)
    assert store.work.next(AGENT, night_ms) is None
    span = (night_ms, night_ms + HOUR_MS)
    assert level(store.kpi.figures(*span, opens_ms - 1)) == Ratio(0, 0)
    store.work.sweep(opens_ms)
    call(store, "no_answer", 12 * HOUR_MS + 10 * MINUTE_MS, 12 * HOUR_MS + 11 * MINUTE_MS)
    assert level(store.kpi.figures(*span, opens_ms + HOUR_MS)) == Ratio(1, 1)


def level(found: list[Figure]) -> Ratio | Spread | None:
    (rest,) = (each.value for each in found if each.name == "service_level" and each.of["band"] == "rest")
    return rest


def test_a_block_that_was_not_carried_out_saved_nothing(store: Store) -> None:
    case_id = open_case(store, exposure_minor=90_000)
    store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS)
    close_as_fraud(store, case_id)
    assert figures(store)["value_saved", "CNY"].value == Ratio(0, 90_000)


def close_as_fraud(store: Store, case_id: str) -> None:
    store.work.claim(case_id, AGENT, NOON_MS)
    store.work.close(case_id, AGENT, None, Outcome.CONFIRMED_FRAUD, "", NOON_MS + MINUTE_MS)
