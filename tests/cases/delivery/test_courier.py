"""Messages to others: handed over at least once, tried again, given up with a word to the lead, then gone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from cases.actions.core_banking import Answer, Verdict
from cases.calling.aftermath import BRANCH_LETTER, CUSTOMER_MESSAGE
from cases.case import Outcome
from cases.delivery.courier import Courier, Step
from cases.delivery.policy import DeliveryPolicy
from cases.errors import NotAllowed, WrongUse
from cases.outbox import ALARM, CHANGES, CORE_BANKING, Message, after, publish, take
from cases.store import Store
from cases.who import Who
from domain.instants import span_ms
from tests.cases.closed import LEAD, OPS, live_case
from tests.cases.made import HOUR_MS, NOON_MS, alert

ARRIVED = Answer(verdict=Verdict.DONE, reference="sms-1")
AWAY = Answer(verdict=Verdict.RETRY, detail="away")
REFUSED = Answer(verdict=Verdict.REJECTED, detail="no such customer")
DAY_MS = 24 * HOUR_MS
POLICY = DeliveryPolicy()


@dataclass
class Gateway:
    """A receiver that answers what it is told to, in turn, then that it arrived; it keeps what it got."""

    answers: Iterable[Answer] = ()
    given: list[Message] = field(default_factory=list)
    _turn: Iterator[Answer] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = iter(self.answers)

    def hand_over(self, message: Message) -> Answer:
        self.given.append(message)
        return next(self._turn, ARRIVED)


@pytest.fixture
def case_id(store: Store) -> str:
    return live_case(store, alert("a", "c1", "u1"))


def tell(store: Store, case_id: str, key: str = "7:2", topic: str = CUSTOMER_MESSAGE) -> None:
    with store.db.writing():
        publish(store.db, topic, key, {"case": case_id, "customer": "u1"}, NOON_MS)


def run(store: Store, gateway: Gateway, now_ms: int, *topics: str) -> list[str]:
    courier = Courier(store.db, gateway, topics or (CUSTOMER_MESSAGE,), POLICY, lambda: now_ms)
    return [step.value for step in courier.run_due()]


def story(store: Store, case_id: str) -> list[tuple[str, str | None, str | None]]:
    timeline = store.cases.show(case_id).timeline
    return [(each.what, each.new, each.note) for each in timeline if each.what.startswith("message_")]


def alarms(store: Store) -> list[Message]:
    with store.db.reading():
        return list(after(store.db, ALARM, 0, 100))


def test_a_message_arrives_once_and_its_case_tells(store: Store, case_id: str) -> None:
    tell(store, case_id)
    gateway = Gateway()
    assert run(store, gateway, NOON_MS) == ["delivered"]
    assert run(store, gateway, NOON_MS + DAY_MS) == []
    assert [(each.key, each.payload["customer"]) for each in gateway.given] == [("7:2", "u1")]
    assert story(store, case_id) == [("message_delivered", "customer message", "sms-1")]


def test_a_receiver_that_is_away_is_tried_again_ever_more_slowly_and_not_for_ever(
    store: Store, case_id: str
) -> None:
    tell(store, case_id)
    gateway, now_ms, steps = Gateway([AWAY] * 100), NOON_MS, []
    while not steps or steps[-1] == Step.RETRY:
        steps += run(store, gateway, now_ms)
        assert run(store, gateway, now_ms) == []
        now_ms += span_ms(POLICY.wait_after(len(steps)))
    assert steps == [Step.RETRY] * (POLICY.attempts - 1) + [Step.GIVEN_UP]
    assert {(each.key, each.id) for each in gateway.given} == {("7:2", gateway.given[0].id)}
    assert story(store, case_id) == [("message_not_delivered", "customer message", "away")]
    assert [each.payload["what"] for each in alarms(store)] == ["not_delivered"]
    assert ("review", "message:7:2") in [
        (task.kind, task.subject) for task in store.cases.show(case_id).tasks
    ]


def test_what_a_receiver_refuses_is_given_up_at_once(store: Store, case_id: str) -> None:
    tell(store, case_id, topic=BRANCH_LETTER)
    assert run(store, Gateway([REFUSED]), NOON_MS, BRANCH_LETTER) == ["given_up"]
    (standing,) = (each for each in store.outbox.standing() if each.topic == BRANCH_LETTER)
    assert (standing.waiting, standing.given_up, standing.error) == (0, 1, "no such customer")


def test_a_case_that_has_ended_gets_no_task_for_a_message_that_failed(store: Store, case_id: str) -> None:
    tell(store, case_id)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    assert run(store, Gateway([REFUSED]), NOON_MS) == ["given_up"]
    assert {task.state for task in store.cases.show(case_id).tasks} <= {"done", "void"}
    assert len(alarms(store)) == 1


def test_a_message_of_a_case_that_is_gone_is_handed_over_all_the_same(store: Store) -> None:
    tell(store, "C-gone")
    assert run(store, Gateway(), NOON_MS) == ["delivered"]


def test_an_alarm_that_does_not_arrive_alarms_nobody_anew(store: Store) -> None:
    with store.db.writing():
        publish(store.db, ALARM, "x", {"what": "unchecked"}, NOON_MS)
    assert run(store, Gateway([REFUSED]), NOON_MS, ALARM) == ["given_up"]
    assert len(alarms(store)) == 1


def test_a_courier_that_dies_leaves_its_message_to_the_next(store: Store, case_id: str) -> None:
    tell(store, case_id)
    with store.db.writing():
        assert take(store.db, CUSTOMER_MESSAGE, NOON_MS, span_ms(POLICY.held_for)) is not None
    held_ms = NOON_MS + span_ms(POLICY.held_for)
    assert run(store, Gateway(), held_ms - 1) == []
    assert run(store, Gateway(), held_ms) == ["delivered"]


def test_what_was_given_up_is_tried_again_when_ops_say_so(store: Store, case_id: str) -> None:
    tell(store, case_id)
    run(store, Gateway([REFUSED]), NOON_MS)
    with pytest.raises(NotAllowed, match="may not run store"):
        store.outbox.try_again(CUSTOMER_MESSAGE, Who("a17"), NOON_MS)
    with pytest.raises(WrongUse, match="'core_banking' is nothing that can be sent again"):
        store.outbox.try_again(CORE_BANKING, OPS, NOON_MS)
    assert store.outbox.try_again(CUSTOMER_MESSAGE, OPS, NOON_MS + 1) == 1
    assert run(store, Gateway(), NOON_MS + 1) == ["delivered"]
    assert store.outbox.try_again(CUSTOMER_MESSAGE, OPS, NOON_MS + 2) == 0


# --- what leaves the outbox


def left(store: Store) -> set[str]:
    with store.db.reading():
        topics = (CHANGES, ALARM, CUSTOMER_MESSAGE, CORE_BANKING)
        return {each.topic for topic in topics for each in after(store.db, topic, 0, 1000)}


def test_what_was_settled_leaves_and_what_screens_read_needs_nobody_to_settle_it(
    store: Store, case_id: str
) -> None:
    tell(store, case_id)
    run(store, Gateway(), NOON_MS)
    keep_ms = span_ms(store.policy.retention.settled_messages_for)
    assert store.retention.forget_messages(NOON_MS + keep_ms) == (0, 0)
    assert left(store) == {CHANGES, CUSTOMER_MESSAGE}
    assert store.retention.forget_messages(NOON_MS + keep_ms + 1).gone >= 1
    # The last one stays, so that its number does not come again.
    assert left(store) == {CUSTOMER_MESSAGE}


def test_what_nobody_takes_is_given_up_with_a_word_and_leaves_but_for_what_the_bank_must_do(
    store: Store, case_id: str
) -> None:
    tell(store, case_id)
    with store.db.writing():
        publish(store.db, CORE_BANKING, "k", {}, NOON_MS)
    wait_ms = span_ms(store.policy.retention.waiting_messages_for)
    assert store.retention.forget_messages(NOON_MS + wait_ms).given_up == 0
    assert store.retention.forget_messages(NOON_MS + wait_ms + 1).given_up == 1
    assert story(store, case_id) == [
        ("message_not_delivered", "customer message", "nobody took it within 7 days")
    ]
    later_ms = NOON_MS + 10 * wait_ms
    store.retention.forget_messages(later_ms)
    store.retention.forget_messages(later_ms + 10 * wait_ms)
    assert left(store) == {CORE_BANKING, ALARM}


def test_only_some_are_told_of_in_timelines(store: Store, case_id: str) -> None:
    with store.db.writing():
        publish(store.db, "disposition", "k", {"case": case_id}, NOON_MS)
    assert run(store, Gateway(), NOON_MS, "disposition") == ["delivered"]
    assert story(store, case_id) == []
