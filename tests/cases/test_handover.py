"""What one shift tells the next."""

from datetime import timedelta

import pytest

from cases.actions.kinds import Kind
from cases.calling.results import Report
from cases.errors import NotAllowed, NotFound, NotPossible
from cases.store import Store
from cases.who import Role, Who
from cases.work_orders.order import Department
from cases.work_orders.service import Asked
from domain.findings import Severity
from domain.instants import iso
from tests.cases.actions.desk import block, open_case, proposal
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.worked import AGENT, customer

LEAD, NEXT = Who("lead-1", Role.LEAD), Who("lead-2", Role.LEAD)
END_MS = NOON_MS + HOUR_MS


@pytest.fixture
def shift(store: Store) -> Store:
    """Leave a critical case held, a high one waiting for a callback, and a low one open and late."""
    store.reference.put([customer(name) for name in ("u1", "u2", "u3")])
    high = alert("b", "c2", "u2", severity=Severity.HIGH)
    store.cases.take_in([high], NOON_MS)
    claimed = store.work.next(AGENT, NOON_MS)
    assert claimed is not None
    store.calling.begin_call(claimed.task.id, AGENT, NOON_MS)
    promise = Report(
        task_id=claimed.task.id, disposition="callback_later", callback_at_ms=END_MS + 20 * MINUTE_MS
    )
    store.calling.record(promise, AGENT, NOON_MS + MINUTE_MS)
    critical = alert("a", "c1", "u1", severity=Severity.CRITICAL, at_ms=HOUR_MS - MINUTE_MS)
    low = alert("c", "c3", "u3", severity=Severity.LOW, at_ms=-3 * HOUR_MS)
    store.cases.take_in([critical, low], END_MS - MINUTE_MS)
    store.work.next(AGENT, END_MS - MINUTE_MS)
    return store


def test_it_tells_what_the_next_shift_must_know(shift: Store) -> None:
    body = shift.handover.make(LEAD, END_MS).body
    assert [(case["band"], case["status"], case["held_by"]) for case in body["urgent"]] == [
        ("critical", "working", "a17"),
        ("high", "waiting", None),
    ]
    (promised,) = body["callbacks"]
    assert (promised["subject"], promised["wake_at"], promised["prefer_agent"]) == (
        "customer:u2",
        iso(END_MS + 20 * MINUTE_MS),
        "a17",
    )
    assert [(band["band"], band["cases"], band["past_due"]) for band in body["backlog"]] == [
        ("critical", 1, 0),
        ("high", 1, 1),
        ("rest", 1, 1),
    ]
    assert body["held"] == {"tasks": 1, "agents": 1}
    assert body["staffing"]["agents_at_work"] == 1
    # One call of a minute was made: three cases are 0.05 hours of one agent's work.
    assert body["staffing"]["hours_of_backlog"] == pytest.approx(0.05)


def test_it_is_the_same_for_the_same_store_and_time(shift: Store) -> None:
    assert shift.handover.make(LEAD, END_MS).body == shift.handover.make(NEXT, END_MS).body


def test_the_incoming_lead_takes_it_over_once_and_every_urgent_case_knows(shift: Store) -> None:
    made = shift.handover.make(LEAD, END_MS, note="u2 sounded frightened")
    assert made.body["note"] == "u2 sounded frightened"
    taken = shift.handover.acknowledge(made.id, NEXT, END_MS + MINUTE_MS)
    assert (taken.acknowledged_by, taken.acknowledged_at_ms) == ("lead-2", END_MS + MINUTE_MS)
    assert shift.handover.latest() == [taken]
    for case in made.body["urgent"]:
        entry = shift.cases.show(case["case_id"]).timeline[-1]
        assert (entry.what, entry.actor, entry.old, entry.new) == (
            "handed_over",
            "lead-2",
            "lead-1",
            "lead-2",
        )
    with pytest.raises(NotPossible, match="was taken over by lead-2"):
        shift.handover.acknowledge(made.id, Who("lead-3", Role.LEAD), END_MS + 2 * MINUTE_MS)
    verbs = [row.verb for row in shift.audit.list(Who("au", Role.AUDITOR), END_MS + HOUR_MS)]
    assert {"handover_made", "handover_acknowledged"} <= set(verbs)


def test_who_made_it_does_not_take_it_over_and_only_leads_do(shift: Store) -> None:
    made = shift.handover.make(LEAD, END_MS)
    with pytest.raises(NotAllowed, match="the incoming lead takes it over"):
        shift.handover.acknowledge(made.id, LEAD, END_MS)
    with pytest.raises(NotAllowed, match="may not work for others"):
        shift.handover.acknowledge(made.id, AGENT, END_MS)
    with pytest.raises(NotAllowed, match="may not work for others"):
        shift.handover.make(AGENT, END_MS)
    assert shift.handover.get(made.id).acknowledged_by is None


def test_a_handover_that_is_not_there_is_said(shift: Store) -> None:
    with pytest.raises(NotFound, match="no handover 7"):
        shift.handover.get(7)
    assert shift.handover.latest() == []


def test_what_lies_beyond_the_next_shift_is_left_out(shift: Store) -> None:
    early_ms = END_MS - timedelta(hours=8) // timedelta(milliseconds=1)
    assert shift.handover.make(LEAD, early_ms).body["callbacks"] == []


def test_what_others_must_still_do_is_told(store: Store) -> None:
    case_id = open_case(store)
    blocked = block(store, case_id, END_MS - MINUTE_MS)
    wanted = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, "payment:p-1", case_id=case_id), AGENT, END_MS - MINUTE_MS
    )
    order = store.work_orders.make(
        case_id, Asked(Department.BRANCH, "documents", "copy of the form", END_MS - 1), AGENT, NOON_MS
    )
    body = store.handover.make(LEAD, END_MS).body
    assert [each["action_id"] for each in body["unchecked"]] == [blocked.id]
    assert [each["action_id"] for each in body["proposals"]] == [wanted.id]
    assert [each["order_id"] for each in body["late_orders"]] == [order.id]
    assert body["ending"] == []
    later = store.handover.make(LEAD, END_MS + 20 * HOUR_MS).body
    assert [each["action_id"] for each in later["ending"]] == [blocked.id]
