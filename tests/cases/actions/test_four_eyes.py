"""Two people: one makes an action and another checks it, and the database itself sees to that."""

import sqlite3

import psycopg
import pytest

from cases.actions.action import Basis
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.store import Store
from cases.who import Role, Who
from tests.cases.actions.desk import (
    AGENT,
    ANALYST,
    CARD,
    COMPLIANCE,
    LEAD,
    OTHER_AGENT,
    OTHER_ANALYST,
    OTHER_LEAD,
    Bank,
    block,
    execute,
    open_case,
    police_order,
    proposal,
    run_all,
)
from tests.cases.made import HOUR_MS, NOON_MS

REFUSED_BY_THE_DATABASE = (sqlite3.IntegrityError, psycopg.errors.CheckViolation)
PAYMENT = "payment:p-1"


def test_the_maker_cannot_be_the_checker_whatever_the_code_says(store: Store, url: str) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), AGENT, NOON_MS
    )
    approving = (
        "UPDATE action SET status = 'approved', verdict = 'approved', checked_at_ms = 1, checker = ? "
        "WHERE id = ?"
    )
    for name in ("agent-7", "AGENT-7", " agent-7 ", ""):
        with pytest.raises(REFUSED_BY_THE_DATABASE):
            execute(url, approving, name, made.id)
    execute(url, approving, "lead-2", made.id)
    assert store.actions.get(made.id, AGENT).status is Status.APPROVED


@pytest.mark.parametrize("status", ["approved", "executing", "done", "failed", "reversing", "reversed"])
def test_what_needs_a_second_person_before_does_not_get_on_without_one(
    store: Store, url: str, status: str
) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), AGENT, NOON_MS
    )
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        execute(url, "UPDATE action SET status = ? WHERE id = ?", status, made.id)
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        execute(
            url,
            "UPDATE action SET status = ?, checker = 'lead-2', checked_at_ms = 1, verdict = 'rejected' "
            "WHERE id = ?",
            *(status, made.id),
        )


@pytest.mark.parametrize("second", ["after", "none"])
def test_no_statement_makes_a_stop_payment_the_act_of_one_person(store: Store, url: str, second: str) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), AGENT, NOON_MS
    )
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        execute(
            url,
            "UPDATE action SET second_person = ?, alarm_at_ms = 1, status = 'approved' WHERE id = ?",
            *(second, made.id),
        )


def test_a_block_without_a_basis_is_refused_by_the_database(store: Store, url: str) -> None:
    made = block(store, open_case(store))
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        execute(url, "UPDATE action SET basis = NULL WHERE id = ?", made.id)
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        execute(url, "UPDATE action SET expires_at_ms = NULL WHERE id = ?", made.id)


def test_the_maker_is_told_that_another_person_must_check(store: Store) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), LEAD, NOON_MS
    )
    for who in (LEAD, LEAD._replace(name="Lead-2 "), LEAD._replace(session="another")):
        with pytest.raises(NotAllowed, match="another person must check it"):
            store.actions.approve(made.id, who, NOON_MS)
        with pytest.raises(NotAllowed, match="another person must check it"):
            store.actions.reject(made.id, who, "no", NOON_MS)
    assert store.actions.approve(made.id, OTHER_LEAD, NOON_MS).status is Status.APPROVED


@pytest.mark.parametrize(
    ("kind", "target", "maker", "not_maker", "checker", "not_checker"),
    [
        (Kind.TEMPORARY_BLOCK, CARD, AGENT, ANALYST, LEAD, OTHER_AGENT),
        (Kind.STOP_PAYMENT, PAYMENT, AGENT, COMPLIANCE, LEAD, OTHER_AGENT),
        (Kind.FREEZE, CARD, LEAD, AGENT, COMPLIANCE, OTHER_LEAD),
        (Kind.REPORT_LEGAL, "case", LEAD, AGENT, COMPLIANCE, OTHER_LEAD),
        (Kind.REPORT_COMPLIANCE, "case", ANALYST, AGENT, COMPLIANCE, OTHER_LEAD),
        (Kind.REPORT_POLICE, "case", ANALYST, OTHER_AGENT, COMPLIANCE, OTHER_ANALYST),
        (Kind.EVIDENCE_EXPORT, "case", ANALYST, AGENT, COMPLIANCE, LEAD),
        (Kind.RULE_CHANGE, "rule:card_velocity", ANALYST, LEAD, OTHER_ANALYST, AGENT),
        (Kind.LIST_CHANGE, "list:travellers", AGENT, COMPLIANCE, LEAD, OTHER_AGENT),
    ],
)
def test_each_kind_is_made_and_checked_by_the_roles_of_its_rule(
    store: Store, kind: Kind, target: str, maker: Who, not_maker: Who, checker: Who, not_checker: Who
) -> None:
    case_id = open_case(store)
    store.actions.record_order(police_order(), LEAD, NOON_MS, kind=None)
    basis = Basis.parse("order:2026-0417") if kind is Kind.FREEZE else proposal(kind).basis
    wanted = proposal(kind, f"case:{case_id}" if target == "case" else target, case_id=case_id, basis=basis)
    with pytest.raises(NotAllowed, match="that takes"):
        store.actions.propose(wanted, not_maker, NOON_MS)
    made = store.actions.propose(wanted, maker, NOON_MS)
    with pytest.raises(NotAllowed, match="that takes"):
        store.actions.approve(made.id, not_checker, NOON_MS)
    done = store.actions.approve(made.id, checker, NOON_MS + 5)
    assert (done.status, done.checker, done.verdict, done.checked_at_ms) == (
        Status.APPROVED,
        checker.name,
        "approved",
        NOON_MS + 5,
    )


def test_a_rejected_proposal_is_not_sent_and_not_approved_later(store: Store) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), AGENT, NOON_MS
    )
    done = store.actions.reject(made.id, LEAD, "the payment is old", NOON_MS)
    assert (done.status, done.verdict) == (Status.REJECTED, "rejected")
    bank = Bank()
    assert run_all(store, bank, NOON_MS) == []
    assert bank.sent == []
    with pytest.raises(NotPossible, match="is rejected, rejected by lead-2; it waits for nobody"):
        store.actions.approve(made.id, OTHER_LEAD, NOON_MS)


def test_an_expired_proposal_never_executes(store: Store) -> None:
    made = store.actions.propose(
        proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store)), AGENT, NOON_MS
    )
    late = NOON_MS + 4 * HOUR_MS
    with pytest.raises(NotPossible, match=r"waited for its second person until .*; propose it anew"):
        store.actions.approve(made.id, LEAD, late)
    assert store.actions.expire(late - 1).expired == ()
    assert store.actions.expire(late).expired == (made.id,)
    assert store.actions.expire(late).expired == ()
    with pytest.raises(NotPossible, match="is expired; it waits for nobody"):
        store.actions.approve(made.id, LEAD, late)
    bank = Bank()
    assert run_all(store, bank, late) == []
    assert bank.sent == []


def test_the_same_is_proposed_once_at_a_time(store: Store) -> None:
    wanted = proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=open_case(store))
    store.actions.propose(wanted, AGENT, NOON_MS)
    with pytest.raises(NotPossible, match=r"was proposed by agent-7 at .*; approve or reject that one first"):
        store.actions.propose(wanted, OTHER_AGENT, NOON_MS + 1)


def test_what_is_proposed_says_why_and_names_things_by_their_tokens(store: Store) -> None:
    case_id = open_case(store)
    for wrong, words in (
        (proposal(reason=" ", case_id=case_id), "say why"),
        (proposal(target="card:4111111111111111", case_id=case_id), "holds a card number"),
        (proposal(target="tok_7f3a", case_id=case_id), "write account:ID or card:ID or channel:ID"),
        (proposal(basis=None, case_id=case_id), "names its basis: consent, order, terms"),
        (proposal(Kind.FREEZE, basis=Basis.parse("terms")), "no basis of a freeze; allowed is order"),
        (proposal(Kind.REPORT_POLICE, "case:C1", case_id=case_id), "is made in C1 itself"),
    ):
        with pytest.raises(WrongUse, match=words):
            store.actions.propose(wrong, LEAD if wrong.kind is not Kind.REPORT_POLICE else ANALYST, NOON_MS)
    with pytest.raises(NotFound, match="there is no case 'C1'"):
        store.actions.propose(proposal(case_id="C1"), AGENT, NOON_MS)
    assert store.actions.list(AGENT) == []


def test_who_may_not_read_cases_reads_no_action(store: Store) -> None:
    made = block(store, open_case(store))
    ops = Who("ops-1", Role.OPS)
    for read in (
        lambda: store.actions.get(made.id, ops),
        lambda: store.actions.list(ops),
        lambda: store.actions.pending(ops, NOON_MS),
        lambda: store.actions.ending(ops, NOON_MS, NOON_MS + 1),
        lambda: store.actions.orders(ops),
    ):
        with pytest.raises(NotAllowed, match=r"ops-1 \(ops\) may not read cases; that takes: agent"):
            read()


def test_a_card_number_in_a_reason_is_masked(store: Store) -> None:
    made = store.actions.propose(
        proposal(case_id=open_case(store), reason="4111 1111 1111 1111 was read out"), AGENT, NOON_MS
    )
    assert "4111 1111" not in made.reason
    assert made.reason.endswith("was read out")


def test_pending_is_what_waits_for_a_second_person_the_most_urgent_first(store: Store) -> None:
    case_id = open_case(store)
    stop = store.actions.propose(proposal(Kind.STOP_PAYMENT, PAYMENT, case_id=case_id), AGENT, NOON_MS)
    held = block(store, case_id)
    assert [each.id for each in store.actions.pending(AGENT, NOON_MS)] == [held.id, stop.id]
    store.actions.approve(held.id, LEAD, NOON_MS)
    assert [each.id for each in store.actions.pending(AGENT, NOON_MS)] == [stop.id]
    assert store.actions.pending(AGENT, NOON_MS + 4 * HOUR_MS) == []


def test_what_was_approved_lets_others_act_until_its_time_is_over(store: Store) -> None:
    case_id = open_case(store)
    target = f"case:{case_id}"
    made = store.actions.propose(proposal(Kind.EVIDENCE_EXPORT, target, case_id=case_id), ANALYST, NOON_MS)
    assert store.actions.approved(Kind.EVIDENCE_EXPORT, target, NOON_MS) is None
    store.actions.approve(made.id, COMPLIANCE, NOON_MS)
    over = NOON_MS + 24 * HOUR_MS
    assert store.actions.approved(Kind.EVIDENCE_EXPORT, target, over - 1).id == made.id
    assert store.actions.approved(Kind.EVIDENCE_EXPORT, target, over) is None
    assert store.actions.approved(Kind.EVIDENCE_EXPORT, "case:C1", NOON_MS) is None
    assert store.actions.expire(over).expired == (made.id,)


def test_a_report_is_carried_out_by_hand_and_says_what_came_of_it(store: Store) -> None:
    case_id = open_case(store)
    report = proposal(Kind.REPORT_POLICE, f"case:{case_id}", case_id=case_id)
    made = store.actions.propose(report, ANALYST, NOON_MS)
    with pytest.raises(NotPossible, match="is proposed, not approved"):
        store.actions.carry_out(made.id, ANALYST, "sent", NOON_MS)
    store.actions.approve(made.id, COMPLIANCE, NOON_MS)
    with pytest.raises(NotAllowed):
        store.actions.carry_out(made.id, AGENT, "sent", NOON_MS)
    with pytest.raises(WrongUse, match="what came of it"):
        store.actions.carry_out(made.id, ANALYST, " ", NOON_MS)
    done = store.actions.carry_out(made.id, ANALYST, "received as 2026-114", NOON_MS + 7)
    assert (done.status, done.executed_at_ms, done.result) == (
        Status.DONE,
        NOON_MS + 7,
        {"detail": "received as 2026-114", "by": "ana-1"},
    )
    bank = Bank()
    assert run_all(store, bank, NOON_MS) == []


def test_the_timeline_and_the_audit_tell_every_step(store: Store) -> None:
    case_id = open_case(store)
    made = block(store, case_id)
    store.actions.reject(made.id, LEAD, "wrong card", NOON_MS + 1)
    run_all(store, Bank(), NOON_MS + 2)
    told = [
        (entry.actor, entry.what, entry.old, entry.new)
        for entry in store.cases.show(case_id).timeline
        if entry.what.startswith("action_")
    ]
    assert told == [
        ("agent-7", "action_approved", None, "approved"),
        ("riskdesk", "action_executing", "approved", "executing"),
        ("riskdesk", "action_done", "executing", "done"),
        ("lead-2", "action_rejected", "done", "done"),
        ("lead-2", "action_reversing", "done", "reversing"),
        ("riskdesk", "action_reversed", "reversing", "reversed"),
    ]
    assert store.audit.verify().breaks == ()
    assert store.audit.verify().rows >= len(told)
