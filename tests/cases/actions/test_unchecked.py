"""Blocks that one person set: checked in time, refused, or by nobody."""

import sqlite3

import psycopg
import pytest

from cases.actions.life import Status
from cases.actions.policy import ActionPolicy, Unchecked
from cases.actions.service import SqlActions
from cases.errors import NotPossible
from cases.store import Store
from tests.cases.actions.desk import (
    AGENT,
    LEAD,
    OTHER_LEAD,
    Bank,
    block,
    open_case,
    run_all,
)
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS

REFUSED_BY_THE_DATABASE = (sqlite3.IntegrityError, psycopg.errors.CheckViolation)
PAYMENT = "payment:p-1"


@pytest.mark.parametrize("unchecked", Unchecked)
def test_a_block_that_nobody_checked_alarms_the_lead_and_then_lifts_or_holds(
    store: Store, unchecked: Unchecked
) -> None:
    policy = ActionPolicy(unchecked=unchecked)
    actions, case_id = SqlActions(store.db, policy), open_case(store)
    made = block(store, case_id, policy=policy)
    late = NOON_MS + 30 * MINUTE_MS
    assert actions.expire(late - 1) == ((), (), (), ())
    swept = actions.expire(late)
    lifts = unchecked is Unchecked.LIFT
    assert swept == ((), (made.id,) if lifts else (), (made.id,), ())
    assert actions.expire(late + 1) == ((), (), (), ())
    assert actions.get(made.id, AGENT).status is (Status.REVERSING if lifts else Status.DONE)
    tasks = [(task.kind, task.subject) for task in store.cases.show(case_id).tasks]
    assert ("review", f"action:{made.id}") in tasks
    with store.db.reading():
        (told,) = store.db.rows("messages_after", topic="alarm", after=0, limit=9)
    assert told["key"] == f"{made.id}:unchecked"
    assert [step for step in run_all(store, Bank(), late, policy)] == (["done"] if lifts else [])


def test_a_block_that_was_checked_in_time_alarms_nobody(store: Store) -> None:
    made = block(store, open_case(store))
    checked = store.actions.approve(made.id, LEAD, NOON_MS + MINUTE_MS, "looks right")
    assert (checked.status, checked.checker) == (Status.DONE, "lead-2")
    assert store.actions.expire(NOON_MS + HOUR_MS) == ((), (), (), ())
    with pytest.raises(NotPossible, match="is done, approved by lead-2; it waits for nobody"):
        store.actions.reject(made.id, OTHER_LEAD, "no", NOON_MS + HOUR_MS)


def test_a_block_that_its_checker_refuses_is_lifted(store: Store) -> None:
    made = block(store, open_case(store))
    assert store.actions.reject(made.id, LEAD, "wrong card", NOON_MS + 1).status is Status.REVERSING
    bank = Bank()
    assert run_all(store, bank, NOON_MS + 1) == ["done"]
    assert [(each.operation, each.lifts) for each in bank.sent] == [("lift", made.idempotency_key)]
    done = store.actions.get(made.id, AGENT)
    assert (done.status, done.end_reason, done.verdict) == (Status.REVERSED, "refused", "rejected")
