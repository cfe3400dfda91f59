"""Releasing what was blocked: who may, and what becomes of the block."""

import pytest

from cases.actions.kinds import Kind, Second
from cases.actions.life import Status
from cases.case import Outcome
from cases.errors import NotPossible, WrongUse
from cases.store import Store
from cases.work.moves import close_case
from tests.cases.actions.desk import (
    AGENT,
    CARD,
    COMPLIANCE,
    LEAD,
    Bank,
    block,
    call,
    open_case,
    police_order,
    proposal,
    run_all,
)
from tests.cases.made import HOUR_MS, NOON_MS, alert

DAY_MS = 24 * HOUR_MS


def test_after_a_release_one_person_may_block_at_once_again(store: Store, url: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, "genuine")
    made = block(store, case_id)
    store.actions.reverse(made.id, AGENT, "customer was travelling", NOON_MS + 1)
    run_all(store, Bank(), NOON_MS + 1)
    again = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS + HOUR_MS)
    assert again.second is Second.AFTER


def test_one_person_releases_a_customer_who_was_right_up_to_the_limit(store: Store, url: str) -> None:
    case_id = open_case(store, exposure_minor=1_000_000)
    call(url, store, case_id, "genuine")
    made = block(store, case_id)
    release = store.actions.reverse(made.id, AGENT, "customer was travelling", NOON_MS + 1)
    assert (release.kind, release.status, release.second) == (Kind.RELEASE, Status.APPROVED, Second.NONE)
    assert store.actions.get(made.id, AGENT).status is Status.REVERSING
    bank = Bank()
    assert run_all(store, bank, NOON_MS + 1) == ["done"]
    assert [(each.operation, each.lifts) for each in bank.sent] == [("lift", made.idempotency_key)]
    assert store.actions.get(release.id, AGENT).status is Status.DONE
    ended = store.actions.get(made.id, AGENT)
    assert (ended.status, ended.end_reason) == (Status.REVERSED, "released")


def test_a_release_above_the_limit_takes_a_lead(store: Store, url: str) -> None:
    case_id = open_case(store, exposure_minor=1_000_001)
    call(url, store, case_id, "genuine")
    made = block(store, case_id)
    release = store.actions.reverse(made.id, AGENT, "customer was travelling", NOON_MS + 1)
    assert release.status is Status.PROPOSED
    assert store.actions.get(made.id, AGENT).status is Status.DONE
    store.actions.approve(release.id, LEAD, NOON_MS + 2)
    assert run_all(store, Bank(), NOON_MS + 2) == ["done"]
    assert store.actions.get(made.id, AGENT).status is Status.REVERSED


@pytest.mark.parametrize("disposition", ["confirmed_fraud", "callback_later", "no_answer"])
def test_a_release_takes_a_lead_where_the_customer_did_not_say_it_was_them(
    store: Store, url: str, disposition: str
) -> None:
    case_id = open_case(store)
    call(url, store, case_id, disposition)
    made = block(store, case_id)
    assert store.actions.reverse(made.id, AGENT, "seems fine", NOON_MS).status is Status.PROPOSED


def test_what_an_authority_ordered_is_released_by_compliance(store: Store, url: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, "genuine")
    (made,) = store.actions.record_order(police_order(), AGENT, NOON_MS)
    run_all(store, Bank(), NOON_MS)
    release = store.actions.reverse(made.id, AGENT, "the order was taken back", NOON_MS)
    assert release.status is Status.PROPOSED
    with pytest.raises(Exception, match="may not approve freeze"):
        store.actions.approve(release.id, LEAD, NOON_MS)
    assert store.actions.approve(release.id, COMPLIANCE, NOON_MS).status is Status.APPROVED


def test_what_a_customer_said_in_one_case_releases_nothing_of_another(store: Store, url: str) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    with pytest.raises(WrongUse, match=f"{made.id} .* was made in .*; release it there"):
        store.actions.propose(proposal(Kind.RELEASE, CARD), AGENT, NOON_MS)


def test_a_release_needs_something_that_holds(store: Store) -> None:
    case_id = open_case(store)
    with pytest.raises(NotPossible, match="card:tok_7f3a is not held by anything now"):
        store.actions.propose(proposal(Kind.RELEASE, CARD, case_id=case_id), AGENT, NOON_MS)
    report = proposal(Kind.REPORT_LEGAL, f"case:{case_id}", case_id=case_id)
    made = store.actions.propose(report, LEAD, NOON_MS)
    with pytest.raises(NotPossible, match="cannot be undone"):
        store.actions.reverse(made.id, AGENT, "no", NOON_MS)


def test_a_block_released_before_it_was_sent_is_never_sent(store: Store, url: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, "genuine")
    made = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS)
    store.actions.reverse(made.id, AGENT, "customer called back", NOON_MS + 1)
    bank = Bank()
    assert run_all(store, bank, NOON_MS + 1) == ["dropped", "done"]
    assert [each.operation for each in bank.sent] == ["lift"]
    assert store.actions.get(made.id, AGENT).status is Status.EXPIRED


def test_a_closed_case_can_still_be_released(store: Store) -> None:
    case_id = open_case(store)
    made = block(store, case_id)
    with store.db.writing():
        close_case(store.db, case_id, AGENT, Outcome.GENUINE, "", NOON_MS)
    assert store.actions.reverse(made.id, AGENT, "was genuine", NOON_MS).second is Second.NONE


def test_what_was_done_in_a_merged_case_is_found_and_released_where_it_went(store: Store, url: str) -> None:
    store.cases.take_in([alert("a", "tok_7f3a", "u1", at_ms=5), alert("b", "tok_2", "u2")])
    (case_id,) = (case.id for case in store.cases.list() if case.customers == ("u1",))
    made = block(store, case_id)
    store.cases.take_in(
        [alert("c", members=[("tok_7f3a", "u1"), ("tok_2", "u2")], scope="terminal", at_ms=9)]
    )
    (survivor,) = (case.id for case in store.cases.list())
    assert survivor != case_id
    assert [each.id for each in store.actions.list(AGENT, case_id=survivor)] == [made.id]
    assert store.actions.reverse(made.id, AGENT, "seems fine", NOON_MS).case_id == survivor
