"""The executor: at least once to the bank, once in effect, and never in silence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from cases.actions.core_banking import Answer, Instruction, Verdict
from cases.actions.executor import Executor, Step
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.actions.policy import ActionPolicy
from cases.outbox import publish, take
from cases.store import Store, open_store
from connectors.loopback_bank import LoopbackBank
from tests.cases.actions.desk import (
    AGENT,
    AWAY,
    CARD,
    LEAD,
    REFUSED,
    Bank,
    block,
    open_case,
    proposal,
    run_all,
)
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS

PATIENT = ActionPolicy(attempts=3, retry_first=timedelta(seconds=10), retry_at_most=timedelta(seconds=15))


def test_an_answer_of_the_bank_is_kept_with_its_reference(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    assert run_all(store, Bank(), NOON_MS + 3) == ["done"]
    done = store.actions.get(made.id, AGENT)
    assert (done.status, done.executed_at_ms) == (Status.DONE, NOON_MS + 3)
    assert done.result == {"verdict": "done", "reference": "b-1", "detail": ""}


def test_a_bank_that_is_away_is_tried_again_ever_more_slowly_with_the_same_words(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    bank = Bank([AWAY, AWAY])
    assert run_all(store, bank, NOON_MS, PATIENT) == ["retry"]
    assert run_all(store, bank, NOON_MS + 9_999, PATIENT) == []
    # What the checker says meanwhile must not change what is sent under the same key.
    store.actions.approve(made.id, LEAD, NOON_MS + 9_999)
    assert run_all(store, bank, NOON_MS + 10_000, PATIENT) == ["retry"]
    assert run_all(store, bank, NOON_MS + 24_999, PATIENT) == []
    assert run_all(store, bank, NOON_MS + 25_000, PATIENT) == ["done"]
    assert bank.sent == [bank.sent[0]] * 3
    assert store.actions.get(made.id, AGENT).status is Status.DONE


def test_after_the_last_attempt_an_action_has_failed_and_the_lead_is_alarmed(store: Store) -> None:
    case_id = open_case(store)
    made = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS)
    bank = Bank([AWAY] * 9)
    steps = [run_all(store, bank, NOON_MS + minute * MINUTE_MS, PATIENT) for minute in range(5)]
    assert steps == [["retry"], ["retry"], ["given_up"], [], []]
    failed = store.actions.get(made.id, AGENT)
    assert failed.status is Status.FAILED
    tasks = [(task.kind, task.subject) for task in store.cases.show(case_id).tasks]
    assert ("review", f"action:{made.id}") in tasks
    assert "ask the bank whether it is in force all the same" in told(store, "alarm")


def test_what_the_bank_rejects_fails_at_once(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    assert run_all(store, Bank([REFUSED]), NOON_MS) == ["rejected"]
    failed = store.actions.get(made.id, AGENT)
    assert (failed.status, failed.result["detail"]) == (Status.FAILED, "no such card")
    assert "block was not carried out: no such card" in told(store, "alarm")


def test_a_lift_is_never_given_up_and_alarms_once(store: Store) -> None:
    made = block(store, open_case(store))
    store.actions.reject(made.id, LEAD, "wrong card", NOON_MS)
    bank = Bank([REFUSED, AWAY, AWAY, REFUSED, AWAY])
    steps = [run_all(store, bank, NOON_MS + minute * MINUTE_MS, PATIENT) for minute in range(6)]
    assert steps == [["retry"]] * 5 + [["done"]]
    assert store.actions.get(made.id, AGENT).status is Status.REVERSED
    with store.db.reading():
        alarms = store.db.rows("messages_after", topic="alarm", after=0, limit=9)
    assert [alarm["key"] for alarm in alarms] == [f"{made.id}:not_lifted"]


def test_a_block_that_is_over_before_the_bank_answers_is_lifted_to_be_sure(store: Store) -> None:
    case_id = open_case(store)
    wanted = proposal(case_id=case_id, lasts=timedelta(minutes=1))
    made = store.actions.propose(wanted, AGENT, NOON_MS)
    bank = Bank([AWAY])
    assert run_all(store, bank, NOON_MS) == ["retry"]
    assert run_all(store, bank, NOON_MS + MINUTE_MS) == ["dropped", "done"]
    assert [each.operation for each in bank.sent] == ["block", "lift"]
    assert store.actions.get(made.id, AGENT).status is Status.REVERSED


def test_a_block_whose_term_ended_before_it_was_sent_is_never_sent(store: Store) -> None:
    wanted = proposal(case_id=open_case(store), lasts=timedelta(minutes=1))
    made = store.actions.propose(wanted, AGENT, NOON_MS)
    bank = Bank()
    assert run_all(store, bank, NOON_MS + MINUTE_MS) == ["dropped"]
    assert bank.sent == []
    assert store.actions.get(made.id, AGENT).status is Status.EXPIRED


def test_a_block_refused_while_it_is_being_sent_is_lifted(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    bank = Bank([AWAY])
    run_all(store, bank, NOON_MS)
    store.actions.reject(made.id, LEAD, "wrong card", NOON_MS + 1)
    assert run_all(store, bank, NOON_MS + MINUTE_MS) == ["done", "dropped"]
    assert [each.operation for each in bank.sent] == ["block", "lift"]
    assert store.actions.get(made.id, AGENT).status is Status.REVERSED


def test_an_answer_that_comes_after_another_executor_took_over_changes_nothing(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    slow = SlowBank(store)
    executor = Executor(store.db, slow, ActionPolicy(), lambda: NOON_MS)
    assert executor.run_one() is Step.RETRY
    assert slow.meanwhile == ["done"]
    assert store.actions.get(made.id, AGENT).status is Status.DONE
    assert run_all(store, Bank(), NOON_MS + HOUR_MS) == []


def test_an_executor_that_dies_before_it_asks_leaves_its_message_to_the_next(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    executor = Executor(store.db, DyingBank(), ActionPolicy(), lambda: NOON_MS)
    with pytest.raises(MemoryError):
        executor.run_one()
    assert store.actions.get(made.id, AGENT).status is Status.EXECUTING
    assert run_all(store, Bank(), NOON_MS + MINUTE_MS) == []
    assert run_all(store, Bank(), NOON_MS + 2 * MINUTE_MS) == ["done"]


def test_many_executors_at_once_send_each_instruction_once(store: Store, url: str, tmp_path: Path) -> None:
    case_id = open_case(store)
    for number in range(12):
        wanted = proposal(target=f"card:tok_{number}", case_id=case_id)
        store.actions.propose(wanted, AGENT, NOON_MS)
    bank = LoopbackBank(tmp_path / "bank.db")

    def work(_: int) -> list[Step]:
        with open_store(url) as own:
            return Executor(own.db, bank, ActionPolicy(), lambda: NOON_MS).run_due()

    with ThreadPoolExecutor(4) as pool:
        steps = [step for steps in pool.map(work, range(4)) for step in steps]
    assert steps == [Step.DONE] * 12
    assert {each.target for each in bank.effects()} == {f"card:tok_{number}" for number in range(12)}


def test_the_outbox_keeps_a_message_from_others_while_one_has_it(store: Store) -> None:
    with store.db.writing():
        publish(store.db, "t", "k", {"a": 1}, NOON_MS)
    with store.db.writing():
        assert take(store.db, "t", NOON_MS - 1, 10) is None
        first = take(store.db, "t", NOON_MS, 10)
        assert first is not None
        assert (first.key, first.payload, first.attempts) == ("k", {"a": 1}, 1)
        assert take(store.db, "t", NOON_MS + 9, 10) is None
        assert take(store.db, "t", NOON_MS + 10, 10).attempts == 2


def test_a_message_lasts_only_if_its_change_does(store: Store) -> None:
    def publish_and_die() -> None:
        with store.db.writing():
            publish(store.db, "t", "k", {}, NOON_MS)
            raise MemoryError

    with pytest.raises(MemoryError):
        publish_and_die()
    with store.db.reading():
        assert store.db.rows("messages_after", topic="t", after=0, limit=9) == []


def test_a_stop_payment_is_sent_once_approved(store: Store) -> None:
    wanted = proposal(Kind.STOP_PAYMENT, "payment:p-1", case_id=open_case(store))
    made = store.actions.propose(wanted, AGENT, NOON_MS)
    bank = Bank()
    assert run_all(store, bank, NOON_MS) == []
    store.actions.approve(made.id, LEAD, NOON_MS)
    assert run_all(store, bank, NOON_MS) == ["done"]
    (sent,) = bank.sent
    assert (sent.operation, sent.target, sent.made_by, sent.checked_by, sent.basis, sent.until_ms) == (
        "stop_payment",
        "payment:p-1",
        "agent-7",
        "lead-2",
        "terms",
        None,
    )


def test_the_loopback_bank_holds_a_target_as_long_as_anything_holds_it(store: Store, tmp_path: Path) -> None:
    bank = LoopbackBank(tmp_path / "bank.db")
    case_id = open_case(store)
    first = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS)
    again = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS + HOUR_MS)
    store.actions.approve(again.id, LEAD, NOON_MS + HOUR_MS)
    executor = Executor(store.db, bank, ActionPolicy(), lambda: NOON_MS + HOUR_MS)
    assert executor.run_due() == [Step.DONE] * 2
    store.actions.reject(first.id, LEAD, "the other one is enough", NOON_MS + HOUR_MS)
    assert executor.run_due() == [Step.DONE]
    assert bank.held(CARD, NOON_MS + HOUR_MS) == (again.idempotency_key,)
    assert bank.held(CARD, NOON_MS + 25 * HOUR_MS) == ()


class DyingBank:
    """A bank whose caller dies while it asks."""

    def carry_out(self, instruction: Instruction) -> Answer:
        raise MemoryError


class SlowBank:
    """A bank that answers so late that another executor has done the work meanwhile."""

    def __init__(self, store: Store) -> None:
        self.meanwhile: list[str] = []
        self._store = store

    def carry_out(self, instruction: Instruction) -> Answer:
        self.meanwhile = run_all(self._store, Bank(), NOON_MS + 2 * MINUTE_MS)
        return Answer(verdict=Verdict.RETRY, detail="too late")


def told(store: Store, topic: str) -> str:
    """Give what the only message of a topic says."""
    with store.db.reading():
        (message,) = store.db.rows("messages_after", topic=topic, after=0, limit=9)
    return str(message["payload"])
