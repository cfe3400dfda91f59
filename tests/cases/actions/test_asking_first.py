"""Whether somebody may check an action, asked before they try; and what else was done to its target."""

import pytest

from cases.actions.action import Action, Basis
from cases.actions.kinds import Kind
from cases.actions.proposing import Proposal
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import NOON_MS, alert

AGENT, OTHER, LEAD = Who("a1", Role.AGENT), Who("a2", Role.AGENT), Who("lead", Role.LEAD)


@pytest.fixture
def proposed(store: Store) -> Action:
    store.cases.take_in([alert("one", "card-1", "u-1")])
    case_id = store.cases.list()[0].id
    wanted = Proposal(
        kind=Kind.STOP_PAYMENT,
        target="payment:P-1",
        reason="not them",
        case_id=case_id,
        basis=Basis.parse("terms"),
    )
    return store.actions.propose(wanted, AGENT, NOON_MS)


def test_it_is_said_why_somebody_may_not_check_it_and_nothing_where_they_may(
    store: Store, proposed: Action
) -> None:
    assert "another person must check it" in store.actions.why_not(proposed.id, AGENT)
    assert "that takes: lead, compliance" in store.actions.why_not(proposed.id, OTHER)
    assert store.actions.why_not(proposed.id, LEAD) == ""
    store.actions.reject(proposed.id, LEAD, "it was the rent", NOON_MS)
    assert "waits for nobody" in store.actions.why_not(proposed.id, LEAD)


def test_what_was_done_to_a_target_comes_newest_first(store: Store, proposed: Action) -> None:
    store.actions.reject(proposed.id, LEAD, "it was the rent", NOON_MS)
    wanted = Proposal(
        kind=Kind.STOP_PAYMENT,
        target="payment:P-1",
        reason="after all",
        case_id=proposed.case_id,
        basis=Basis.parse("terms"),
    )
    again = store.actions.propose(wanted, AGENT, NOON_MS + 1)
    assert [each.id for each in store.actions.on_target("payment:P-1", LEAD)] == [again.id, proposed.id]
    assert store.actions.on_target("payment:P-2", LEAD) == []
