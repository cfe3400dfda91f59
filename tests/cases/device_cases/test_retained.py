"""Cards that devices kept: registered, and on record until somebody says what became of them."""

import pytest

from cases.calling.results import Report
from cases.case import Outcome
from cases.device_cases.retained import CardStatus, RetainedCard
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.store import Store
from cases.who import Role, Who
from domain.alerts import Alert
from domain.findings import Member
from tests.cases.closed import verbs, whats
from tests.cases.device_cases.machines import AGENT, LEAD, one_case, raised, show
from tests.cases.made import MINUTE_MS, NOON_MS
from tests.cases.worked import customer


def kept(name: str = "a", **fields) -> Alert:
    return raised(name, "card_retained", at_ms=-MINUTE_MS, **fields)


def cards(store: Store, **asked) -> tuple[RetainedCard, ...]:
    return store.device_cases.retained(AGENT, NOON_MS, **asked)


def test_a_card_is_registered_when_its_alarm_comes_before_the_desk(store: Store) -> None:
    made = kept(members=[("c1", "u1")])
    named = Alert(
        **{
            **{name: getattr(made, name) for name in made.__struct_fields__},
            "members": (Member(card="c1", customer="u1", last4="4242"),),
        }
    )
    case_id = one_case(store, named)
    (card,) = cards(store)
    assert (card.case_id, card.device, card.branch, card.branch_to_handle) == (
        case_id,
        "atm-4",
        "br-17",
        "br-17",
    )
    assert (card.card, card.last4, card.customer, card.reason) == ("c1", "4242", "u1", "card retained")
    assert (card.reported_at_ms, card.registered_at_ms) == (NOON_MS - MINUTE_MS, NOON_MS)
    assert (card.registered_by, card.status, card.handled_by) == ("riskdesk", CardStatus.REGISTERED, None)
    show(store, named)
    assert len(cards(store)) == 1


def test_a_card_of_nobody_known_is_registered_too_and_cash_is_not(store: Store) -> None:
    show(store, kept(), raised("b", "cash_retracted", members=[("c2", "u2")]))
    (card,) = cards(store)
    assert (card.card, card.customer, card.device) == (None, None, "atm-4")


def test_who_saw_the_cards_is_on_record(store: Store) -> None:
    one_case(store, kept(members=[("c1", "u1")]))
    cards(store, branch="br-17")
    assert verbs(store) == ["viewed"]
    with pytest.raises(NotAllowed):
        store.device_cases.retained(Who("ops-1", Role.OPS), NOON_MS)


def test_cards_are_found_by_case_branch_and_status(store: Store) -> None:
    one = one_case(store, kept(members=[("c1", "u1")]))
    two = one_case(store, kept("b", device="atm-8", members=[("c2", "u2")]))
    assert [card.card for card in cards(store)] == ["c2", "c1"]
    assert [card.card for card in cards(store, case_id=one)] == ["c1"]
    assert [card.case_id for card in cards(store, branch="br-18")] == [two]
    assert cards(store, status=CardStatus.RETURNED) == ()
    assert len(cards(store, limit=1)) == 1


def test_somebody_says_what_became_of_a_card_once(store: Store) -> None:
    case_id = one_case(store, kept(members=[("c1", "u1")]))
    (card,) = cards(store)
    handled = store.device_cases.card_handled(card.id, CardStatus.RETURNED, AGENT, NOON_MS + 5, where="br-3")
    assert (handled.status, handled.handled_by, handled.handled_at_ms, handled.handled_where) == (
        CardStatus.RETURNED,
        "a17",
        NOON_MS + 5,
        "br-3",
    )
    assert whats(store, case_id)[-1] == "card_handled"
    with pytest.raises(NotPossible, match=r"is returned since .* by a17"):
        store.device_cases.card_handled(card.id, CardStatus.DESTROYED, AGENT, NOON_MS + 6)
    with pytest.raises(NotFound, match="no retained card 99"):
        store.device_cases.card_handled(99, CardStatus.DESTROYED, AGENT, NOON_MS)
    with pytest.raises(WrongUse, match="not what becomes of a card"):
        store.device_cases.card_handled(card.id, CardStatus.CLOSED, AGENT, NOON_MS)


def test_a_call_in_which_the_card_is_given_back_settles_it(store: Store) -> None:
    store.reference.put([customer("u1")])
    one_case(store, kept(members=[("c1", "u1")]))
    claimed = store.work.next(AGENT, NOON_MS)
    assert claimed is not None
    assert claimed.task.kind == "call_customer"
    report = Report(task_id=claimed.task.id, disposition="card_returned", checked=("identity",))
    store.calling.record(report, AGENT, NOON_MS + MINUTE_MS)
    (card,) = cards(store)
    assert (card.status, card.handled_by, card.handled_where) == (CardStatus.RETURNED, "a17", "br-17")


def test_a_case_that_closes_ends_the_record_and_a_person_can_still_say_more(store: Store) -> None:
    case_id = one_case(store, kept(members=[("c1", "u1")]))
    store.work.close(
        case_id, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS + 1, reason="customer_contacted"
    )
    (card,) = cards(store)
    assert (card.status, card.handled_by, card.handled_where) == (CardStatus.CLOSED, "lead-1", None)
    store.work.reopen(case_id, LEAD, "the customer calls again", NOON_MS + 2)
    assert cards(store)[0].status is CardStatus.REGISTERED
    store.work.close(
        case_id, LEAD, None, Outcome.DEVICE_RESOLVED, "", NOON_MS + 3, reason="customer_contacted"
    )
    handled = store.device_cases.card_handled(card.id, CardStatus.DESTROYED, AGENT, NOON_MS + 4)
    assert (handled.status, handled.handled_where) == (CardStatus.DESTROYED, "br-17")
