"""A model that is learnt anew in the same way takes effect by what two people agreed to ahead."""

import pytest

from cases.errors import NotAllowed, NotPossible, StoreError, WrongUse
from cases.signing_off.change import ChangeKind, Standing
from cases.store import Store
from cases.who import Role, Who
from tests.cases.actions.desk import execute
from tests.cases.closed import verbs
from tests.cases.made import HOUR_MS, NOON_MS
from tests.cases.models.learnt import (
    ANALYST,
    LEAD,
    LEAD_MS,
    REPORT,
    add,
    in_force,
    learnt_anew,
    promote,
)
from tests.cases.models.test_altered import past_the_guard
from tests.cases.profiles.signed import REFUSED_BY_THE_DATABASE

NIGHTLY = Who("nightly", Role.ANALYST)
STANDING = Standing(at_least={"average_precision": 0.7}, at_most={"brier": 0.02})
GOOD = {"average_precision": 0.7, "brier": 0.02}


def stand(store: Store) -> None:
    """Let a model take effect, and those that will be learnt as it was."""
    add(store, "m1")
    store.models.propose(1, ANALYST, NOON_MS, "to begin with", REPORT, standing=STANDING)
    store.models.approve(1, LEAD, NOON_MS)


def test_what_is_learnt_in_the_same_way_takes_effect_night_after_night(store: Store) -> None:
    stand(store)
    for night in (1, 2):
        now_ms = NOON_MS + night * HOUR_MS
        done = store.models.refresh(learnt_anew(f"n{night}", **GOOD), NIGHTLY, now_ms, "refreshed")
        assert (done.kind, done.maker) == (ChangeKind.REFRESH, "nightly")
        assert done.in_force_since_ms == now_ms + LEAD_MS
        assert done.decision is not None
        # By whom it was approved, and where.
        assert done.decision.checker == "lead-2"
        assert done.decision.note == f"by the standing approval of turn {night}"
    assert [number for number, _ in in_force(store)] == [1, 2, 3]
    assert verbs(store) == ["model_added", "model_proposed", "model_approved"] * 3
    assert store.audit.verify().breaks == ()
    # One that was not as good goes back by two people, and ends what was agreed.
    store.models.rollback(None, ANALYST, NOON_MS + 3 * HOUR_MS, "worse")
    store.models.approve(None, LEAD, NOON_MS + 3 * HOUR_MS)
    with pytest.raises(NotPossible, match="the rollback to risk_model@2 has no standing approval"):
        store.models.refresh(learnt_anew("n3", **GOOD), NIGHTLY, NOON_MS + 4 * HOUR_MS, "refreshed")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (learnt_anew("n1", average_precision=0.69, brier=0.02), "average_precision is 0.69, not 0.7 or more"),
        (learnt_anew("n1", average_precision=0.9, brier=0.03), "brier is 0.03, not 0.02 or less"),
        (learnt_anew("n1", average_precision=0.9), "brier is None, not 0.02 or less"),
        (learnt_anew("n1", rate=0.5, **GOOD), "its features, pairs or settings are others"),
        (learnt_anew("m1", **GOOD), "risk_model@1 calls itself m1 too"),
    ],
    ids=["worse", "less sure", "not measured", "set otherwise", "name taken"],
)
def test_what_did_worse_or_was_learnt_otherwise_takes_two_people(
    store: Store, body: bytes, words: str
) -> None:
    stand(store)
    with pytest.raises((NotPossible, WrongUse), match=words):
        store.models.refresh(body, NIGHTLY, NOON_MS + HOUR_MS, "refreshed")
    assert (len(store.models.versions()), len(store.models.changes())) == (1, 1)


def test_without_a_standing_approval_nothing_is_refreshed(store: Store) -> None:
    with pytest.raises(NotPossible, match="no model is in force"):
        store.models.refresh(learnt_anew("n1", **GOOD), NIGHTLY, NOON_MS, "refreshed")
    promote(store, add(store, "m1"))
    with pytest.raises(NotPossible, match="the promotion of risk_model@1 has no standing approval"):
        store.models.refresh(learnt_anew("n1", **GOOD), NIGHTLY, NOON_MS, "refreshed")


def test_who_gave_it_cannot_use_it_nor_who_may_not_propose(store: Store) -> None:
    stand(store)
    with pytest.raises(NotAllowed, match="lead-2 gave the standing approval; another must bring"):
        store.models.refresh(learnt_anew("n1", **GOOD), Who("LEAD-2", Role.ANALYST), NOON_MS, "refreshed")
    with pytest.raises(NotAllowed, match="may not propose rule"):
        store.models.refresh(learnt_anew("n1", **GOOD), LEAD, NOON_MS, "refreshed")
    assert len(store.models.versions()) == 1


def test_the_database_itself_refuses_a_refresh_without_what_was_agreed(store: Store, url: str) -> None:
    add(store, "m1")
    proposing = (
        "INSERT INTO model_proposal (name, turn, number, kind, maker, role, at_ms, reason, standing) "
        "VALUES ('risk_model', 1, 1, ?, 'ana-1', 'analyst', 1, 'why', ?)"
    )
    for kind, standing in (("refresh", None), ("rollback", "{}")):
        with pytest.raises(REFUSED_BY_THE_DATABASE):
            execute(url, proposing, kind, standing)
    execute(url, proposing, "refresh", "{}")


def test_bounds_that_were_altered_are_noticed(store: Store, url: str) -> None:
    stand(store)
    past_the_guard(url, "UPDATE model_proposal SET standing = '{{}}'")
    with pytest.raises(StoreError, match="risk_model@1 is not what was signed off"):
        store.models.refresh(learnt_anew("n1", brier=9.0), NIGHTLY, NOON_MS + HOUR_MS, "refreshed")
