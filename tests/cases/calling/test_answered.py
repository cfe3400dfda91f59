"""An open call, and when somebody took it up."""

import pytest

from cases.actions.action import Basis
from cases.actions.kinds import BasisKind, Kind
from cases.actions.proposing import Proposal
from cases.calling.results import Report
from cases.errors import NotPossible, NotYours
from cases.store import Store
from cases.who import Who
from tests.cases.made import NOON_MS, alert
from tests.cases.worked import AGENT, SECOND_MS, customer


@pytest.fixture
def task(store: Store) -> int:
    """A call that AGENT holds."""
    store.reference.put([customer("u1")])
    store.cases.take_in([alert("a", "c1", "u1")])
    claimed = store.work.next(AGENT, NOON_MS)
    assert claimed is not None
    return claimed.task.id


def test_a_call_is_open_from_dialling_to_its_record(store: Store, task: int) -> None:
    assert store.calling.open_call(task) is None
    store.calling.begin_call(task, AGENT, NOON_MS)
    call = store.calling.open_call(task)
    assert call is not None
    assert (call.reference, call.agent, call.started_at_ms, call.answered_at_ms) == (
        "u1-mobile",
        "a17",
        NOON_MS,
        None,
    )
    store.calling.record(Report(task_id=task, disposition="busy"), AGENT, NOON_MS + SECOND_MS)
    assert store.calling.open_call(task) is None


def test_the_first_time_that_somebody_answered_counts(store: Store, task: int) -> None:
    store.calling.begin_call(task, AGENT, NOON_MS)
    store.calling.answered(task, AGENT, NOON_MS + 9 * SECOND_MS)
    again = store.calling.answered(task, AGENT, NOON_MS + 20 * SECOND_MS)
    assert again.answered_at_ms == NOON_MS + 9 * SECOND_MS


def test_nobody_answers_before_the_call_began(store: Store, task: int) -> None:
    store.calling.begin_call(task, AGENT, NOON_MS)
    assert store.calling.answered(task, AGENT, NOON_MS - SECOND_MS).answered_at_ms == NOON_MS


def test_without_a_call_or_by_somebody_else_nothing_is_noted(store: Store, task: int) -> None:
    with pytest.raises(NotPossible, match="dial first"):
        store.calling.answered(task, AGENT, NOON_MS)
    store.calling.begin_call(task, AGENT, NOON_MS)
    with pytest.raises(NotYours):
        store.calling.answered(task, Who("a18"), NOON_MS)
    with pytest.raises(NotYours):
        store.calling.answered(task, AGENT, NOON_MS, lease_no=7)


def test_a_customer_who_answered_can_consent_before_the_call_is_over(store: Store, task: int) -> None:
    (case,) = store.cases.list()
    wanted = Proposal(
        kind=Kind.TEMPORARY_BLOCK,
        target="card:c1",
        reason="asked for it",
        case_id=case.id,
        basis=Basis(kind=BasisKind.CONSENT),
    )
    store.calling.begin_call(task, AGENT, NOON_MS)
    with pytest.raises(NotPossible, match="nobody can have consented"):
        store.actions.propose(wanted, AGENT, NOON_MS)
    call = store.calling.answered(task, AGENT, NOON_MS)
    block = store.actions.propose(wanted, AGENT, NOON_MS + SECOND_MS)
    assert block.basis is not None
    assert block.basis.attempt == call.attempt_id
