"""Users as a screen: listed, proposed, managed; and one's own account."""

import re

import pytest

from cases.accounts.codes import code_at
from cases.accounts.users import ChangeKind
from cases.who import Role, Who
from desk.guarding import COOKIE
from tests.cases.made import MINUTE_MS
from tests.desk.accounts_made import LENA, PASSWORD, first_user, with_password

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lena(store, browser, clock):
    return with_password(store, browser, clock)


def test_users_are_listed_with_role_state_and_last_sign_in(browser, lena, clock):
    browser("agent", "a18")
    clock.now_ms += MINUTE_MS
    page = lena.get("/users").text
    for said in ("lena", "a18", "active", ">you<", "1 minute ago"):
        assert said in page


def test_who_keeps_no_users_is_led_to_their_own_account(browser):
    assert browser("agent").get("/users").headers["location"] == "/me"
    assert browser("agent").get("/users/lena").status_code == 403


def test_an_auditor_reads_users_and_changes_none(browser, lena):
    auditor = browser("auditor")
    assert "lena" in auditor.get("/users").text
    page = auditor.get("/users/lena").text
    assert "disable-dialog" not in page
    refused = auditor.post("/users/disable", data={"name": "lena", "reason": "x"})
    assert refused.status_code == 403


def test_the_invitation_of_a_proposed_user_is_shown_once_and_works_once_approved(
    browser, store, lena, stranger, clock
):
    answer = lena.post(
        "/users/add",
        data={"name": "tom", "role": "agent", "reason": "starts today", "language": "zh"},
        headers=HTMX,
    )
    link = re.search(r"http://testserver(/welcome\?token=[\w-]+)", answer.text)[1]
    assert link not in lena.get("/users/tom").text
    assert stranger.get(link).status_code == 404
    store.accounts.approve_user(LENA, "tom", clock())
    page = stranger.get(link)
    assert (page.status_code, "Welcome, tom" in page.text) == (200, True)


def test_a_role_is_proposed_and_waits_where_it_is_approved(browser, store, lena, clock):
    made = store.accounts.propose_user(LENA, "tom", Role.AGENT, clock(), "starts today")
    store.accounts.approve_user(LENA, "tom", clock())
    assert made.invitation
    answer = lena.post(
        "/users/role", data={"name": "tom", "role": "lead", "reason": "leads the night", "team": ""}
    )
    assert answer.headers["location"] == "/approvals?item=user%3Atom"
    (waiting,) = store.accounts.changes(LENA, waiting=True)
    assert (waiting.kind, waiting.role) == (ChangeKind.ROLE, Role.LEAD)


def test_disabling_takes_effect_at_once_and_says_so(browser, store, lena):
    agent = browser("agent", "a18")
    answer = lena.post("/users/disable", data={"name": "a18", "reason": "left the bank"}, headers=HTMX)
    assert "a18 is disabled." in answer.headers["hx-trigger"]
    assert "enable-dialog" in answer.text
    assert agent.get("/me").status_code == 303
    assert lena.post("/users/disable", data={"name": "a18", "reason": " "}, headers=HTMX).status_code in (
        409,
        422,
    )


def test_all_sessions_of_a_user_are_ended(browser, lena):
    agent = browser("agent", "a18")
    assert lena.post("/users/sign-out", data={"name": "a18"}).status_code == 303
    assert agent.get("/me").headers["location"] == "/sign-in?next=/me"


def test_a_reset_gives_an_invitation_and_disabled_users_are_proposed_to_come_back(
    browser, store, lena, clock
):
    store.accounts.propose_user(LENA, "tom", Role.AGENT, clock(), "starts today")
    store.accounts.approve_user(LENA, "tom", clock())
    assert (
        "/welcome?token=" in lena.post("/users/reset", data={"name": "tom", "reason": "lost the phone"}).text
    )
    store.accounts.approve_user(LENA, "tom", clock())
    store.accounts.disable(LENA, "tom", clock(), "away")
    assert lena.post("/users/enable", data={"name": "tom", "reason": "back"}).status_code == 303


def test_language_and_zone_are_ones_own_to_choose(browser, store, lena):
    done = lena.post("/me/preferences", data={"language": "zh", "time_zone": "Europe/Berlin"})
    assert done.headers["location"] == "/me"
    assert "修改密码" in lena.get("/me").text
    assert lena.post("/me/preferences", data={"language": "en", "time_zone": "Mars/Base"}).status_code == 422


def test_a_password_is_changed_by_who_knows_the_one_before(store, lena, clock):
    new = "seven quiet herons"

    def change(password, first, second):
        fields = {"password": password, "new": first, "again": second}
        return lena.post("/me/password", data=fields, headers=HTMX)

    assert change(PASSWORD, new, "another one entirely").status_code == 422
    assert change("not the password", new, new).status_code == 403
    assert change(PASSWORD, "short", "short").status_code == 422
    assert change(PASSWORD, new, new).status_code == 200
    store.accounts.reauthenticate(lena.cookies[COOKIE], new, clock())


def test_another_phone_is_confirmed_with_a_code_of_it(store, lena, clock):
    assert lena.post("/me/codes", data={"password": "not this one"}, headers=HTMX).status_code == 403
    page = lena.post("/me/codes", data={"password": PASSWORD}, headers=HTMX).text
    secret = re.search(r'class="once mono"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    confirm = {"sealed": re.search(r'name="sealed" value="([^"]+)"', page)[1], "code": "000000"}
    assert lena.post("/me/codes/confirm", data=confirm, headers=HTMX).status_code == 422
    confirm["code"] = code_at(secret, clock())
    assert lena.post("/me/codes/confirm", data=confirm, headers=HTMX).text.count("<li>") == 10
    clock.now_ms += MINUTE_MS
    assert store.accounts.sign_in("lena", PASSWORD, code_at(secret, clock()), clock())


def test_sessions_of_ones_own_are_seen_and_ended(store, browser, lena, clock):
    clock.now_ms += MINUTE_MS
    other = browser("agent", "a18")
    again = browser("agent", "a18")
    page = again.get("/me").text
    assert "this one" in page
    ended = page.rpartition('name="session" value="')[2].split('"')[0]
    assert again.post("/me/sessions/end", data={"session": ended}).status_code == 303
    assert other.get("/me").status_code == 303
    assert again.post("/me/sessions/end-others").status_code == 303
    (mine,) = store.accounts.sessions(Who("lena", Role.LEAD))
    assert again.post("/me/sessions/end", data={"session": mine.id}).status_code == 403


def test_the_secret_of_a_program_is_shown_once(store, browser, clock):
    agent = browser("agent", "a18")
    wanted = {"name": "night export", "days": 30, "scopes": ["cases:read", "alerts:read"]}
    page = agent.post("/me/tokens", data=wanted, headers=HTMX).text
    secret = re.search(r">(rd_[\w-]+)<", page)[1]
    assert store.accounts.token(secret, clock()).scopes == ("cases:read", "alerts:read")
    again = agent.get("/me").text
    assert secret not in again
    assert f"…{secret[-4:]}" in again
    assert agent.post("/me/tokens/revoke", data={"name": "night export"}).status_code == 303
    assert store.accounts.token(secret, clock()) is None


def test_a_program_gets_no_more_than_its_owner_may(browser, lena):
    agent = browser("agent", "a18")
    asked = {"name": "x", "days": 30, "scopes": ["webhooks:manage"]}
    assert agent.post("/me/tokens", data=asked).status_code == 403
    assert "webhooks:manage" not in agent.get("/me").text
    assert agent.post("/me/tokens", data={"name": "x", "days": 30}).status_code == 422
    refused = lena.post("/me/tokens", data={"name": "x", "days": 30, "scopes": ["cases:read"]}, headers=HTMX)
    assert (refused.status_code, "not your password" in refused.text) == (403, True)


def test_who_comes_by_the_banks_sign_in_has_no_password_to_change_here(browser):
    page = browser("agent").get("/me").text
    assert "https://people.test" in page
    assert 'action="/me/password"' not in page


def set_up(client, token, **fields):
    given = {
        "token": token,
        "password": PASSWORD,
        "again": PASSWORD,
        "language": "en",
        "time_zone": "Asia/Shanghai",
    }
    return client.post("/welcome/set", data=given | fields, headers=HTMX)


def test_the_first_user_sets_password_and_codes_and_signs_in(store, stranger, clock):
    token = store.accounts.first_token(clock())
    assert "The first user of this desk" in stranger.get(f"/first?token={token}").text
    page = set_up(stranger, token, name="lena", role="lead")
    assert page.text.count("<li>") == 10
    assert "<svg" in page.text
    assert "style=" not in page.text
    secret = re.search(r'class="once mono"[^>]*>([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    confirm = {"token": token, "code": "000000"}
    assert stranger.post("/welcome/confirm", data=confirm, headers=HTMX).status_code == 422
    done = stranger.post("/welcome/confirm", data=confirm | {"code": code_at(secret, clock())}, headers=HTMX)
    assert "You are set, lena" in done.text
    clock.now_ms += MINUTE_MS
    assert store.accounts.sign_in("lena", PASSWORD, code_at(secret, clock()), clock()).user.role is Role.LEAD
    assert stranger.get(f"/first?token={token}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"again": "another one entirely"},
        {"password": "short", "again": "short"},
        {"role": "auditor"},
        {"name": ""},
    ],
)
def test_what_the_first_user_cannot_be_is_refused_and_can_be_mended(store, stranger, clock, fields):
    token = store.accounts.first_token(clock())
    assert set_up(stranger, token, **{"name": "lena", "role": "lead", **fields}).status_code == 422
    assert set_up(stranger, token, name="lena", role="lead").status_code == 200


def test_an_invitation_that_does_not_hold_says_what_to_do(stranger):
    for address in ("/first", "/welcome", "/welcome?token=guessed"):
        page = stranger.get(address)
        assert page.status_code == 404
        assert "ask whoever keeps the users for another one" in page.text


def test_guessing_invitations_is_slowed_down(stranger):
    statuses = [stranger.get(f"/welcome?token={number}").status_code for number in range(25)]
    assert statuses[-1] == 429


def test_each_invitation_has_a_picture_of_its_own_secret(store, stranger, clock):
    first_user(store, clock())
    pictures = set()
    for name in ("tom", "nina"):
        made = store.accounts.propose_user(LENA, name, Role.AGENT, clock(), "starts today")
        store.accounts.approve_user(LENA, name, clock())
        pictures.add(set_up(stranger, made.invitation).text.split("<svg")[1].split("</svg>")[0])
    assert len(pictures) == 2
