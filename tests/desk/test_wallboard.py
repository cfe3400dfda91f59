"""The wallboard: the desk in numbers, for everybody in the room, and nothing about anybody."""

import re

import pytest
from fastapi.testclient import TestClient

from cases.store import Store
from cases.who import Role, Who
from cases.work.agent_states import AgentState
from desk.app import create_app
from desk.guarding import COOKIE
from domain.findings import Severity
from domain.forecasts import QUARTER_MS, QuarterHour
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.worked import AGENT, call, customer
from tests.desk.conftest import ISSUER, SAME_ORIGIN

LEAD = Who("lena.lead", Role.LEAD)


@pytest.fixture
def worked(store: Store) -> Store:
    """Four cases; the customer of one was called in time and is no victim."""
    store.reference.put([customer("customer-1")])
    store.cases.take_in(
        [
            alert("a", "c1", "customer-1", severity=Severity.CRITICAL, reason="686 km in 12 minutes"),
            *(
                alert(name, f"c{name}", f"customer-{name}", severity=Severity.HIGH)
                for name in ("b", "c", "d")
            ),
        ],
        NOON_MS,
    )
    call(store, "genuine", 20_000, 80_000, checked=("identity", "nothing_before_identity"))
    return store


def tile(page: str, title: str) -> str:
    """Give the text of a tile, by what it is called."""
    (found,) = (each for each in page.split('<div class="tile')[1:] if f'class="called">{title}<' in each)
    return " ".join(re.sub(r"<[^>]*>", " ", f"<{found}").split())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
@pytest.mark.parametrize("address", ["/wallboard", "/wallboard?big=1&span=week", "/wallboard/board?span=day"])
def test_everybody_who_is_signed_in_sees_it(browser, role, address):
    assert browser(role.value).get(address).status_code == 200


def test_who_is_not_signed_in_does_not(stranger):
    assert stranger.get("/wallboard").headers["location"] == "/sign-in?next=/wallboard"


def test_a_screen_on_the_wall_goes_on_while_its_session_is_locked(browser, clock):
    wall = browser("ops")
    clock.now_ms += 16 * MINUTE_MS
    assert wall.get("/wallboard/board").status_code == 200
    page = wall.get("/wallboard").text
    assert 'data-live="/wallboard/live"' in page
    assert "figures go on" in page
    assert wall.get("/live").status_code == 303
    assert wall.get("/me").status_code != 200


def test_every_share_stands_with_what_it_is_a_share_of(browser, worked, clock):
    clock.now_ms = NOON_MS + 10 * MINUTE_MS
    page = browser("agent").get("/wallboard").text
    assert tile(page, "First call, critical, within 25 s").startswith(
        "First call, critical, within 25 s 100%"
    )
    assert "1 / 1 · want 80%" in tile(page, "First call, critical, within 25 s")
    assert "0 / 3 · want 80%" in tile(page, "First call, high, within 5 min")
    assert "1 / 1" in tile(page, "Right party reached, per call")
    assert "1 / 1" in tile(page, "Called for nothing")


def test_the_backlog_stands_by_band_with_what_is_late(browser, worked, clock):
    clock.now_ms = NOON_MS + 10 * MINUTE_MS
    page = browser("agent").get("/wallboard").text
    assert tile(page, "high").startswith("high 3 3 overdue 3 with nobody · oldest 10 min")
    assert tile(page, "critical").startswith("critical 0 0 overdue")


def test_nothing_of_it_is_about_a_person(browser, worked, clock):
    worked.work.say_state("a99", AgentState.BREAK, Who("a99"), NOON_MS)
    secrets = [
        "a17",
        "a99",
        "686",
        "customer-",
        *(case.id for case in worked.cases.list()),
    ]
    clock.now_ms = NOON_MS + 10 * MINUTE_MS
    wall = browser("lead", "lena.lead")
    for address in ("/wallboard/board", "/wallboard/board?big=1", "/wallboard/board?span=week"):
        page = wall.get(address).text
        assert "on a break 1" in page
        assert [secret for secret in [*secrets, "lena"] if secret in page] == []


def test_a_shift_begins_where_the_last_handover_ended_one(browser, worked, clock):
    clock.now_ms = NOON_MS + HOUR_MS
    assert "Since 5 Mar 13:00:00" in browser("agent").get("/wallboard").text
    worked.handover.make(LEAD, NOON_MS + HOUR_MS)
    clock.now_ms = NOON_MS + 3 * HOUR_MS
    assert "Since 5 Mar 21:00:00" in browser("agent", "a18").get("/wallboard").text


@pytest.mark.parametrize(
    ("alerts", "agents", "words"),
    [
        (0.1, 12, "enough agents"),
        (60.0, 1, "more needed until"),
        (60.0, 0, "Nobody at work"),
    ],
)
def test_what_is_forecast_is_set_against_who_is_at_work(worked, settings, clock, alerts, agents, words):
    for number in range(agents):
        worked.work.say_state(f"b{number}", AgentState.AVAILABLE, Who(f"b{number}"), NOON_MS + MINUTE_MS)
    worked.work.say_state(AGENT.name, AgentState.OFFLINE, AGENT, NOON_MS + 5 * MINUTE_MS)
    clock.now_ms = NOON_MS + 10 * MINUTE_MS

    def forecast(times_ms, from_ms, to_ms, quarters):
        assert (list(times_ms), to_ms) == ([NOON_MS] * 4, clock.now_ms)
        first = to_ms // QUARTER_MS * QUARTER_MS
        return tuple(
            QuarterHour(from_ms=first + ahead * QUARTER_MS, expected=alerts, high=alerts)
            for ahead in range(quarters)
        )

    app = create_app(worked, settings, clock, forecast=forecast)
    token = worked.accounts.from_identity(ISSUER, "agent", "agent", ["agent"], clock()).token
    page = TestClient(app, headers=SAME_ORIGIN, cookies={COOKIE: token}).get("/wallboard").text
    assert words in page
    assert page.count('class="drawing bars"') == 1


def test_without_a_forecast_it_says_so(browser):
    assert "No forecast yet" in browser("agent").get("/wallboard").text


def test_it_says_as_of_when_it_is(browser, clock):
    clock.now_ms = NOON_MS + 65_000
    assert "as of 20:01:05" in browser("agent").get("/wallboard/board?big=1").text
