"""What the desk reads of accounts before anybody signs in, and of who did last."""

import pytest

from cases.errors import NotAllowed, NotPossible
from cases.store import Store
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, STEP_MS, add, first
from tests.cases.made import NOON_MS

LATER_MS = NOON_MS + 2 * STEP_MS


def test_an_invitation_says_whom_it_is_for_as_long_as_it_holds(store: Store) -> None:
    token = store.accounts.first_token(NOON_MS)
    assert token is not None
    assert store.accounts.invited(token, NOON_MS) is None
    opal = first(store)
    with pytest.raises(NotPossible):
        store.accounts.invited(token, NOON_MS)
    made = store.accounts.propose_user(opal.who, "ruby", Role.LEAD, NOON_MS, "new at the desk")
    assert made.invitation is not None
    with pytest.raises(NotPossible):
        store.accounts.invited(made.invitation, NOON_MS)
    store.accounts.approve_user(opal.who, "ruby", NOON_MS)
    guest = store.accounts.invited(made.invitation, NOON_MS)
    assert guest is not None
    assert guest.name == "ruby"


def test_who_keeps_users_sees_when_each_signed_in_last(store: Store) -> None:
    opal = first(store)
    ruby = add(store, opal, opal, "ruby", Role.AGENT)
    for at_ms in (LATER_MS, LATER_MS + 2 * STEP_MS):
        store.accounts.sign_in(ruby.name, PASSWORD, ruby.code(at_ms), at_ms)
    assert store.accounts.last_signed_in(opal.who) == {"ruby": LATER_MS + 2 * STEP_MS}
    with pytest.raises(NotAllowed):
        store.accounts.last_signed_in(ruby.who)
