"""The life of a case: it waits, is woken, handed over, merged, closed, and comes back."""

from datetime import timedelta

import pytest

from cases.case import Outcome, Status
from cases.errors import AlreadyClosed, NotAllowed, NotPossible, WrongUse
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.work.moves import add_task, exhaust, finish, make_ready, wait
from cases.work.policy import WorkPolicy
from domain.findings import Severity
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import AGENT, LEAD, OTHER, do, one_case, set_calling, tasks, whats

RING = alert("ring", scope="branch", members=[("c1", "u1"), ("c2", "u2")])


def put_off(store: Store, case_id: str, reason: str = "cadence", wake_ms: int = HOUR_MS) -> int:
    """Claim a case's best task and let it wait; gives the task."""
    held = store.work.claim(case_id, AGENT, NOON_MS)
    do(store, wait, held.task.id, reason, NOON_MS + wake_ms, AGENT, NOON_MS)
    return held.task.id


def closed(store: Store, case_id: str, at_ms: int = NOON_MS) -> None:
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", at_ms)


def test_a_case_waits_as_long_as_the_first_of_its_tasks_to_wake(store: Store) -> None:
    case_id = one_case(store, RING)
    put_off(store, case_id, "callback", 2 * HOUR_MS)
    assert store.cases.show(case_id).case.status is Status.OPEN
    put_off(store, case_id, "cadence", HOUR_MS)
    case = store.cases.show(case_id).case
    assert (case.status, case.waiting_reason, case.wake_at_ms) == (
        *(Status.WAITING, "cadence", NOON_MS + HOUR_MS),
    )


def test_nothing_waits_without_a_reason_on_the_list(store: Store) -> None:
    case_id = one_case(store, RING)
    with pytest.raises(WrongUse, match="'tired' is no reason to wait; there are: cadence, callback"):
        put_off(store, case_id, "tired")
    held = store.work.claim(case_id, AGENT, NOON_MS)
    with pytest.raises(WrongUse, match="give both, or neither"):
        do(store, wait, held.task.id, "callback", NOON_MS, AGENT, NOON_MS, prefer_agent="a17")


def test_a_new_alert_wakes_the_case_and_says_so(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    put_off(store, case_id, "callback", 20 * HOUR_MS)
    store.cases.take_in([alert("b", "c1", "u1", at_ms=MINUTE_MS, severity=Severity.CRITICAL)])
    case = store.cases.show(case_id).case
    assert (case.status, case.band, case.wake_at_ms) == (Status.OPEN, 0, None)
    assert whats(store, case_id)[-2:] == ["grew", "ranked"]
    assert store.work.next(OTHER, NOON_MS + MINUTE_MS).case.id == case_id


def test_a_new_alert_wakes_nobody_who_may_not_be_called_at_this_hour(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    put_off(store, case_id, "window")
    store.cases.take_in([alert("b", "c1", "u1", at_ms=MINUTE_MS)])
    assert store.cases.show(case_id).case.status is Status.WAITING


def test_a_new_alert_about_one_of_a_ring_wakes_only_their_call(store: Store) -> None:
    case_id = one_case(store, RING)
    for _ in range(2):
        put_off(store, case_id)
    store.cases.take_in([alert("b", "c2", "u2", at_ms=MINUTE_MS)])
    assert {task.subject: task.state for task in tasks(store, case_id)} == {
        "customer:u1": "waiting",
        "customer:u2": "ready",
    }


def test_who_was_reached_is_called_again_only_for_an_alert_about_them(store: Store) -> None:
    case_id = one_case(store, RING)
    held = store.work.claim(case_id, AGENT, NOON_MS)
    do(store, finish, held.task.id, AGENT, NOON_MS)
    store.cases.take_in([alert("b", "c2", "u2", at_ms=MINUTE_MS)])
    assert [task.state for task in tasks(store, case_id)] == ["done", "ready"]
    store.cases.take_in([alert("c", "c1", "u1", at_ms=2 * MINUTE_MS)])
    assert [(task.subject, task.state) for task in tasks(store, case_id)] == [
        ("customer:u1", "done"),
        ("customer:u2", "ready"),
        ("customer:u1", "ready"),
    ]


def test_a_new_alert_moves_the_tasks_forward_with_their_case(store: Store) -> None:
    first = one_case(store, alert("a", "c1", "u1"))
    store.cases.take_in([alert("other", "c2", "u2", severity=Severity.HIGH)])
    store.cases.take_in([alert("b", "c1", "u1", severity=Severity.CRITICAL, at_ms=MINUTE_MS)])
    assert store.work.next(AGENT, NOON_MS).case.id == first


def test_a_task_that_is_given_up_is_put_before_a_lead(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    held = store.work.claim(case_id, AGENT, NOON_MS)
    do(store, exhaust, held.task.id, AGENT, NOON_MS)
    assert [(task.kind, task.skill, task.state) for task in tasks(store, case_id)] == [
        ("call_customer", "general", "dead"),
        ("review", "lead", "ready"),
    ]
    assert store.work.next(OTHER, NOON_MS) is None
    assert store.work.next(LEAD, NOON_MS).case.id == case_id


def test_what_is_to_be_done_already_is_not_added_again(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    first = do(store, add_task, case_id, "contact_data", "customer:u1", AGENT, NOON_MS)
    assert do(store, add_task, case_id, "contact_data", "customer:u1", AGENT, NOON_MS) == first
    assert whats(store, case_id) == ["opened", "task_added"]


def test_what_is_not_waiting_cannot_be_woken(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    with pytest.raises(NotPossible, match="a task that is ready does not"):
        do(store, make_ready, tasks(store, case_id)[0].id, AGENT, NOON_MS)


def test_a_case_goes_to_a_team_and_comes_back(store: Store) -> None:
    case_id = one_case(store, RING)
    store.work.claim(case_id, AGENT, NOON_MS)
    case = store.work.escalate(case_id, AGENT, "legal", "an order came", NOON_MS)
    assert (case.status, case.team, case.leases) == (Status.ESCALATED, "legal", ())
    assert store.work.next(OTHER, NOON_MS) is None
    seen = store.work.next(OTHER, NOON_MS, skills=("legal",))
    assert (seen.case.id, seen.case.status) == (case_id, Status.ESCALATED)
    case = store.work.hand_back(case_id, OTHER, "no order", NOON_MS)
    assert (case.status, case.team) == (Status.OPEN, None)
    assert store.work.next(AGENT, NOON_MS).case.id == case_id
    assert whats(store, case_id) == [
        *("opened", "claimed", "escalated", "claimed", "returned", "claimed"),
    ]
    with pytest.raises(NotPossible, match="does not return"):
        store.work.hand_back(case_id, AGENT, "", NOON_MS)


def test_who_is_on_the_phone_goes_on_when_the_case_is_escalated(store: Store) -> None:
    case_id = one_case(store, RING)
    talking = store.work.claim(case_id, OTHER, NOON_MS)
    set_calling(store, talking.task.id)
    store.work.claim(case_id, AGENT, NOON_MS)
    case = store.work.escalate(case_id, AGENT, "legal", "", NOON_MS)
    assert [lease.by for lease in case.leases] == ["a18"]


def test_an_alert_soon_after_the_end_reopens_the_case(store: Store) -> None:
    case_id = one_case(store, RING)
    closed(store, case_id, NOON_MS + HOUR_MS)
    store.cases.take_in([alert("b", "c2", "u2", at_ms=73 * HOUR_MS)])
    (case,) = store.cases.list()
    assert (case.id, case.status, case.reopened, case.outcome) == (case_id, Status.OPEN, 1, None)
    assert [(task.subject, task.state) for task in tasks(store, case_id) if task.state != "done"] == [
        ("customer:u2", "ready")
    ]
    entry = store.cases.show(case_id).timeline[-2]
    assert (entry.what, entry.old, entry.note) == (
        *("reopened", "genuine", "a new alert, 72 hours after it was closed"),
    )


def test_an_alert_long_after_the_end_opens_a_case_that_is_linked_to_the_old_one(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    closed(store, case_id)
    store.cases.take_in([alert("b", "c1", "u1", at_ms=72 * HOUR_MS + 1)])
    (case,) = store.cases.list()
    assert (case.linked_to, case.reopened) == (case_id, 0)


def test_a_case_whose_people_have_a_newer_one_stays_closed(store: Store) -> None:
    ring = one_case(store, RING)
    closed(store, ring)
    store.cases.take_in([alert("late", "c1", "u1", at_ms=80 * HOUR_MS)])
    (newer,) = store.cases.list()
    store.cases.take_in([alert("b", "c2", "u2", at_ms=HOUR_MS)])
    assert {case.linked_to for case in store.cases.list()} == {ring}
    with pytest.raises(NotPossible, match=f"{ring} stays closed: card:c1 is in {newer.id} by now"):
        store.work.reopen(ring, LEAD, "new proof", NOON_MS)


def test_an_alert_about_a_place_reopens_a_case_with_all_its_calls(store: Store) -> None:
    terminal = {"scope": "terminal", "key": "t1"}
    case_id = one_case(store, alert("a", **terminal))
    closed(store, case_id)
    store.cases.take_in([alert("b", at_ms=HOUR_MS, **terminal)])
    assert [(task.subject, task.state) for task in tasks(store, case_id)] == [
        ("terminal:t1", "done"),
        ("terminal:t1", "ready"),
    ]


def test_a_lead_reopens_with_a_reason_and_everybody_is_called_again(store: Store) -> None:
    case_id = one_case(store, RING)
    closed(store, case_id)
    with pytest.raises(NotAllowed, match="that takes: lead"):
        store.work.reopen(case_id, AGENT, "new proof", NOON_MS)
    with pytest.raises(WrongUse, match="say why"):
        store.work.reopen(case_id, LEAD, " ", NOON_MS)
    case = store.work.reopen(case_id, LEAD, "new proof", NOON_MS)
    assert (case.status, case.reopened) == (Status.OPEN, 1)
    assert [task.subject for task in tasks(store, case_id) if task.state == "ready"] == [
        "customer:u1",
        "customer:u2",
    ]
    with pytest.raises(NotPossible, match="a case that is open does not reopen"):
        store.work.reopen(case_id, LEAD, "again", NOON_MS)


def test_a_ring_that_is_reopened_grows_on_as_if_it_had_never_been_closed(store: Store) -> None:
    first, second = alert("a", "c1", "u1", ring="r"), alert("b", "c2", "u2", ring="r", at_ms=MINUTE_MS)
    case_id = one_case(store, first, second)
    closed(store, case_id)
    store.work.reopen(case_id, LEAD, "new proof", NOON_MS)
    store.cases.take_in([alert("c", "c3", "u3", ring="r", at_ms=HOUR_MS)])
    (case,) = store.cases.list()
    assert (case.id, case.subject) == (case_id, "ring of 3 cards, 3 customers")


def test_a_closed_ring_that_one_alert_brings_back_takes_in_the_next_of_its_key(store: Store) -> None:
    case_id = one_case(store, alert("a", members=[("c1", "u1"), ("c2", "u2")], scope="branch", ring="r"))
    closed(store, case_id, NOON_MS + MINUTE_MS)
    store.cases.take_in([alert("b", "c1", "u1", at_ms=HOUR_MS)])  # says nothing of the ring
    store.cases.take_in([alert("c", "c3", "u3", ring="r", at_ms=HOUR_MS)])
    (case,) = store.cases.list()
    assert (case.id, case.reopened, case.subject) == (case_id, 1, "ring of 3 cards, 3 customers")


def test_reopening_can_be_off(url: str) -> None:
    with open_store(url, policy=QueuePolicy(work=WorkPolicy(reopen_within=timedelta(0)))) as store:
        case_id = one_case(store, alert("a", "c1", "u1"))
        closed(store, case_id)
        store.cases.take_in([alert("b", "c1", "u1", at_ms=1)])
        assert [case.linked_to for case in store.cases.list()] == [case_id]


def test_what_still_waits_ends_with_the_case(store: Store) -> None:
    case_id = one_case(store, RING)
    put_off(store, case_id)
    closed(store, case_id)
    assert [task.state for task in tasks(store, case_id)] == ["done", "done"]
    assert not store.work.sweep(NOON_MS + 2 * HOUR_MS)


def test_a_closed_case_is_not_escalated(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    closed(store, case_id)
    with pytest.raises(AlreadyClosed):
        store.work.escalate(case_id, LEAD, "legal", "", NOON_MS)


@pytest.mark.parametrize("older_waits", [True, False])
def test_a_case_that_takes_another_in_stands_where_the_tasks_of_both_put_it(
    store: Store, older_waits: bool
) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    older, younger = (case.id for case in store.cases.list())
    put_off(store, older if older_waits else younger)
    held = store.work.claim(younger if older_waits else older, AGENT, NOON_MS)
    store.cases.take_in([RING])
    (case,) = store.cases.list()
    assert (case.id, case.status) == (older, Status.WORKING)
    again = store.work.renew(held.task.id, AGENT, held.task.lease_no, NOON_MS)
    assert again.case.id == older


def test_a_case_that_takes_in_what_a_team_has_goes_to_the_team(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    older, younger = (case.id for case in store.cases.list())
    store.work.escalate(younger, LEAD, "legal", "", NOON_MS)
    store.cases.take_in([RING])
    case = store.cases.show(older).case
    assert (case.status, case.team) == (Status.ESCALATED, "legal")
    assert {task.skill for task in tasks(store, older)} == {"legal"}


def test_two_calls_that_turn_out_to_be_to_one_person_become_one(store: Store) -> None:
    store.cases.take_in([alert("a", "c1"), alert("b", "c2", at_ms=1)])
    first, second = (case.id for case in store.cases.list())
    talking = store.work.claim(second, AGENT, NOON_MS)
    store.work.claim(first, OTHER, NOON_MS)
    set_calling(store, talking.task.id)
    store.cases.take_in([alert("c", scope="customer", key="u1", members=[("c1", "u1"), ("c2", "u1")])])
    assert [(task.subject, task.state) for task in tasks(store, first)] == [
        ("card:c1", "void"),
        ("customer:u1", "leased"),
    ]
