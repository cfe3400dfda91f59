"""Programs of leads: cases kept for an agent, and several made one."""

import pytest

from cases.accounts.tokens import Scope
from cases.case import Status
from cases.who import Who
from cases.work.agent_states import AgentState
from tests.cases.made import NOON_MS
from tests.desk.agents import fraud
from tests.desk.api_made import Caller, token_of


@pytest.fixture
def program(app, store, clock):
    return Caller(app, token_of(store, clock(), name="crm"))


@pytest.fixture
def ids(store):
    fraud(store, "u-1", "u-2", "u-3")
    store.work.say_state("a18", AgentState.AVAILABLE, Who("a18"), NOON_MS)
    return [case.id for case in store.cases.list()]


def test_a_program_keeps_cases_for_an_agent_and_reads_what_became_of_each(program, store, ids):
    body = {"cases": [*ids[:2], "C-no"], "agent": "a18", "reason": "night shift"}
    answer = program.post("/cases/assign", body, key="once")
    assert [(each["case"], each["refused"] is None) for each in answer.json()["done"]] == [
        (ids[0], True),
        (ids[1], True),
        ("C-no", False),
    ]
    assert store.leading.kept(ids, NOON_MS) == dict.fromkeys(ids[:2], "a18")
    assert program.post("/cases/assign", body, key="once").json() == answer.json()


def test_a_program_makes_one_case_of_several_or_of_none(program, store, ids):
    first, second, third = ids
    refused = program.post(f"/cases/{first}/merge", {"cases": [second, "C-no"], "reason": "one gang"})
    assert refused.status_code == 404
    assert store.cases.several([second])[0].status == Status.OPEN
    answer = program.post(f"/cases/{first}/merge", {"cases": [second, third], "reason": "one gang"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["case"], answer.json()["alerts"]) == (first, 3)
    assert answer.headers["etag"]


def test_a_program_that_works_cases_leads_nobody(app, store, clock, ids):
    program = Caller(app, token_of(store, clock(), [Scope.CASES_WORK]))
    merged = program.post(f"/cases/{ids[0]}/merge", {"cases": ids[1:], "reason": "x"})
    assigned = program.post("/cases/assign", {"cases": ids[:1], "agent": "a18", "reason": "x"})
    assert [merged.status_code, assigned.status_code] == [403, 403]
