"""What time does by itself, on a clock that the tests set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.case import Status
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.work.moves import wait
from cases.work.policy import WorkPolicy
from cases.work.service import SqlWork
from cases.work.sweeper import Swept, at_any_time
from domain.findings import Severity
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import AGENT, LEAD, OTHER, audited, do, one_case, set_calling, tasks, whats

WORSE = {"high": Severity.HIGH, "critical": Severity.CRITICAL}


@pytest.fixture
def work(store: Store) -> SqlWork:
    """The work of a desk that may call at any hour."""
    return replace(store.work, may_call=at_any_time)


@pytest.fixture
def case_id(store: Store) -> str:
    return one_case(store, alert("a", "c1", "u1"))


def test_what_waits_wakes_at_its_time_and_not_before(store: Store, work: SqlWork, case_id: str) -> None:
    held = work.claim(case_id, AGENT, NOON_MS)
    do(store, wait, held.task.id, "cadence", NOON_MS + HOUR_MS, AGENT, NOON_MS)
    assert not work.sweep(NOON_MS + HOUR_MS - 1)
    assert work.sweep(NOON_MS + HOUR_MS) == Swept(woken=1)
    assert store.cases.show(case_id).case.status is Status.OPEN
    assert not work.sweep(NOON_MS + HOUR_MS)
    assert [row["actor"] for row in audited(store) if row["verb"] == "woke"] == ["riskdesk"]


def test_what_wakes_outside_the_window_goes_on_waiting_for_it(
    store: Store, work: SqlWork, case_id: str
) -> None:
    held = work.claim(case_id, AGENT, NOON_MS)
    do(store, wait, held.task.id, "cadence", NOON_MS + HOUR_MS, AGENT, NOON_MS)
    morning_ms = NOON_MS + 4 * HOUR_MS
    work = replace(work, may_call=lambda task, now_ms: morning_ms if now_ms < morning_ms else None)
    assert work.sweep(NOON_MS + HOUR_MS) == Swept(put_off=1)
    case = store.cases.show(case_id).case
    assert (case.waiting_reason, case.wake_at_ms) == ("window", morning_ms)
    assert work.sweep(morning_ms) == Swept(woken=1)


def test_a_hold_that_ran_out_is_free_under_a_new_number(store: Store, work: SqlWork, case_id: str) -> None:
    held = work.claim(case_id, AGENT, NOON_MS)
    assert not work.sweep(NOON_MS + 119_999)
    assert work.sweep(NOON_MS + 120_000) == Swept(expired=1)
    (task,) = tasks(store, case_id)
    assert (task.state, task.lease_no) == ("ready", held.task.lease_no + 1)
    assert whats(store, case_id)[-1] == "lease_expired"


def test_an_open_call_is_never_taken_away_but_put_before_a_lead_once(
    store: Store, work: SqlWork, case_id: str
) -> None:
    held = work.claim(case_id, AGENT, NOON_MS)
    set_calling(store, held.task.id)
    assert work.sweep(NOON_MS + HOUR_MS) == Swept(flagged=1)
    assert not work.sweep(NOON_MS + 2 * HOUR_MS)
    assert store.cases.show(case_id).case.lease.by == "a17"
    flagged = work.next(LEAD, NOON_MS + HOUR_MS)
    assert flagged is None or flagged.task.kind == "review"
    assert work.next(OTHER, NOON_MS + HOUR_MS) is None


def test_what_nobody_takes_up_moves_up_to_high_once(store: Store, work: SqlWork, case_id: str) -> None:
    worse = [alert(name, f"card-{name}", f"of-{name}", severity=each) for name, each in WORSE.items()]
    store.cases.take_in(worse)
    after_ms = NOON_MS + 10 * 30 * MINUTE_MS
    assert not work.sweep(after_ms - 1)
    assert work.sweep(after_ms) == Swept(promoted=1)
    assert not work.sweep(after_ms + 100 * HOUR_MS)
    assert store.cases.show(case_id).case.band == 1
    entry = store.cases.show(case_id).timeline[-1]
    assert (entry.what, entry.old, entry.new) == ("promoted", "rest", "high")


def test_what_was_promoted_is_high_and_no_more_when_it_gets_worse(
    store: Store, work: SqlWork, case_id: str
) -> None:
    work.sweep(NOON_MS + 5 * HOUR_MS)
    store.cases.take_in([alert("b", "c1", "u1", at_ms=5 * HOUR_MS, severity=Severity.HIGH)])
    assert store.cases.show(case_id).case.band == 1


def test_a_promotion_stays_when_more_alerts_come(store: Store, work: SqlWork, case_id: str) -> None:
    work.sweep(NOON_MS + 5 * HOUR_MS)
    store.cases.take_in([alert("b", "c1", "u1", at_ms=5 * HOUR_MS)])
    assert store.cases.show(case_id).case.band == 1
    held = work.next(AGENT, NOON_MS + 5 * HOUR_MS)
    assert held.case.band == 1


def test_what_is_worked_on_is_not_promoted(store: Store, work: SqlWork, case_id: str) -> None:
    work.claim(case_id, AGENT, NOON_MS + 5 * HOUR_MS - 1)
    assert "promoted" not in whats(store, case_id)
    assert not work.sweep(NOON_MS + 5 * HOUR_MS)


def test_promotion_can_be_off(url: str) -> None:
    with open_store(url, policy=QueuePolicy(work=WorkPolicy(promote_after=None))) as store:
        one_case(store, alert("a", "c1", "u1"))
        assert not store.work.sweep(NOON_MS + 1000 * HOUR_MS)


def test_what_happens_before_a_claim_is_what_a_sweep_does(store: Store, work: SqlWork, case_id: str) -> None:
    held = work.claim(case_id, AGENT, NOON_MS)
    do(store, wait, held.task.id, "cadence", NOON_MS + HOUR_MS, AGENT, NOON_MS)
    assert work.next(OTHER, NOON_MS + HOUR_MS).case.id == case_id


def test_a_policy_whose_lease_outgrows_its_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="want lease <= lease_cap"):
        WorkPolicy(lease=timedelta(hours=1))
