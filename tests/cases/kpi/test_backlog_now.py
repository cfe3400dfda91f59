"""How many cases are live and how many agents are there, counted at once: on every store."""

import pytest

from cases.case import Outcome
from cases.kpi.service import BandBacklog
from cases.store import Store
from cases.who import Role, Who
from cases.work.agent_states import AgentState
from domain.findings import Severity
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert, claim

LEAD = Who("l1", Role.LEAD)


@pytest.fixture(params=URL_OF_STORE)
def url(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


def test_live_cases_are_counted_by_band_with_those_that_are_late(store):
    assert store.kpi.backlog(NOON_MS) == tuple(BandBacklog(band, 0, 0, 0, None) for band in range(3))
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
    store.cases.take_in([alert(name, f"c{name}", f"u{name}") for name in "bcd"], NOON_MS + MINUTE_MS)
    ids = {case.subject: case.id for case in store.cases.list()}
    claim(store, ids["customer ub"], "a17")
    store.work.close(ids["customer uc"], LEAD, None, Outcome.GENUINE, "", NOON_MS)
    assert store.kpi.backlog(NOON_MS + 2 * MINUTE_MS) == (
        BandBacklog(band=0, cases=1, unclaimed=1, overdue=1, oldest_ms=NOON_MS),
        BandBacklog(band=1, cases=0, unclaimed=0, overdue=0, oldest_ms=None),
        BandBacklog(band=2, cases=2, unclaimed=1, overdue=0, oldest_ms=NOON_MS + MINUTE_MS),
    )
    assert [band.overdue for band in store.kpi.backlog(NOON_MS + HOUR_MS)] == [1, 0, 2]


def test_agents_are_counted_by_what_they_do_without_those_who_are_gone(store: Store):
    said = {"a1": AgentState.BREAK, "a2": AgentState.AVAILABLE, "a3": AgentState.AVAILABLE, "a4": "offline"}
    for agent, state in said.items():
        store.work.say_state(agent, AgentState(state), Who(agent), NOON_MS)
    assert store.kpi.agents_by_state() == {"available": 2, "break": 1}
    assert store.kpi.at_work() == 2


def test_figures_without_live_cases_are_those_with_them_but_for_the_backlog(store):
    store.cases.take_in([alert("a", "c1", "u1")], NOON_MS)
    window = (NOON_MS - HOUR_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    whole, part = (store.kpi.figures(*window, live=live) for live in (True, False))
    differing = {figure.name for figure, other in zip(whole, part, strict=True) if figure != other}
    assert differing == {"backlog_age", "past_due"}
