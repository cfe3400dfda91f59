"""How cases of devices go on, and how they end."""

import pytest

from cases.calling.results import Report
from cases.case import Outcome, Status
from cases.errors import AlreadyClosed, NotPossible, NotYours, WrongUse
from cases.integrity import faults
from cases.store import Store
from cases.who import Who
from cases.work_orders.order import Department, OrderState
from domain.alerts import Alert
from tests.cases.device_cases.machines import (
    AGENT,
    LEAD,
    OTHER,
    case_of,
    on_record,
    one_case,
    raised,
    settle,
    show,
    work,
)
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import whats
from tests.cases.worked import customer

RESET = raised("a", "app_fault", component="app")


def claimed(store: Store, case_id: str, skill: str = "general", who: Who = AGENT, at_ms: int = 0) -> int:
    """Claim a task of a case and give its id."""
    return store.work.claim(case_id, who, NOON_MS + at_ms, skills=[skill]).task.id


def done(store: Store, task_id: int, at_ms: int, who: Who = AGENT) -> None:
    store.work.complete(task_id, who, None, "", NOON_MS + at_ms)


def shown(store: Store, made: Alert) -> str:
    """Put an alarm before the desk, with alarm management's own record of it."""
    case_id = one_case(store, made)
    on_record(store, case_id, made, "unacknowledged")
    return case_id


# Reset first, then a person


def test_after_a_reset_that_changed_nothing_somebody_is_sent(store: Store) -> None:
    case_id = shown(store, RESET)
    done(store, claimed(store, case_id), MINUTE_MS)
    assert work(store, case_id) == {("dispatch", "device:atm-4", "host")}
    assert case_of(store, case_id).status is Status.OPEN


def test_after_a_reset_that_helped_nobody_is_sent(store: Store) -> None:
    case_id = shown(store, RESET)
    task = claimed(store, case_id)
    on_record(store, case_id, RESET, "returned", MINUTE_MS)
    assert not settle(store, case_id, MINUTE_MS)  # somebody is at it
    done(store, task, 2 * MINUTE_MS)
    case = case_of(store, case_id)
    assert (case.outcome, case.close_reason) == (Outcome.DEVICE_RESOLVED, "fixed_remotely")


def test_a_reset_is_not_tried_again_once_somebody_is_sent(store: Store) -> None:
    case_id = shown(store, RESET)
    done(store, claimed(store, case_id), MINUTE_MS)
    show(store, raised("again", "app_fault", component="app", at_ms=HOUR_MS), at_ms=HOUR_MS)
    assert work(store, case_id) == {("dispatch", "device:atm-4", "host")}


def test_each_device_of_a_lost_line_is_reset_by_itself(store: Store) -> None:
    one, two = raised("a", "device_offline"), raised("b", "device_offline", "atm-5")
    case_id = one_case(store, one, two)
    assert work(store, case_id) == {
        ("remote_reset", "device:atm-4", "general"),
        ("remote_reset", "device:atm-5", "general"),
    }
    done(store, claimed(store, case_id), MINUTE_MS)
    assert ("dispatch", "link:br-17", "host") in work(store, case_id)


# What is over


def test_a_case_of_which_every_alarm_is_over_closes_by_itself(store: Store) -> None:
    one, two = raised("a", "card_jam"), raised("b", "note_jam", "atm-5")
    case_id = one_case(store, one, two)
    on_record(store, case_id, one, "returned", 5 * MINUTE_MS)
    on_record(store, case_id, two, "unacknowledged")
    assert not settle(store, case_id, 5 * MINUTE_MS)
    assert [item.on for item in store.cases.show(case_id).items] == [False, True]
    on_record(store, case_id, two, "returned_unacknowledged", 9 * MINUTE_MS)
    assert settle(store, case_id, 9 * MINUTE_MS)
    case = case_of(store, case_id)
    assert (case.status, case.outcome, case.close_reason) == (
        Status.CLOSED,
        Outcome.DEVICE_RESOLVED,
        "cleared_itself",
    )
    entry = store.cases.show(case_id).timeline[-1]
    assert (entry.actor, entry.new) == ("riskdesk", "device_resolved, cleared_itself")
    assert not settle(store, case_id, 9 * MINUTE_MS)
    assert faults(store.db) == ()


@pytest.mark.parametrize("code", ["tamper", "card_retained", "reversal_burst"])
def test_evidence_is_never_closed_by_itself(store: Store, code: str) -> None:
    made = raised("a", code)
    case_id = one_case(store, made)
    on_record(store, case_id, made, "returned", MINUTE_MS)
    assert not settle(store, case_id, MINUTE_MS)


def test_a_case_that_somebody_gives_back_closes_when_all_is_over(store: Store) -> None:
    made = raised("a", "card_jam")
    case_id = shown(store, made)
    claimed(store, case_id)
    on_record(store, case_id, made, "returned", MINUTE_MS)
    assert store.work.release(case_id, AGENT, "", NOON_MS + 2 * MINUTE_MS).status is Status.CLOSED
    again = shown(store, raised("b", "card_jam", "atm-8"))
    claimed(store, again, "vendor")
    on_record(store, again, raised("b", "card_jam", "atm-8"), "returned", MINUTE_MS)
    store.work.sweep(NOON_MS + HOUR_MS)
    assert case_of(store, again).status is Status.CLOSED


def test_an_alarm_that_comes_back_soon_reopens_its_case_and_later_opens_another(store: Store) -> None:
    made = raised("a", "card_jam")
    case_id = shown(store, made)
    on_record(store, case_id, made, "returned", MINUTE_MS)
    settle(store, case_id, MINUTE_MS)
    soon = one_case(store, raised("b", "card_jam", at_ms=20 * MINUTE_MS), at_ms=20 * MINUTE_MS)
    assert (soon, case_of(store, soon).reopened, case_of(store, soon).close_reason) == (case_id, 1, None)
    assert work(store, soon) == {("call_site", "site:br-17", "general")}
    assert not settle(store, case_id, 21 * MINUTE_MS)  # it came again after it had returned
    on_record(store, case_id, made, "returned", 22 * MINUTE_MS)
    assert settle(store, case_id, 22 * MINUTE_MS)
    assert case_of(store, case_id).close_reason == "cleared_itself"
    later = one_case(store, raised("c", "card_jam", at_ms=2 * HOUR_MS), at_ms=2 * HOUR_MS)
    assert later != case_id
    assert case_of(store, later).linked_to == case_id


def test_fraud_does_not_reopen_a_devices_case_nor_the_other_way_round(store: Store) -> None:
    harm = one_case(store, raised("a", "card_retained", members=[("c1", "u1")]))
    store.work.close(harm, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="customer_contacted")
    store.cases.take_in([alert("fraud", "c1", "u1", at_ms=MINUTE_MS)])
    (fraud,) = store.cases.list()
    assert (fraud.kind, fraud.linked_to) == ("fraud", harm)
    store.work.close(fraud.id, LEAD, None, Outcome.GENUINE, "", NOON_MS + 2 * MINUTE_MS)
    again = raised("b", "card_retained", at_ms=3 * MINUTE_MS, members=[("c1", "u1")])
    third = one_case(store, again, at_ms=3 * MINUTE_MS)
    assert third not in (harm, fraud.id)


# Close reasons


def test_the_case_of_a_device_is_closed_with_a_reason_from_the_list(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_jam"))
    claimed(store, case_id)
    with pytest.raises(WrongUse, match=r"say why .* flm_fixed"):
        store.work.close(case_id, AGENT, None, Outcome.DEVICE_RESOLVED, "", NOON_MS)
    with pytest.raises(WrongUse, match="'broken' is no reason"):
        store.work.close(case_id, AGENT, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="broken")
    closed = store.work.close(case_id, AGENT, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="flm_fixed")
    assert closed.close_reason == "flm_fixed"
    reopened = store.work.reopen(case_id, LEAD, "it jams again", NOON_MS + 1)
    assert (reopened.close_reason, reopened.kind) == (None, "device")
    assert work(store, case_id) == {("call_site", "site:br-17", "general")}


def test_a_fraud_case_needs_no_reason(store: Store) -> None:
    store.cases.take_in([alert("fraud", "c1", "u1")])
    (case,) = store.cases.list()
    closed = store.work.close(case.id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    assert closed.close_reason is None


@pytest.mark.parametrize(
    ("how", "outcome", "reason"),
    [("fixed_on_site", "device_resolved", "flm_fixed"), ("false_alarm", "false_alarm", "no_fault_found")],
)
def test_a_call_to_the_branch_says_why_the_case_closes(
    store: Store, how: str, outcome: str, reason: str
) -> None:
    case_id = one_case(store, raised("a", "card_jam"))
    report = Report(task_id=claimed(store, case_id), disposition=how)
    store.calling.record(report, AGENT, NOON_MS + MINUTE_MS)
    case = case_of(store, case_id)
    assert (case.outcome, case.close_reason) == (outcome, reason)


# Late


def test_what_is_late_goes_before_a_lead_once(store: Store) -> None:
    case_id = shown(store, raised("a", "tamper"))
    assert store.work.sweep(NOON_MS + 10 * MINUTE_MS - 1).escalated == 0
    assert store.work.sweep(NOON_MS + 10 * MINUTE_MS).escalated == 1
    assert store.work.sweep(NOON_MS + 20 * MINUTE_MS).escalated == 0
    assert ("review", f"late:{case_id}", "lead") in work(store, case_id)
    assert whats(store, case_id).count("late") == 1
    claimed_by_lead = store.work.next(LEAD, NOON_MS + 21 * MINUTE_MS, skills=["lead"])
    assert claimed_by_lead is not None
    assert claimed_by_lead.task.kind == "review"


def test_a_claim_finds_what_is_late_by_itself(store: Store) -> None:
    case_id = shown(store, raised("a", "tamper"))
    store.work.next(AGENT, NOON_MS + HOUR_MS)
    assert "late" in whats(store, case_id)


def test_what_is_over_is_not_late_and_the_next_item_is(store: Store) -> None:
    over, on = raised("a", "card_jam"), raised("b", "receipt_out", "atm-5")
    case_id = one_case(store, over, on)
    on_record(store, case_id, over, "returned", MINUTE_MS)
    on_record(store, case_id, on, "unacknowledged")
    assert store.work.sweep(NOON_MS + 240 * MINUTE_MS).escalated == 0
    assert store.work.sweep(NOON_MS + 2880 * MINUTE_MS).escalated == 1


def test_a_case_that_grows_keeps_when_each_item_is_late(store: Store) -> None:
    case_id = shown(store, raised("a", "card_jam"))
    assert store.work.sweep(NOON_MS + 240 * MINUTE_MS).escalated == 1
    show(store, raised("b", "note_jam", "atm-5", at_ms=241 * MINUTE_MS), at_ms=241 * MINUTE_MS)
    assert store.work.sweep(NOON_MS + 242 * MINUTE_MS).escalated == 0
    assert store.work.sweep(NOON_MS + 481 * MINUTE_MS).escalated == 1
    assert whats(store, case_id).count("late") == 2


# Sending somebody


@pytest.mark.parametrize(
    ("code", "skill", "department"),
    [
        ("card_reader_fault", "vendor", Department.VENDOR),
        ("cash_out", "cash", Department.CASH_CARRIER),
        ("tamper", "security", Department.SECURITY),
        ("keys_lost", "host", Department.NETWORK),
    ],
)
def test_a_dispatch_makes_the_work_order_of_its_department(
    store: Store, code: str, skill: str, department: Department
) -> None:
    case_id = one_case(store, raised("a", code))
    task_id = claimed(store, case_id, skill)
    order = store.device_cases.dispatch(task_id, AGENT, None, NOON_MS)
    assert (order.department, order.task_id, order.state) == (department, task_id, OrderState.OPEN)
    assert order.what.endswith("at atm-4, branch br-17")
    case = case_of(store, case_id)
    assert (case.status, case.waiting_reason, case.wake_at_ms) == (Status.WAITING, "technician", order.due_ms)


def test_a_dispatch_ends_with_its_order_and_somebody_concludes(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_reader_fault"))
    order = store.device_cases.dispatch(claimed(store, case_id, "vendor"), AGENT, None, NOON_MS)
    store.work_orders.finish(order.id, "reader replaced", Who("vendor-3"), NOON_MS + HOUR_MS)
    assert work(store, case_id) == {("review", "device:atm-4", "general")}
    claimed(store, case_id, at_ms=HOUR_MS)
    closing = (AGENT, None, Outcome.DEVICE_RESOLVED, "", NOON_MS + HOUR_MS)
    assert store.work.close(case_id, *closing, reason="slm_fixed").close_reason == "slm_fixed"


def test_while_a_department_works_a_case_stays_and_then_it_was_fixed_by_it(store: Store) -> None:
    made = raised("a", "card_reader_fault")
    case_id = shown(store, made)
    order = store.device_cases.dispatch(claimed(store, case_id, "vendor"), AGENT, None, NOON_MS)
    on_record(store, case_id, made, "returned", MINUTE_MS)
    assert not settle(store, case_id, MINUTE_MS)
    with pytest.raises(NotPossible, match=order.id):
        store.work.close(case_id, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="slm_fixed")
    store.work_orders.finish(order.id, "reader replaced", Who("vendor-3"), NOON_MS + HOUR_MS)
    case = case_of(store, case_id)
    assert (case.status, case.close_reason) == (Status.CLOSED, "slm_fixed")


def test_a_dispatch_whose_order_is_cancelled_is_there_again(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_reader_fault"))
    order = store.device_cases.dispatch(claimed(store, case_id, "vendor"), AGENT, None, NOON_MS)
    store.work_orders.cancel(order.id, "another vendor", AGENT, NOON_MS + 1)
    assert case_of(store, case_id).status is Status.OPEN
    assert work(store, case_id) == {("dispatch", "device:atm-4", "vendor")}


def test_nobody_is_sent_by_who_does_not_hold_the_dispatch(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_reader_fault"))
    task_id = claimed(store, case_id, "vendor")
    with pytest.raises(NotYours):
        store.device_cases.dispatch(task_id, OTHER, None, NOON_MS)
    with pytest.raises(NotYours, match="holds no dispatch"):
        store.device_cases.held_dispatch(case_id, OTHER)
    assert store.device_cases.held_dispatch(case_id, AGENT) == task_id
    with pytest.raises(WrongUse, match="which is past"):
        store.device_cases.dispatch(task_id, AGENT, None, NOON_MS, due_ms=NOON_MS)
    call = claimed(store, one_case(store, raised("b", "card_jam", "atm-5")), who=OTHER)
    with pytest.raises(WrongUse, match="nobody is sent"):
        store.device_cases.dispatch(call, OTHER, None, NOON_MS)


# Taking up, and calling


def test_claiming_a_case_acknowledges_its_alarms(store: Store) -> None:
    case_id = shown(store, raised("a", "card_jam"))
    claimed(store, case_id, at_ms=MINUTE_MS)
    with store.db.reading():
        (alarm,) = store.db.rows("alarms_of_cases", ids=f'["{case_id}"]')
    assert alarm["state"] == "acknowledged"


def test_at_night_a_customer_is_not_called_about_a_card_in_a_machine(store: Store) -> None:
    store.reference.put([customer("u1")])
    midnight = 8 * HOUR_MS  # noon of the tests is 20:00 in Shanghai
    made = raised("a", "card_retained", at_ms=midnight, members=[("c1", "u1")])
    case_id = one_case(store, made, at_ms=midnight)
    first = store.work.next(AGENT, NOON_MS + midnight)
    assert first is not None
    assert first.task.kind == "call_site"
    assert store.work.next(OTHER, NOON_MS + midnight) is None
    waiting = [task for task in store.cases.show(case_id).tasks if task.state == "waiting"]
    assert [(task.kind, task.waiting_reason) for task in waiting] == [("call_customer", "window")]


def test_a_closed_branch_is_called_about_small_things_when_it_opens(store: Store) -> None:
    case_id = one_case(store, raised("a", "receipt_out", "atm-8"))
    (task,) = store.cases.show(case_id).tasks
    assert (task.state, task.waiting_reason, task.wake_at_ms) == ("waiting", "window", NOON_MS + 13 * HOUR_MS)
    show(store, raised("b", "power_fail", "atm-8", component="power"))
    (task,) = store.cases.show(case_id).tasks
    assert task.state == "ready"


def test_a_branch_that_was_just_called_is_left_in_peace_but_for_what_harms_customers(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_jam"))
    report = Report(task_id=claimed(store, case_id), disposition="fixed_on_site")
    store.calling.record(report, AGENT, NOON_MS)
    show(store, raised("b", "note_jam", "atm-5", at_ms=MINUTE_MS), at_ms=MINUTE_MS)
    waiting = [task for task in store.cases.show(case_id).tasks if task.state == "waiting"]
    assert [(task.subject, task.wake_at_ms) for task in waiting] == [("site:br-17", NOON_MS + 15 * MINUTE_MS)]
    harm = one_case(store, raised("c", "card_retained", at_ms=MINUTE_MS), at_ms=MINUTE_MS)
    assert [task.state for task in store.cases.show(harm).tasks] == ["ready"]


def test_a_closed_case_takes_no_more_work(store: Store) -> None:
    case_id = one_case(store, raised("a", "card_jam"))
    store.work.close(case_id, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS, reason="planned_work")
    with pytest.raises(AlreadyClosed):
        claimed(store, case_id)
    assert faults(store.db) == ()
