"""Another authenticator for who is signed in."""

import pytest
from pyotp import parse_uri

from cases.accounts.codes import code_at
from cases.accounts.sessions import SignedIn
from cases.errors import SignInRefused, WrongUse
from cases.store import Store
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, STEP_MS, Person, add, first
from tests.cases.made import NOON_MS

LATER_MS = NOON_MS + 2 * STEP_MS


@pytest.fixture
def opal(store: Store) -> Person:
    return first(store, role=Role.LEAD)


@pytest.fixture
def session(store: Store, opal: Person) -> SignedIn:
    return store.accounts.sign_in(opal.name, PASSWORD, opal.code(LATER_MS), LATER_MS)


def test_the_old_authenticator_holds_until_a_code_of_the_new_one_came(
    store: Store, opal: Person, session: SignedIn
) -> None:
    offered = store.accounts.offer_codes(session.token, PASSWORD, LATER_MS)
    secret = parse_uri(offered.totp_uri).secret
    with pytest.raises(WrongUse, match="not the code of now"):
        store.accounts.renew_codes(session.token, offered.sealed, opal.code(LATER_MS), LATER_MS)
    at_ms = LATER_MS + 2 * STEP_MS
    store.accounts.sign_in(opal.name, PASSWORD, opal.code(at_ms), at_ms)
    codes = store.accounts.renew_codes(session.token, offered.sealed, code_at(secret, at_ms), at_ms)
    after_ms = at_ms + 2 * STEP_MS
    with pytest.raises(SignInRefused):
        store.accounts.sign_in(opal.name, PASSWORD, opal.code(after_ms), after_ms)
    with pytest.raises(SignInRefused):
        store.accounts.sign_in(opal.name, PASSWORD, opal.recovery_codes[0], after_ms)
    assert store.accounts.sign_in(opal.name, PASSWORD, code_at(secret, after_ms), after_ms)
    assert store.accounts.sign_in(opal.name, PASSWORD, codes[0], after_ms)


def test_other_sessions_end_and_this_one_goes_on(store: Store, opal: Person, session: SignedIn) -> None:
    at_ms = LATER_MS + 2 * STEP_MS
    other = store.accounts.sign_in(opal.name, PASSWORD, opal.code(at_ms), at_ms)
    offered = store.accounts.offer_codes(session.token, PASSWORD, at_ms)
    secret = parse_uri(offered.totp_uri).secret
    store.accounts.renew_codes(session.token, offered.sealed, code_at(secret, at_ms), at_ms)
    assert store.accounts.session(other.token, at_ms) is None
    assert store.accounts.session(session.token, at_ms) is not None


def test_only_who_knows_the_password_is_offered_one(store: Store, session: SignedIn) -> None:
    with pytest.raises(SignInRefused):
        store.accounts.offer_codes(session.token, "not the password", LATER_MS)
    with pytest.raises(SignInRefused):
        store.accounts.offer_codes("no session", PASSWORD, LATER_MS)


def test_what_was_offered_to_another_is_no_use(store: Store, opal: Person, session: SignedIn) -> None:
    ruby = add(store, opal, opal, "ruby", Role.AGENT)
    theirs = store.accounts.sign_in(ruby.name, PASSWORD, ruby.code(LATER_MS), LATER_MS)
    offered = store.accounts.offer_codes(theirs.token, PASSWORD, LATER_MS)
    code = code_at(parse_uri(offered.totp_uri).secret, LATER_MS)
    for sealed in (offered.sealed, "no base64!", "", offered.sealed[:-4]):
        with pytest.raises(WrongUse, match="not offered to you"):
            store.accounts.renew_codes(session.token, sealed, code, LATER_MS)


def test_a_locked_session_renews_nothing(store: Store, session: SignedIn) -> None:
    offered = store.accounts.offer_codes(session.token, PASSWORD, LATER_MS)
    store.accounts.lock(session.token, LATER_MS)
    with pytest.raises(SignInRefused, match="locked"):
        store.accounts.renew_codes(session.token, offered.sealed, "000000", LATER_MS)
