"""What somebody holds, in the session at hand and in others."""

import pytest

from cases.errors import NotAllowed
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import NOON_MS, alert

HERE = Who("a17", session="s1")
ELSEWHERE = Who("a17", session="s2")


def test_what_i_hold_is_what_i_claimed_in_this_session(store: Store) -> None:
    assert store.work.mine(HERE) == ()
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2")])
    claimed = store.work.next(HERE, NOON_MS)
    store.work.next(Who("a18"), NOON_MS)
    assert store.work.mine(HERE) == (claimed,)
    assert store.work.mine(HERE, elsewhere=True) == ()


def test_what_i_hold_in_another_session_is_told_apart(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    claimed = store.work.next(HERE, NOON_MS)
    assert store.work.mine(ELSEWHERE) == ()
    assert store.work.mine(ELSEWHERE, elsewhere=True) == (claimed,)


def test_who_works_without_a_session_sees_all_that_they_hold(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    claimed = store.work.next(HERE, NOON_MS)
    assert store.work.mine(Who("a17")) == (claimed,)


def test_who_works_no_cases_holds_none(store: Store) -> None:
    with pytest.raises(NotAllowed):
        store.work.mine(Who("ana", Role.ANALYST))
