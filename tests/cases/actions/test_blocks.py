"""Blocks: the basis they name, how long they last, who extends them and who lets go."""

from datetime import timedelta

import pytest

from cases.actions.action import Basis
from cases.actions.kinds import BasisKind, Kind, Second
from cases.actions.life import Status
from cases.actions.policy import ActionPolicy
from cases.actions.service import SqlActions
from cases.case import Outcome
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.outbox import ALARM, after
from cases.store import Store
from tests.cases.actions.desk import (
    AGENT,
    CARD,
    COMPLIANCE,
    LEAD,
    OTHER_AGENT,
    Bank,
    block,
    call,
    open_case,
    police_order,
    proposal,
    run_all,
)
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS

DAY_MS = 24 * HOUR_MS


def test_a_temporary_block_takes_effect_at_once_and_ends_by_itself(store: Store) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    assert (made.status, made.second) == (Status.APPROVED, Second.AFTER)
    assert (made.expires_at_ms, made.alarm_at_ms) == (NOON_MS + DAY_MS, NOON_MS + 30 * MINUTE_MS)
    bank = Bank()
    assert run_all(store, bank, NOON_MS) == ["done"]
    assert (bank.sent[0].until_ms, bank.sent[0].key) == (NOON_MS + DAY_MS, made.idempotency_key)
    store.actions.approve(made.id, LEAD, NOON_MS)
    assert store.actions.expire(NOON_MS + DAY_MS - 1).lifted == ()
    assert store.actions.expire(NOON_MS + DAY_MS).lifted == (made.id,)
    assert run_all(store, bank, NOON_MS + DAY_MS) == ["done"]
    done = store.actions.get(made.id, AGENT)
    assert (done.status, done.end_reason) == (Status.REVERSED, "term")


@pytest.mark.parametrize("hours", [0, -1, 48.1])
def test_no_temporary_block_is_longer_than_two_days(store: Store, hours: float) -> None:
    wanted = proposal(case_id=open_case(store), lasts=timedelta(hours=hours))
    with pytest.raises(WrongUse, match="at most 48 hours"):
        store.actions.propose(wanted, AGENT, NOON_MS)


def test_no_profile_makes_a_temporary_block_longer_than_two_days() -> None:
    with pytest.raises(ValueError, match="less than or equal to 2 days"):
        ActionPolicy(block_at_most=timedelta(hours=49))
    with pytest.raises(ValueError, match="want block_for <= block_at_most"):
        ActionPolicy(block_at_most=timedelta(hours=2))


@pytest.mark.parametrize("basis", BasisKind)
def test_the_profile_says_which_bases_let_one_person_act(store: Store, url: str, basis: BasisKind) -> None:
    case_id = open_case(store)
    call(url, store, case_id, "confirmed_fraud")
    store.actions.record_order(police_order(), AGENT, NOON_MS, kind=None)
    text = "order:2026-0417" if basis is BasisKind.ORDER else basis.value
    wanted = proposal(case_id=case_id, basis=Basis.parse(text))
    careful = SqlActions(store.db, ActionPolicy(one_person_bases=frozenset(BasisKind) - {basis}))
    waiting = careful.propose(wanted, AGENT, NOON_MS)
    assert (waiting.status, waiting.second) == (Status.PROPOSED, Second.BEFORE)
    assert run_all(store, Bank(), NOON_MS) == []
    careful.reject(waiting.id, LEAD, "try the other policy", NOON_MS)
    quick = SqlActions(store.db, ActionPolicy(one_person_bases=frozenset({basis})))
    assert quick.propose(wanted, AGENT, NOON_MS + 1).second is Second.AFTER


def test_a_block_that_waited_lasts_from_its_approval_on(store: Store) -> None:
    careful = SqlActions(store.db, ActionPolicy(one_person_bases=frozenset()))
    made = careful.propose(proposal(case_id=open_case(store), lasts=timedelta(hours=3)), AGENT, NOON_MS)
    assert made.expires_at_ms == NOON_MS + 4 * HOUR_MS
    approved = careful.approve(made.id, LEAD, NOON_MS + HOUR_MS)
    assert approved.expires_at_ms == NOON_MS + 4 * HOUR_MS
    approved_at = approved.checked_at_ms
    assert approved.expires_at_ms - approved_at == 3 * HOUR_MS


@pytest.mark.parametrize("disposition", ["no_answer", "third_party", "wrong_number", "identity_failed"])
def test_nobody_consents_who_was_not_reached(store: Store, url: str, disposition: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, disposition)
    for text in ("consent", "consent:1"):
        with pytest.raises(NotPossible, match="nobody can have consented"):
            store.actions.propose(proposal(case_id=case_id, basis=Basis.parse(text)), AGENT, NOON_MS)


def test_consent_names_the_attempt_in_which_it_was_given(store: Store, url: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, "no_answer", 1)
    call(url, store, case_id, "confirmed_fraud", 2)
    call(url, store, case_id, "no_answer", 3)
    wanted = proposal(case_id=case_id, basis=Basis.parse("consent"))
    assert str(store.actions.propose(wanted, AGENT, NOON_MS).basis) == "consent:2"


def test_the_customer_on_the_line_can_consent(store: Store, url: str) -> None:
    case_id = open_case(store)
    call(url, store, case_id, None, 5)
    wanted = proposal(case_id=case_id, basis=Basis.parse("consent:5"))
    assert store.actions.propose(wanted, AGENT, NOON_MS).status is Status.APPROVED


@pytest.mark.parametrize("text", ["", "constent", "order", "order: ", "consent:x", "terms:1"])
def test_what_is_no_basis_says_what_is(text: str) -> None:
    with pytest.raises(WrongUse, match="write consent or consent:ATTEMPT, terms, or order:NUMBER"):
        Basis.parse(text)


def test_an_order_that_is_not_on_record_is_no_basis(store: Store) -> None:
    wanted = proposal(case_id=open_case(store), basis=Basis.parse("order:2026-0417"))
    with pytest.raises(NotFound, match="no order '2026-0417' on record; record it with"):
        store.actions.propose(wanted, AGENT, NOON_MS)


def test_an_order_blocks_its_scope_and_its_term_bounds_the_block(store: Store) -> None:
    case_id = open_case(store)
    (made,) = store.actions.record_order(police_order(hours=2), AGENT, NOON_MS)
    assert (made.case_id, made.kind, str(made.basis)) == (case_id, Kind.TEMPORARY_BLOCK, "order:2026-0417")
    assert made.expires_at_ms == NOON_MS + 2 * HOUR_MS
    assert store.actions.record_order(police_order(hours=2), OTHER_AGENT, NOON_MS + 5) == (made,)
    with pytest.raises(NotPossible, match="is on record already, of Police, district 3"):
        store.actions.record_order(police_order(hours=3), AGENT, NOON_MS)


def test_an_order_blocks_nothing_before_its_term_and_nothing_it_does_not_cover(store: Store) -> None:
    case_id = open_case(store)
    order = police_order(from_ms=NOON_MS + HOUR_MS)
    assert store.actions.record_order(order, AGENT, NOON_MS) == ()
    ordered = Basis.parse("order:2026-0417")
    with pytest.raises(NotPossible, match=r"is in force from .* not at"):
        store.actions.propose(proposal(case_id=case_id, basis=ordered), AGENT, NOON_MS)
    with pytest.raises(NotPossible, match=r"is in force from .* not at"):
        store.actions.propose(proposal(case_id=case_id, basis=ordered), AGENT, order.term_to_ms)
    with pytest.raises(NotPossible, match="does not cover card:tok_other; it covers card:tok_7f3a"):
        store.actions.propose(
            proposal(target="card:tok_other", case_id=case_id, basis=ordered), AGENT, order.term_from_ms
        )


def test_an_order_that_came_early_blocks_its_scope_when_its_term_begins(store: Store) -> None:
    case_id = open_case(store)
    order = police_order(from_ms=NOON_MS + HOUR_MS, hours=2)
    store.actions.record_order(order, AGENT, NOON_MS)
    assert store.actions.expire(order.term_from_ms - 1).ordered == ()
    (made_id,) = store.actions.expire(order.term_from_ms).ordered
    made = store.actions.get(made_id, AGENT)
    assert (made.case_id, made.maker, str(made.basis)) == (case_id, AGENT.name, "order:2026-0417")
    assert (made.status, made.expires_at_ms) == (Status.APPROVED, order.term_to_ms)
    assert run_all(store, Bank(), order.term_from_ms) == ["done"]
    assert store.actions.expire(order.term_from_ms + 1).ordered == ()
    assert store.actions.record_order(order, LEAD, order.term_from_ms + 2) == (
        store.actions.get(made_id, AGENT),
    )


def test_an_early_order_to_freeze_waits_for_compliance_from_its_term_on(store: Store) -> None:
    open_case(store)
    order = police_order(from_ms=NOON_MS + HOUR_MS)
    with pytest.raises(NotAllowed, match="may not propose freeze"):
        store.actions.record_order(order, AGENT, NOON_MS, kind=Kind.FREEZE)
    store.actions.record_order(order, LEAD, NOON_MS, kind=Kind.FREEZE)
    (made_id,) = store.actions.expire(order.term_from_ms).ordered
    assert store.actions.get(made_id, AGENT).status is Status.PROPOSED
    assert store.actions.approve(made_id, COMPLIANCE, order.term_from_ms + 1).checker == COMPLIANCE.name


def test_an_order_that_nothing_is_to_be_done_about_drives_nothing(store: Store) -> None:
    order = police_order(from_ms=NOON_MS + HOUR_MS)
    store.actions.record_order(order, AGENT, NOON_MS, kind=None)
    assert store.actions.expire(order.term_from_ms).ordered == ()


def test_an_order_whose_case_was_closed_meanwhile_still_blocks(store: Store) -> None:
    case_id = open_case(store)
    order = police_order(from_ms=NOON_MS + HOUR_MS)
    store.actions.record_order(order, AGENT, NOON_MS, case_id=case_id)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS + 1)
    (made_id,) = store.actions.expire(order.term_from_ms).ordered
    made = store.actions.get(made_id, AGENT)
    assert (made.case_id, made.target, made.status) == (None, CARD, Status.APPROVED)


def test_an_order_that_cannot_be_carried_out_alarms_the_lead(store: Store) -> None:
    case_id = open_case(store)
    early = police_order(from_ms=NOON_MS + HOUR_MS)
    store.actions.record_order(early, LEAD, NOON_MS, kind=Kind.FREEZE, case_id=case_id)
    other = police_order("2026-0500", from_ms=NOON_MS)
    store.actions.record_order(other, LEAD, NOON_MS, kind=Kind.FREEZE)  # it waits for compliance
    late = police_order("2026-0600", from_ms=NOON_MS + HOUR_MS, hours=1)
    store.actions.record_order(late, LEAD, NOON_MS)
    assert store.actions.expire(late.term_to_ms).ordered == ()
    with store.db.reading():
        alarms = [each.payload for each in after(store.db, ALARM, 0, 10)]
    assert [(each["order"], each["what"]) for each in alarms] == [
        ("2026-0417", "order_not_driven"),
        ("2026-0600", "order_not_driven"),
    ]
    assert "waits for its second person" in alarms[0]["note"]
    assert "its term was over before anybody looked" in alarms[1]["note"]


def test_a_freeze_takes_lead_compliance_and_an_order_and_lasts_as_long_as_that(store: Store) -> None:
    open_case(store)
    order = police_order(hours=200)
    (made,) = store.actions.record_order(order, LEAD, NOON_MS, kind=Kind.FREEZE)
    assert (made.status, made.second) == (Status.PROPOSED, Second.BEFORE)
    store.actions.approve(made.id, COMPLIANCE, NOON_MS)
    bank = Bank()
    assert run_all(store, bank, NOON_MS) == ["done"]
    assert (bank.sent[0].operation, bank.sent[0].until_ms) == ("freeze", order.term_to_ms)
    assert store.actions.expire(order.term_to_ms).lifted == (made.id,)


def test_an_order_that_ran_out_while_it_waited_is_not_approved(store: Store) -> None:
    open_case(store)
    order = police_order(hours=1)
    (made,) = store.actions.record_order(order, LEAD, NOON_MS, kind=Kind.FREEZE)
    with pytest.raises(NotPossible, match="is in force from"):
        store.actions.approve(made.id, COMPLIANCE, order.term_to_ms)


def test_extending_a_block_takes_a_second_person(store: Store) -> None:
    case_id = open_case(store)
    first = block(store, case_id)
    again = store.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS + HOUR_MS)
    assert (again.status, again.second) == (Status.PROPOSED, Second.BEFORE)
    extended = store.actions.approve(again.id, LEAD, NOON_MS + HOUR_MS)
    assert extended.expires_at_ms == NOON_MS + DAY_MS + HOUR_MS
    bank = Bank()
    run_all(store, bank, NOON_MS + HOUR_MS)
    assert store.actions.expire(NOON_MS + DAY_MS).lifted == (first.id,)
    run_all(store, bank, NOON_MS + DAY_MS)
    assert [(each.operation, each.in_force) for each in bank.sent] == [
        ("block", ()),
        # The bank is told that something else still holds the card.
        ("lift", (extended.idempotency_key,)),
    ]


def test_one_person_does_not_extend_a_block_by_waiting_for_its_end(store: Store) -> None:
    case_id = open_case(store)
    block(store, case_id)
    end = NOON_MS + DAY_MS
    store.actions.expire(end)
    run_all(store, Bank(), end)
    soon = store.actions.propose(proposal(case_id=case_id), OTHER_AGENT, end + HOUR_MS)
    assert soon.second is Second.BEFORE
    store.actions.reject(soon.id, LEAD, "call the customer first", end + HOUR_MS)
    later = store.actions.propose(proposal(case_id=case_id), OTHER_AGENT, end + DAY_MS)
    assert later.second is Second.AFTER


def test_the_blocks_that_end_in_a_shift_are_known(store: Store) -> None:
    made = block(store, open_case(store))
    end = NOON_MS + DAY_MS
    assert [each.id for each in store.actions.ending(AGENT, end, end + 1)] == [made.id]
    assert store.actions.ending(AGENT, NOON_MS, end) == []
