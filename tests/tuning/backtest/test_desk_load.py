"""A desk works through alerts by the product's own queue, and its figures are what a person would count."""

from datetime import timedelta

import pytest

from cases.calling.policy import CallingPolicy
from cases.policy import QueuePolicy
from cases.staffing.erlang import positions
from cases.work.policy import WorkPolicy
from domain.alerts import Alert, alert_id, alert_record
from domain.findings import Member, Severity
from tests.tuning.labelled import DAY_MS, FIRST_DAY, HOUR_MS, START_MS, use
from tuning.backtest.desk_figures import desk_figures
from tuning.backtest.desk_load import Handling, work_through
from tuning.measures.judging import Judge
from tuning.measures.labels import Labels

LATER_MS = START_MS + 400 * DAY_MS
MINUTE_H = 1 / 60
# Times of the tests are UTC, and so are the customers' clocks.
POLICY = QueuePolicy(calling=CallingPolicy(time_zone="UTC"))
# A task takes ten minutes.
TEN_MINUTES = Handling(aht_s=300, calls_per_task=2)


def raised(name, at_h, severity=Severity.CRITICAL, *, customer=None, members=()):
    """Give the record of an alert about a card of its own, `at_h` hours after midnight."""
    customer = customer or f"u-{name}"
    return alert_record(
        Alert(
            id=alert_id("burst", name, name),
            detector="burst",
            version=1,
            parameters={},
            scope="card",
            key=f"c-{name}",
            at_ms=START_MS + round(at_h * HOUR_MS),
            event_id=f"e-{name}",
            severity=severity,
            probability=0.5,
            exposure_minor=0,
            currency="EUR",
            reason="made",
            evidence={},
            card=f"c-{name}",
            customer=customer,
            members=tuple(Member(card=f"c-{each}", customer=f"u-{each}") for each in members),
            ring="ring" if members else "",
        )
    )


def work(records, *, agents=None, handling=TEN_MINUTES, policy=POLICY):
    return work_through(records, policy, handling, agents=agents)


def waits_h(worked):
    return [
        None if contact.taken_ms is None else (contact.taken_ms - START_MS) / HOUR_MS
        for contact in worked.contacts
    ]


def figures(records, uses=(), *, agents=None, days=1, handling=TEN_MINUTES, policy=POLICY):
    worked = work(records, agents=agents, handling=handling, policy=policy)
    judge = Judge(Labels(uses), until_ms=LATER_MS)
    return desk_figures(worked, judge, handling, range(FIRST_DAY, FIRST_DAY + days), agents=agents)


def test_with_as_many_people_as_it_takes_every_case_is_taken_up_at_once():
    worked = work([raised(f"{n}", 12) for n in range(5)])
    assert waits_h(worked) == [12] * 5


def test_one_agent_takes_up_one_case_after_the_other():
    worked = work([raised(f"{n}", 12) for n in range(3)], agents=1)
    assert waits_h(worked) == pytest.approx([12, 12 + 1 / 6, 12 + 2 / 6])


def test_the_worst_is_first_whatever_came_first():
    records = [
        raised("busy", 12),
        raised("high", 12 + MINUTE_H, Severity.HIGH),
        raised("critical", 12 + 2 * MINUTE_H),
    ]
    assert [contact.band for contact in work(records, agents=1).contacts] == ["critical", "critical", "high"]


def test_alerts_of_one_customer_are_one_case_until_it_is_closed():
    records = [
        raised("1", 12, customer="u"),
        raised("2", 12.1, customer="u"),
        raised("3", 12.5, customer="u"),
    ]
    found = figures(records)
    # The second comes while an agent is at it; the third half an hour later reopens it.
    assert (found.cases, found.calls) == (2, 4)


def test_a_ring_takes_a_call_to_each_of_its_people_and_is_one_case():
    found = figures([raised("1", 12, members=("1", "2", "3"))])
    assert (found.cases, found.calls) == (1, 6)


def test_a_case_is_contacted_when_the_first_of_its_people_is():
    found = figures([raised("1", 12, members=("1", "2", "3"))], agents=1)
    assert (found.bands[0].longest_wait_s, found.late) == (0, 0)


def test_by_night_only_the_most_urgent_are_called():
    records = [raised("medium", 3, Severity.MEDIUM), raised("critical", 3)]
    worked = work(records)
    assert dict(zip((each.band for each in worked.contacts), waits_h(worked), strict=True)) == {
        "critical": 3,
        "rest": 8,
    }


def test_waiting_for_the_calling_hours_is_nobodys_delay():
    assert figures([raised("medium", 3, Severity.MEDIUM)], agents=1).late == 0


def test_what_waits_longer_than_the_policy_allows_is_late():
    # A critical case may wait a minute; the second one waits ten. What nobody takes up is late as well.
    found = figures([raised("1", 12), raised("2", 12)], agents=1)
    critical = found.bands[0]
    assert (critical.band, critical.cases, critical.late) == ("critical", 2, 1)
    assert critical.longest_wait_s == 600


def test_what_nobody_has_taken_up_by_the_end_is_late():
    two_days = Handling(aht_s=48 * 3600, calls_per_task=1)
    patient = QueuePolicy(calling=POLICY.calling, work=WorkPolicy(promote_after=None))
    records = [raised("1", 12), raised("2", 12), raised("3", 12.5)]
    found = figures(records, agents=1, handling=two_days, policy=patient)
    assert (found.cases, found.late) == (3, 2)


def test_more_agents_are_never_later():
    records = [raised(f"{n}", 12 + n * MINUTE_H, Severity(n % 3)) for n in range(20)]
    late = [figures(records, agents=agents).late for agents in (1, 3, 12)]
    assert late == sorted(late, reverse=True)
    assert late[0] > late[-1] == 0


def test_money_is_lost_from_the_first_alert_until_the_first_contact():
    uses = [
        use("trigger", 12, True, card="c-2", minor=1),
        use("while it waits", 12 + 5 * MINUTE_H, True, card="c-2", minor=20),
        use("honest", 12 + 6 * MINUTE_H, False, card="c-2", minor=300),
        use("after the call", 13, True, card="c-2", minor=4000),
        use("of another", 12 + 5 * MINUTE_H, True, card="c-9", minor=50_000),
    ]
    records = [raised("1", 11.99), raised("2", 12)]
    alone, crowd = figures(records, uses, agents=1), figures(records, uses)
    assert (alone.lost_frauds, alone.lost_minor) == (1, {"EUR": 20})
    assert (crowd.lost_frauds, crowd.lost_minor) == (0, {})


def test_what_is_at_stake_is_what_the_cases_say():
    records = [raised("1", 12), raised("2", 12) | {"exposure_minor": 700}, raised("3", 12)]
    records[2] |= {"exposure_minor": 5, "currency": "CNY"}
    assert figures(records).at_stake_minor == {"CNY": 5, "EUR": 700}


def test_hours_and_shifts_count_what_could_be_worked_then():
    records = [raised(f"{n}", 12.5) for n in range(4)] + [raised("late", 24 + 12.5)]
    found = figures(records, days=2)
    noon = found.hours[12]
    assert (noon.cases, noon.calls, noon.calls_high) == (2.5, 5, 8)
    assert noon.positions == positions(8, 300).positions == found.positions
    assert [shift.calls for shift in found.shifts] == [0, 5, 0]
    assert (found.shifts[1].calls_high, found.shifts[1].calls_most) == (8, 8)
    assert (found.calls, found.calls_a_day) == (10, 5)
    assert found.hours[3].positions == 0


def test_the_same_alerts_give_the_same_work():
    records = [raised(f"{n}", 12 + n * MINUTE_H, Severity(n % 4)) for n in range(12)]
    assert work(records, agents=2) == work(records, agents=2)


def test_without_alerts_there_is_nothing_to_feel():
    found = figures([])
    assert (found.cases, found.calls, found.positions, found.late) == (0, 0, 0, 0)


def test_alerts_of_devices_are_counted_and_left_out():
    device = raised("1", 12) | {"alarm": {"code": "note_jam"}}
    worked = work([device, raised("2", 12)])
    assert (worked.device_alerts, len(worked.contacts)) == (1, 1)


def test_how_far_it_has_come_is_told():
    told = []
    work_through(
        [raised("1", 1), raised("2", 2)], POLICY, TEN_MINUTES, watch=lambda done, of: told.append((done, of))
    )
    assert told == [(1, 2), (2, 2)]


def test_a_task_takes_as_long_as_its_calls():
    assert Handling(aht_s=180, calls_per_task=1.5).task_ms == timedelta(seconds=270) / timedelta(
        milliseconds=1
    )
