"""Work for departments: nothing is forgotten, everything is told, and no case closes over it."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import outbox
from cases.case import Outcome
from cases.errors import AlreadyClosed, NotAllowed, NotFound, NotPossible, WrongUse
from cases.store import Store
from cases.who import Role, Who
from cases.work_orders.order import LIVE, TRANSITIONS, Department, OrderState, Step
from cases.work_orders.service import Asked
from cases.work_orders.steps import cancel_live_orders
from tests.cases.closed import AGENT, LEAD, OFFICER, OPS, close, closed_case, live_case, verbs, whats
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert

VENDOR = Who("vendor-3")
SKIMMER = Asked(Department.VENDOR, "terminal_check", "look for a skimmer on terminal t17", NOON_MS + HOUR_MS)


@pytest.fixture
def case_id(store: Store) -> str:
    return live_case(store, alert("a", "c1", "u1"))


def messages(store: Store, topic: str) -> list[outbox.Message]:
    with store.db.reading():
        return list(outbox.after(store.db, topic, 0, 1000))


def tasks(store: Store, case_id: str) -> list[tuple[str, str]]:
    return [(task.kind, task.subject) for task in store.cases.show(case_id).tasks]


def test_an_order_is_taken_on_and_done_and_each_change_is_told_audited_and_published(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    store.work_orders.accept(made.id, VENDOR, NOON_MS + 1)
    done = store.work_orders.finish(made.id, "no skimmer found", VENDOR, NOON_MS + 2)
    assert (made.id, made.state, made.made_by) == (f"{case_id}-W1", OrderState.OPEN, "agent-7")
    assert (done.state, done.answer, done.accepted_by, done.ended_by) == (
        OrderState.DONE,
        "no skimmer found",
        "vendor-3",
        "vendor-3",
    )
    assert whats(store, case_id)[-3:] == ["ordered", "order_accepted", "order_done"]
    assert store.cases.show(case_id).timeline[-1].note == "no skimmer found"
    assert verbs(store)[-3:] == ["ordered", "order_accepted", "order_done"]
    assert [message.payload["state"] for message in messages(store, "work_order")] == [
        "open",
        "accepted",
        "done",
    ]
    assert store.work_orders.list() == ()
    assert store.work_orders.list(case_id=case_id, states=tuple(OrderState)) == (done,)


def test_a_returned_order_is_put_before_a_person_and_sent_again_or_cancelled(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    returned = store.work_orders.give_back(made.id, "not our terminal", VENDOR, NOON_MS + 1)
    assert (returned.state, returned.reason) == (OrderState.RETURNED, "not our terminal")
    assert ("review", f"work_order:{made.id}") in tasks(store, case_id)
    again = store.work_orders.send_again(made.id, "look at t71", NOON_MS + 2 * HOUR_MS, AGENT, NOON_MS + 2)
    assert (again.state, again.what, again.due_ms) == (OrderState.OPEN, "look at t71", NOON_MS + 2 * HOUR_MS)
    ended = store.work_orders.cancel(made.id, "found by the guard", AGENT, NOON_MS + 3)
    assert (ended.state, ended.reason) == (OrderState.CANCELLED, "found by the guard")


def test_a_case_does_not_close_while_a_department_works_for_it(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    with pytest.raises(NotPossible, match=f"{made.id} \\(vendor, open\\).*cancel it with a reason"):
        close(store, case_id)
    assert store.cases.show(case_id).case.outcome is None
    store.work_orders.cancel(made.id, "no longer needed", AGENT, NOON_MS)
    close(store, case_id)
    assert store.cases.show(case_id).case.outcome is Outcome.GENUINE


def test_all_that_departments_do_for_a_case_can_be_cancelled_at_once(store, case_id):
    for _ in range(2):
        store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    with store.db.writing():
        assert cancel_live_orders(store.db, case_id, "the card was found", AGENT, NOON_MS) == 2
        assert cancel_live_orders(store.db, case_id, "the card was found", AGENT, NOON_MS) == 0
    close(store, case_id)


def test_an_order_goes_with_its_case_into_the_one_it_merges_into(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    older = live_case(store, alert("o", "c2", "u2", at_ms=-HOUR_MS))
    both = [("c1", "u1"), ("c2", "u2")]
    store.cases.take_in([alert("b", scope="branch", key="b1", members=both)])
    assert store.work_orders.get(made.id).case_now == older
    assert [order.id for order in store.work_orders.list(case_id=older)] == [made.id]
    with pytest.raises(NotPossible, match=made.id):
        close(store, older)
    store.work_orders.finish(made.id, "done", VENDOR, NOON_MS)
    assert whats(store, older)[-1] == "order_done"
    close(store, older)


# --- late


def test_a_late_order_is_told_once_by_a_task_and_an_alarm(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    assert store.work_orders.late(SKIMMER.due_ms - 1) == ()
    (late,) = store.work_orders.late(SKIMMER.due_ms)
    assert (late.id, late.escalated_at_ms, late.state) == (made.id, SKIMMER.due_ms, OrderState.OPEN)
    assert store.work_orders.late(SKIMMER.due_ms + HOUR_MS) == ()
    assert [message.payload["order"] for message in messages(store, outbox.ALARM)] == [made.id]
    assert tasks(store, case_id).count(("review", f"work_order:{made.id}")) == 1
    assert whats(store, case_id).count("order_late") == 1


def test_the_sweep_tells_of_late_orders(store, case_id):
    store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    store.work.sweep_if_due(SKIMMER.due_ms)
    assert len(messages(store, outbox.ALARM)) == 1
    store.work.sweep(SKIMMER.due_ms + HOUR_MS)
    assert len(messages(store, outbox.ALARM)) == 1


def test_an_order_that_was_sent_again_can_be_late_again(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    store.work_orders.late(SKIMMER.due_ms)
    store.work_orders.give_back(made.id, "no access", VENDOR, SKIMMER.due_ms + 1)
    assert store.work_orders.late(SKIMMER.due_ms + HOUR_MS) == ()  # it is with the desk
    again_ms = SKIMMER.due_ms + 2 * HOUR_MS
    store.work_orders.send_again(made.id, None, again_ms, AGENT, SKIMMER.due_ms + HOUR_MS)
    assert [order.id for order in store.work_orders.late(again_ms)] == [made.id]
    assert len({message.key for message in messages(store, outbox.ALARM)}) == 2


# --- what is refused


def test_a_case_that_is_closed_gets_no_more_orders(store):
    closed = closed_case(store, [alert("z", "c9", "u9")])
    with pytest.raises(AlreadyClosed, match="reopen it"):
        store.work_orders.make(closed, SKIMMER, AGENT, NOON_MS)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (SKIMMER._replace(kind="Terminal check"), "one word"),
        (SKIMMER._replace(what="  "), "1 to 4,000 characters"),
        (SKIMMER._replace(due_ms=NOON_MS), "which is past"),
    ],
)
def test_an_order_that_says_too_little_is_refused(store, case_id, asked, words):
    with pytest.raises(WrongUse, match=words):
        store.work_orders.make(case_id, asked, AGENT, NOON_MS)
    assert store.work_orders.list() == ()


def test_a_card_number_in_an_order_is_masked(store, case_id):
    number = "4111 1111 1111 1111"
    made = store.work_orders.make(case_id, SKIMMER._replace(what=f"block {number} please"), AGENT, NOON_MS)
    done = store.work_orders.finish(made.id, f"blocked {number}", VENDOR, NOON_MS)
    for text in (done.what, done.answer, orjson.dumps(messages(store, "work_order")[-1].payload).decode()):
        assert number[:9] not in text
        assert "1111" in text


def test_who_may_not_is_refused(store, case_id):
    made = store.work_orders.make(case_id, SKIMMER, LEAD, NOON_MS)
    with pytest.raises(NotAllowed, match="may not work cases"):
        store.work_orders.make(case_id, SKIMMER, OPS, NOON_MS)
    with pytest.raises(NotAllowed, match="may not answer orders"):
        store.work_orders.accept(made.id, Who("x", Role.AUDITOR), NOON_MS)
    assert store.work_orders.accept(made.id, OFFICER, NOON_MS).accepted_by == "officer-1"
    with pytest.raises(NotFound, match="orders list"):
        store.work_orders.accept("W9", VENDOR, NOON_MS)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(Step), max_size=6))
def test_no_row_of_steps_leaves_the_table_of_transitions(store, steps):
    case_id = live_case(store, alert(f"h{len(store.cases.list())}", f"h{len(store.cases.list())}"))
    order = store.work_orders.make(case_id, SKIMMER, AGENT, NOON_MS)
    orders = store.work_orders
    for number, step in enumerate(steps, 1):
        now_ms = NOON_MS + number * MINUTE_MS
        take = {
            Step.ACCEPT: lambda now_ms=now_ms: orders.accept(order.id, VENDOR, now_ms),
            Step.GIVE_BACK: lambda now_ms=now_ms: orders.give_back(order.id, "no", VENDOR, now_ms),
            Step.FINISH: lambda now_ms=now_ms: orders.finish(order.id, "yes", VENDOR, now_ms),
            Step.SEND_AGAIN: lambda now_ms=now_ms: orders.send_again(
                order.id, None, now_ms + HOUR_MS, AGENT, now_ms
            ),
            Step.CANCEL: lambda now_ms=now_ms: orders.cancel(order.id, "never mind", AGENT, now_ms),
        }[step]
        before = orders.get(order.id)
        expected = TRANSITIONS.get((before.state, step))
        if expected is None:
            with pytest.raises(NotPossible, match="so one cannot"):
                take()
            assert orders.get(order.id) == before
        else:
            assert take().state is expected
    assert (orders.get(order.id).state in LIVE) == (order.id in {each.id for each in orders.list(limit=1000)})
