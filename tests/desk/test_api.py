"""The API of the desk: cases, tasks, calls and actions, as other systems use them."""

import pytest

from cases.accounts.users import PROGRAM
from cases.actions.kinds import Kind
from cases.who import Role, Who
from domain.findings import Severity
from tests.cases.made import MINUTE_MS, NOON_MS, alert
from tests.desk.agents import fraud
from tests.desk.api_made import API, Caller, token_of


@pytest.fixture
def program(app, store, clock):
    """A program with every scope, of a lead."""
    return Caller(app, token_of(store, clock(), name="crm"))


def seen_by(store, name="crm"):
    rows = store.audit.list(Who("owner", Role.AUDITOR), NOON_MS, verb="viewed", limit=100)
    return [row.object for row in rows if row.actor == f"{PROGRAM}{name}"]


def begun(program, store):
    """Claim the only case and begin its call."""
    fraud(store, "u-1")
    held = program.post("/cases/next").json()
    return held, program.post(f"/tasks/{held['task']['task']}/call").json()


def test_cases_come_in_pages_behind_a_cursor_each_once(program, store):
    fraud(store, *(f"u-{number}" for number in range(7)))
    store.cases.take_in([alert("late", "card-9", "u-9", severity=Severity.LOW)], NOON_MS)
    pages, cursor = [], None
    while True:
        page = program.get("/cases", limit=3, **({"cursor": cursor} if cursor else {})).json()
        pages.append([case["case"] for case in page["cases"]])
        if (cursor := page["next"]) is None:
            break
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [each for page in pages for each in page] == [case.id for case in store.cases.list()]
    assert seen_by(store) == ["queue:live"] * 3


def test_a_page_goes_on_where_it_was_when_cases_before_it_have_gone(program, store, clock):
    fraud(store, *(f"u-{number}" for number in range(5)))
    first = program.get("/cases", limit=2).json()
    rest = [case.id for case in store.cases.list()][2:]
    lead = Who("lead", Role.LEAD)
    store.work.close(first["cases"][0]["case"], lead, None, "genuine", "", clock())
    second = program.get("/cases", limit=10, cursor=first["next"]).json()
    assert [case["case"] for case in second["cases"]] == rest


def test_live_cases_and_those_that_ended_are_one_list(program, store, clock):
    fraud(store, *(f"u-{number}" for number in range(6)))
    ids = [case.id for case in store.cases.list()]
    for number, case_id in enumerate(ids[:3]):
        store.work.close(case_id, Who("lead", Role.LEAD), None, "genuine", "", clock() + number)
    found, cursor = [], None
    while True:
        given = {"cursor": cursor} if cursor else {}
        page = program.get("/cases", status=["open", "closed"], limit=2, **given).json()
        found += [case["case"] for case in page["cases"]]
        if (cursor := page["next"]) is None:
            break
    assert found == ids[3:] + ids[2::-1]


@pytest.mark.parametrize(
    ("query", "number"),
    [({"band": 1}, 0), ({"unheld": True}, 2), ({"text": "u-1"}, 1), ({"holder": "nobody"}, 0)],
)
def test_cases_are_found_by_what_is_asked_for(program, store, query, number):
    fraud(store, "u-1", "u-2", severity=Severity.CRITICAL)
    assert len(program.get("/cases", **query).json()["cases"]) == number


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"cursor": "e30="},
        {"limit": 101},
        {"limit": 0},
        {"colour": "blue"},
        {"text": "4111 1111 1111 1111"},
        {"status": "asleep"},
        {"due_before": "2026-01-01T00:00:00"},
    ],
)
def test_a_question_that_cannot_be_is_a_problem_that_says_what_is_allowed(program, query):
    answer = program.get("/cases", **query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["detail"]
    assert "4111" not in answer.text


def test_a_case_has_a_tag_that_changes_with_it(program, store, clock):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    first = program.get(f"/cases/{case.id}")
    assert first.json()["case"]["customers"] == ["u-1"]
    tag = first.headers["etag"]
    same = program.get(f"/cases/{case.id}", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    store.work.note(case.id, "seen", Who("lead", Role.LEAD), clock())
    other = program.get(f"/cases/{case.id}", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    assert seen_by(store) == [f"case:{case.id}"] * 2


def test_a_case_that_is_not_there_is_told_with_what_to_do(program):
    answer = program.get("/cases/C-no")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:riskdesk:not-found")
    assert "queue" in answer.json()["detail"]


def test_who_acts_upon_an_older_version_is_told_the_one_of_now(program, store):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    tag = program.get(f"/cases/{case.id}").headers["etag"]
    claimed = program.post(f"/cases/{case.id}/claim", headers={"If-Match": tag})
    assert claimed.status_code == 200
    late = program.post(f"/cases/{case.id}/close", {"outcome": "genuine"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["version"]) == (412, claimed.json()["case"]["version"])
    assert store.cases.show(case.id).case.status == "working"
    now = claimed.headers["etag"]
    done = program.post(f"/cases/{case.id}/close", {"outcome": "genuine"}, headers={"If-Match": now})
    assert (done.status_code, done.json()["outcome"]) == (200, "genuine")


def test_a_tag_that_is_none_is_refused(program, store):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    answer = program.post(f"/cases/{case.id}/claim", headers={"If-Match": "yesterday"})
    assert answer.status_code == 422


def test_a_task_is_claimed_kept_and_done(program, store):
    assert program.post("/cases/next").status_code == 204
    fraud(store, "u-1")
    held = program.post("/cases/next", {"lease_s": 60}).json()
    task = held["task"]
    assert task["held_by"] == "api:crm"
    kept = program.post(f"/tasks/{task['task']}/renew", {"lease_no": task["lease_no"], "lease_s": 600})
    assert kept.json()["task"]["held_until"] > task["held_until"]
    stale = program.post(f"/tasks/{task['task']}/renew", {"lease_no": task["lease_no"] + 1})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:riskdesk:not-yours")
    done = program.post(f"/tasks/{task['task']}/complete", {"lease_no": task["lease_no"], "note": "done"})
    assert done.status_code == 200
    assert program.post(f"/cases/{held['case']['case']}/release").status_code == 409


def test_a_case_is_handed_to_a_team(program, store):
    fraud(store, "u-1")
    held = program.post("/cases/next").json()
    path = f"/cases/{held['case']['case']}/escalate"
    assert program.post(path, {"team": "fraud desk", "note": "a ring"}).json()["team"] == "fraud desk"


def test_a_call_is_begun_heard_and_put_on_record_with_what_the_line_said(program, store, clock):
    held, call = begun(program, store)
    assert call["reference"] == "u-1-mobile"
    clock.now_ms += MINUTE_MS
    for event, seconds in (("ringing", 2), ("answered", 8), ("ended", 50)):
        at = f"2026-03-05T12:00:{seconds:02d}.000Z"
        said = {"event": event, "at": at, "recording": "rec-7"}
        told = program.post(f"/calls/{call['attempt']}/events", said)
        assert told.status_code == 200, told.text
    ended = program.post(
        f"/tasks/{held['task']['task']}/attempts",
        {"disposition": "genuine", "checked": ["identity"]},
    )
    assert ended.status_code == 200, ended.text
    (attempt,) = program.get(f"/cases/{call['case']}/attempts").json()["attempts"]
    assert (attempt["answered_at"], attempt["ended_at"]) == (
        "2026-03-05T12:00:08.000Z",
        "2026-03-05T12:00:50.000Z",
    )
    assert attempt["recording"] == "rec-7"


def test_what_a_line_said_of_another_time_or_of_a_call_that_is_over_is_refused(program, store, clock):
    held, call = begun(program, store)
    path = f"/calls/{call['attempt']}/events"
    early = program.post(path, {"event": "ringing", "at": "2026-03-05T11:00:00Z"})
    assert early.status_code == 422
    assert program.post(path, {"event": "ringing", "at": "2026-03-05T13:00:00Z"}).status_code == 422
    digits = {"event": "ended", "at": "2026-03-05T12:00:00Z", "recording": "4111111111111111"}
    assert program.post(path, digits).status_code == 422
    program.post(f"/tasks/{held['task']['task']}/attempts", {"disposition": "no_answer"})
    assert program.post(path, {"event": "ended", "at": "2026-03-05T12:00:00Z"}).status_code == 409
    assert (
        program.post("/calls/999/events", {"event": "ended", "at": "2026-03-05T12:00:00Z"}).status_code == 404
    )


def test_an_action_is_proposed_by_a_program_and_approved_by_none(program, store, clock):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    asked = {
        "kind": "temporary_block",
        "target": "card:card-u-1",
        "reason": "used in two cities",
        "case": case.id,
        "basis": "terms",
    }
    made = program.post("/actions", asked)
    assert made.status_code == 201, made.text
    action = made.json()
    assert made.headers["location"] == f"{API}/actions/{action['action']}"
    assert (action["kind"], action["maker"]) == (Kind.TEMPORARY_BLOCK, "api:crm")
    assert program.get(f"/actions/{action['action']}").json() == action
    assert program.get(f"/cases/{case.id}/actions").json() == {"actions": [action]}
    refused = program.post(f"/actions/{action['action']}/approve")
    assert refused.status_code == 403
    assert "second person" in refused.json()["detail"]
    assert store.actions.get(action["action"], Who("lead", Role.LEAD)).checker is None


def test_alerts_figures_alarms_and_orders_are_given(program, store, clock):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    (found,) = program.get(f"/cases/{case.id}/alerts").json()["alerts"]
    assert (found["customer"], found["evidence"]) == ("u-1", {"km": 686})
    figures = program.get("/figures", begins="2026-03-05T00:00:00Z", ends="2026-03-06T00:00:00Z").json()
    assert {"service_level", "overdue"} & {each["figure"] for each in figures["figures"]}
    assert sum(band["cases"] for band in figures["backlog"]) == 1
    assert (
        program.get("/figures", begins="2026-03-05T00:00:00Z", ends="2027-03-06T00:00:00Z").status_code == 422
    )
    assert program.get("/alarms").json() == {"total": 0, "alarms": []}
    assert program.get("/orders").json() == {"orders": []}
    assert program.get("/work-orders").json() == {"orders": []}
    assert program.get("/work-orders/W-no").status_code == 404


def test_who_asks_too_often_is_told_when_to_ask_again(program, store, clock):
    for _ in range(600):
        assert program.get("/alarms").status_code == 200
    answer = program.get("/alarms")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert Caller(program._client.app, token_of(store, clock())).get("/alarms").status_code == 200
    clock.now_ms += 1000
    assert program.get("/alarms").status_code == 200


def test_a_field_that_is_not_known_and_a_body_that_is_too_large_are_refused(program, store):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    unknown = program.post(f"/cases/{case.id}/claim", {"skils": ["fraud"]})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["at"] == "body.skils"
    assert program.post(f"/cases/{case.id}/claim", {"skills": ["a" * 70_000]}).status_code == 413


def test_what_the_page_of_addresses_does_not_know_is_a_problem_too(program):
    assert program.get("/nowhere").json()["status"] == 404
    assert program.post("/alarms").json()["status"] == 405
