"""Signing in at the bank's own place: what is believed, and what is not."""

import re
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey, KeySet, RSAKey
from pydantic import ValidationError

from cases.errors import NotAllowed
from cases.who import Role, Who
from desk.app import create_app
from desk.guarding import COOKIE
from desk.reauthenticating import reauthenticate
from desk.settings import DeskSettings, OidcSettings
from tests.desk.conftest import SAME_ORIGIN
from tests.desk.oidc_made import CLIENT, SECRET, provider


@pytest.fixture
def bank(clock):
    with provider(clock) as served:
        yield served


@pytest.fixture
def person(store, clock, bank):
    settings = DeskSettings(oidc=OidcSettings(issuer=bank.issuer, client_id=CLIENT))
    app = create_app(store, settings, clock, oidc_secret=SECRET)
    with TestClient(app, headers=SAME_ORIGIN, follow_redirects=False) as client:
        yield client


def there(person, path="/queue"):
    """Go to the bank's sign-in, and give the address."""
    answer = person.get("/oidc/begin", params={"next": path})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(person, bank, path="/queue"):
    """Go there and back."""
    code, state = bank.code_for(there(person, path))
    return person.get("/oidc/back", params={"code": code, "state": state})


def test_the_page_offers_the_bank_and_its_way_leads_into_the_desk(person, bank, store):
    assert 'href="/oidc/begin?next=/queue"' in person.get("/sign-in?next=/queue").text
    answer = back(person, bank)
    assert answer.status_code == 200
    assert 'content="0;url=/queue"' in answer.text
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert person.get("/queue").status_code == 200
    (user,) = store.accounts.users(Who("mei", Role.LEAD))
    assert (user.name, user.role) == ("mei", Role.LEAD)


def test_a_desk_without_the_bank_offers_nothing(stranger):
    assert "oidc" not in stranger.get("/sign-in").text
    assert stranger.get("/oidc/begin").status_code == 404


def test_the_visit_is_lax_and_short_and_can_be_read_by_nobody(person, bank):
    answer = person.get("/oidc/begin")
    cookie = answer.headers["set-cookie"]
    assert "SameSite=lax" in cookie
    assert "HttpOnly" in cookie
    assert "Max-Age=600" in cookie
    state = re.search("state=([^&]+)", answer.headers["location"])
    assert state is not None
    assert state[1] not in cookie


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another", "desk"]},
        {"iss": "https://elsewhere.test"},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": None},
    ],
)
def test_a_token_for_another_visit_place_or_time_lets_nobody_in(person, bank, store, other):
    bank.other = other
    answer = back(person, bank)
    assert answer.status_code == 401
    assert "begin again" in answer.text
    assert COOKIE not in person.cookies


def test_a_key_that_the_bank_does_not_publish_lets_nobody_in(person, bank):
    bank.key = RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)
    assert back(person, bank).status_code == 401
    bank.key = RSAKey.generate_key(2048, {"kid": "two"}, auto_kid=False)
    assert back(person, bank).status_code == 401


def test_a_key_that_the_bank_has_changed_is_learnt(person, bank, clock):
    assert back(person, bank).status_code == 200
    clock.now_ms += 60_000
    bank.key = ECKey.generate_key("P-256", {"kid": "two"}, auto_kid=False)
    bank.published = KeySet([bank.key])
    assert back(person, bank).status_code == 200
    assert bank.asked.count("/keys") == 2


def test_a_token_that_is_signed_with_our_own_secret_or_not_at_all_lets_nobody_in(person, bank):
    header = "eyJhbGciOiJub25lIn0"
    bank.signed = lambda claims: f"{header}.e30."
    assert back(person, bank).status_code == 401


def test_a_code_counts_once_and_only_in_the_browser_that_it_was_for(person, bank, store, clock):
    address = there(person)
    code, state = bank.code_for(address)
    elsewhere = TestClient(person.app, headers=SAME_ORIGIN, follow_redirects=False)
    assert elsewhere.get("/oidc/back", params={"code": code, "state": state}).status_code == 401
    assert person.get("/oidc/back", params={"code": code, "state": "another"}).status_code == 401
    address = there(person)
    code, state = bank.code_for(address)
    visit = person.cookies["visit"]
    assert person.get("/oidc/back", params={"code": code, "state": state}).status_code == 200
    assert person.get("/oidc/back", params={"code": code, "state": state}).status_code == 401
    person.cookies.set("visit", visit)
    assert person.get("/oidc/back", params={"code": code, "state": state}).status_code == 401


def test_a_visit_that_took_too_long_is_over(person, bank, clock):
    code, state = bank.code_for(there(person))
    clock.now_ms += 10 * 60_000
    assert person.get("/oidc/back", params={"code": code, "state": state}).status_code == 401


def test_who_has_no_group_of_ours_is_told_whom_to_ask(person, bank):
    bank.claims["groups"] = ["canteen"]
    answer = back(person, bank)
    assert answer.status_code == 401
    assert "none of the groups has a role here" in answer.text


@pytest.mark.parametrize("path", ["//elsewhere.test", "https://elsewhere.test"])
def test_the_way_back_leads_to_no_other_site(person, bank, path):
    assert 'content="0;url=/"' in back(person, bank, path).text


def test_who_is_signed_out_at_the_bank_is_signed_out_here(person, bank, clock):
    assert back(person, bank).status_code == 200
    now_s = clock() // 1000
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}
    claims = {"iss": bank.issuer, "aud": CLIENT, "iat": now_s, "jti": "1", "sub": "s-1", "events": event}
    for wrong in ({"events": {}}, {"nonce": "n"}, {"aud": "another"}, {"iat": now_s - 3600}):
        answer = person.post("/oidc/signed-out", data={"logout_token": bank.signed({**claims, **wrong})})
        assert answer.status_code == 400
    assert person.get("/queue").status_code == 200
    bank_itself = TestClient(person.app)
    assert bank_itself.post("/oidc/signed-out", data={"logout_token": bank.signed(claims)}).status_code == 200
    assert person.get("/queue").status_code == 303


def test_a_bank_that_is_away_or_calls_itself_otherwise_is_told(person, bank, store, clock):
    bank.issuer = "http://127.0.0.1:1"
    answer = person.get("/oidc/begin")
    assert answer.status_code == 503
    assert "another one" in answer.text
    settings = DeskSettings(oidc=OidcSettings(issuer="http://127.0.0.1:1", client_id=CLIENT))
    away = TestClient(create_app(store, settings, clock), headers=SAME_ORIGIN)
    answer = away.get("/oidc/begin")
    assert answer.status_code == 503
    assert "does not answer" in answer.text


@pytest.mark.parametrize("issuer", ["http://people.test", "people.test", ""])
def test_an_issuer_in_the_clear_is_refused(issuer):
    with pytest.raises(ValidationError, match="is no issuer"):
        OidcSettings(issuer=issuer, client_id=CLIENT)


LATER_MS = 16 * 60_000


def anew(person, bank, path="/queue", **claims):
    """Prove at the bank once more who it is, as `claims` say."""
    answer = person.get("/oidc/begin", params={"next": path, "anew": "1"})
    code, state = bank.code_for(answer.headers["location"])
    bank.other = {"auth_time": bank.clock() // 1000, **claims}
    return answer.headers["location"], person.get("/oidc/back", params={"code": code, "state": state})


def test_who_came_by_the_bank_unlocks_there_and_goes_on_in_the_same_session(person, bank, store, clock):
    assert back(person, bank).status_code == 200
    (before,) = store.accounts.sessions(Who("mei", Role.LEAD))
    clock.now_ms += LATER_MS
    locked = person.get("/locked", params={"next": "/queue"}).text
    assert "/oidc/begin?anew=1&amp;next=/queue" in locked
    assert 'name="password"' not in locked
    old = person.cookies[COOKIE]
    address, answer = anew(person, bank)
    assert ("prompt=login" in address, "max_age=0" in address) == (True, True)
    assert 'content="0;url=/queue"' in answer.text
    assert person.get("/queue").status_code == 200
    (after,) = store.accounts.sessions(Who("mei", Role.LEAD))
    assert (after.id, person.cookies[COOKIE] != old) == (before.id, True)


@pytest.mark.parametrize("claims", [{"auth_time": None}, {"auth_time": 1}, {"auth_time": "now"}])
def test_a_bank_that_did_not_ask_again_unlocks_nothing(person, bank, clock, claims):
    assert back(person, bank).status_code == 200
    clock.now_ms += LATER_MS
    _, answer = anew(person, bank, **claims)
    assert answer.status_code == 401
    assert "begin again" in answer.text
    assert person.get("/queue").headers["location"].startswith("/locked")


def test_from_a_locked_session_the_bank_always_asks_again(person, bank, clock):
    assert back(person, bank).status_code == 200
    clock.now_ms += LATER_MS
    assert "prompt=login" in there(person)


def test_another_person_does_not_go_on_in_a_session(person, bank, store, clock):
    assert back(person, bank).status_code == 200
    clock.now_ms += LATER_MS
    bank.claims = {"sub": "s-2", "preferred_username": "lin", "groups": ["lead"]}
    store.accounts.from_identity(bank.issuer, "s-2", "lin", ["lead"], clock.now_ms)
    _, answer = anew(person, bank)
    assert answer.status_code == 401
    assert "the session is another user" in answer.text


def test_who_proved_it_lately_may_decide(person, bank, store, clock):
    assert back(person, bank).status_code == 200
    for _ in range(3):
        clock.now_ms += 14 * 60_000
        assert person.get("/queue").status_code == 200
    here = SimpleNamespace(
        session=store.accounts.session(person.cookies[COOKIE], clock.now_ms),
        desk=person.app.state.desk,
        now_ms=clock.now_ms,
        language="en",
    )
    with pytest.raises(NotAllowed, match="more than 30 minutes ago"):
        reauthenticate(here, "")
    anew(person, bank)
    reauthenticate(here, "")
