"""Who gets a page: nobody by default, and nothing from another site."""

import pytest

from tests.desk.routes import guards, routes_of

# Pages for whoever is not signed in yet.
OPEN = {
    "/oidc/begin",
    "/oidc/back",
    "/oidc/signed-out",
    "/sign-in",
    "/locked",
    "/unlock",
    "/first",
    "/welcome",
    "/welcome/set",
    "/welcome/confirm",
    "/demo/enter",
    # Says that the desk works, or does not, and nothing else.
    "/healthz",
}


def test_every_page_says_who_may_open_it(app):
    routes = [route for route in routes_of(app) if not route.path.startswith("/api/")]
    assert len(routes) >= 8
    unguarded = [route.path for route in routes if len(guards(route)) != 1]
    assert unguarded == []
    open_to_all = {route.path for route in routes for guard in guards(route) if not guard.signed_in}
    assert open_to_all <= OPEN, "whoever is not signed in can open these: say why in OPEN, or ask for a right"


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(stranger):
    answer = stranger.get("/queue?status=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/queue%3Fstatus%3Dopen")
    part = stranger.get("/queue", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/sign-in")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "http://elsewhere.test"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_another_site_cannot_make_a_browser_write(browser, headers, allowed):
    agent = browser("agent")
    agent.headers.pop("Sec-Fetch-Site")
    assert (agent.post("/sign-out", headers=headers).status_code == 303) is allowed


def test_every_answer_has_the_headers_of_security(stranger, browser):
    for answer in (stranger.get("/sign-in"), stranger.get("/nowhere"), browser("agent").get("/queue")):
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_locked_session_shows_nothing_until_it_is_unlocked(browser, clock):
    agent = browser("agent")
    assert agent.get("/queue").status_code == 200
    clock.now_ms += 16 * 60_000
    assert agent.get("/queue").headers["location"] == "/locked?next=/queue"
    part = agent.get("/queue", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-trigger"], part.text) == (423, "desk:locked", "")


def test_what_a_page_asks_by_itself_keeps_no_session_from_locking(browser, clock):
    agent = browser("agent")
    for _ in range(16):
        clock.now_ms += 60_000
        answer = agent.get("/queue", headers={"HX-Request": "true", "X-By-Itself": "1"})
    assert answer.status_code == 423


@pytest.mark.parametrize(
    "path", ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", "elsewhere"]
)
def test_signing_in_leads_to_no_other_site(stranger, path):
    page = stranger.get("/sign-in", params={"next": path})
    assert 'name="next" value="/"' in page.text
