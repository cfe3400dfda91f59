"""Sessions lock where nobody is, end in time, and belong to who holds the newest token."""

import pytest

from cases.errors import LockedOut, NotAllowed, NotFound, SignInRefused
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, STEP_MS, first, sign_in, team
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS

LATER_MS = NOON_MS + HOUR_MS


def test_a_session_locks_after_fifteen_minutes_without_anybody(store):
    signed_in = sign_in(store, first(store), LATER_MS)
    at_ms = LATER_MS
    for _ in range(3):
        at_ms += 15 * MINUTE_MS - 1
        session = store.accounts.session(signed_in.token, at_ms)
        assert session is not None
        assert not session.locked
    for _ in range(2):
        session = store.accounts.session(signed_in.token, at_ms + 15 * MINUTE_MS)
        assert session is not None
        assert session.locked
    # Once locked, it stays so: a clock that goes back opens nothing.
    session = store.accounts.session(signed_in.token, at_ms)
    assert session is not None
    assert session.locked


def test_what_a_page_asks_by_itself_keeps_no_session_open(store):
    signed_in = sign_in(store, first(store), LATER_MS)
    for minute in range(15):
        session = store.accounts.session(signed_in.token, LATER_MS + minute * MINUTE_MS, touch=False)
        assert session is not None
        assert not session.locked
    session = store.accounts.session(signed_in.token, LATER_MS + 15 * MINUTE_MS, touch=False)
    assert session is not None
    assert session.locked


def test_a_session_ends_after_twelve_hours_whoever_is_there(store):
    signed_in = sign_in(store, first(store), LATER_MS)
    for minute in range(0, 12 * 60, 10):
        session = store.accounts.session(signed_in.token, LATER_MS + minute * MINUTE_MS)
        assert session is not None
        assert not session.locked
    assert store.accounts.session(signed_in.token, LATER_MS + 12 * HOUR_MS) is None
    assert store.accounts.session(signed_in.token, LATER_MS) is None
    with pytest.raises(SignInRefused, match="sign in again"):
        store.accounts.unlock(signed_in.token, PASSWORD, LATER_MS + 12 * HOUR_MS)


def test_unlocking_takes_the_password_and_gives_another_token(store):
    signed_in = sign_in(store, first(store), LATER_MS)
    store.accounts.lock(signed_in.token, LATER_MS)
    session = store.accounts.session(signed_in.token, LATER_MS)
    assert session is not None
    assert session.locked
    with pytest.raises(SignInRefused):
        store.accounts.unlock(signed_in.token, "another password", LATER_MS)
    unlocked = store.accounts.unlock(signed_in.token, PASSWORD, LATER_MS + MINUTE_MS)
    assert (unlocked.session.id, unlocked.session.locked) == (signed_in.session.id, False)
    assert unlocked.session.began_ms == LATER_MS
    assert unlocked.token != signed_in.token
    assert store.accounts.session(signed_in.token, LATER_MS + MINUTE_MS) is None
    assert store.accounts.session(unlocked.token, LATER_MS + MINUTE_MS) == unlocked.session


def test_a_locked_session_locks_its_user_out_after_ten_tries(store):
    signed_in = sign_in(store, first(store), LATER_MS)
    for act in [store.accounts.unlock] * 5 + [store.accounts.reauthenticate] * 5:
        with pytest.raises(SignInRefused) as refused:
            act(signed_in.token, "another password", LATER_MS)
        assert not isinstance(refused.value, LockedOut)
    with pytest.raises(LockedOut):
        store.accounts.unlock(signed_in.token, PASSWORD, LATER_MS)


def test_each_sign_in_has_a_token_and_a_session_of_its_own(store):
    person = first(store)
    one, two = (sign_in(store, person, LATER_MS + turn * STEP_MS) for turn in range(2))
    assert one.token != two.token
    assert one.session.id != two.session.id
    store.accounts.sign_out(one.token, LATER_MS)
    store.accounts.sign_out(one.token, LATER_MS)
    assert store.accounts.session(one.token, LATER_MS) is None
    assert store.accounts.session(two.token, LATER_MS) is not None
    assert store.accounts.session("guessed", LATER_MS) is None


def test_sessions_are_listed_and_ended_one_by_one_or_all(store):
    ops, lead, _ = team(store)
    mine = sign_in(store, lead, LATER_MS)
    other = sign_in(store, ops, LATER_MS + STEP_MS)
    who = mine.session.who
    assert [each.id for each in store.accounts.sessions(who)] == [mine.session.id]
    assert mine.session.ip == "10.0.0.7"
    everybody = store.accounts.sessions(who, everybody=True, now_ms=LATER_MS + 15 * MINUTE_MS)
    assert [(each.user.name, each.locked) for each in everybody] == [("lena", True), ("opal", False)]
    assert store.accounts.sessions(who, everybody=True, now_ms=LATER_MS + 13 * HOUR_MS) == ()
    store.accounts.revoke(who, other.session.id, LATER_MS)
    assert store.accounts.session(other.token, LATER_MS) is None
    with pytest.raises(NotFound):
        store.accounts.revoke(who, other.session.id, LATER_MS)
    again = sign_in(store, lead, LATER_MS + 2 * STEP_MS)
    assert store.accounts.revoke_all(again.session.who, "lena", LATER_MS) == 1
    assert store.accounts.session(mine.token, LATER_MS) is None
    assert store.accounts.session(again.token, LATER_MS) is not None


def test_nobody_without_the_right_ends_or_sees_what_others_do(store):
    ops, lead, _ = team(store)
    store.accounts.change_role(ops.who, "cora", Role.ANALYST, NOON_MS, "moves")
    store.accounts.approve_user(lead.who, "cora", NOON_MS)
    cora = store.accounts.user("cora")
    other = sign_in(store, lead, LATER_MS)
    who = other.session.who._replace(name="cora", role=cora.role)
    for act in (
        lambda: store.accounts.revoke(who, other.session.id, LATER_MS),
        lambda: store.accounts.revoke(who, "S000000000000", LATER_MS),
        lambda: store.accounts.revoke_all(who, "lena", LATER_MS),
        lambda: store.accounts.sessions(who, everybody=True),
        lambda: store.accounts.changes(who),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert store.accounts.session(other.token, LATER_MS) is not None
