"""Many cases at once: a lead sees what will happen, says why, and reads what became of each."""

import re

import pytest

from cases.case import Outcome, Status
from cases.who import Role, Who
from cases.work.agent_states import AgentState
from desk.queue_page.acts import MOST
from domain.findings import Severity
from tests.cases.made import NOON_MS, alert
from tests.desk.conftest import HTMX

LEAD = Who("l1", Role.LEAD)


@pytest.fixture
def ids(store):
    """One case that is held, one that nobody holds, one that is closed."""
    store.cases.take_in(
        [alert(name, f"c{name}", f"u{name}", severity=Severity.HIGH) for name in ("a", "b", "c")], NOON_MS
    )
    found = [case.id for case in sorted(store.cases.list(), key=lambda case: case.subject)]
    store.work.claim(found[0], Who("a17"), NOON_MS)
    store.work.close(found[2], LEAD, None, Outcome.GENUINE, "", NOON_MS)
    return found


def status(store, case_id: str) -> Status:
    return store.cases.several([case_id])[0].status


def will_be_done(page) -> list[str]:
    return re.findall(r'name="case" value="(\w+)"', page.text)


@pytest.mark.parametrize(
    ("act", "done", "words"),
    [
        ("release", [0], ["Taken from a17, free", "Nobody holds it", "Closed already"]),
        ("escalate", [0, 1], ["Goes to the team", "Closed already"]),
        ("duplicate", [0, 1], ["Taken from a17 and closed", "Closed as a duplicate", "Closed already"]),
    ],
)
def test_before_it_is_done_a_lead_reads_what_will_happen(browser, store, ids, act, done, words):
    page = browser("lead").get("/queue/bulk", params={"act": act, "case": ids}, headers=HTMX)
    assert will_be_done(page) == [ids[number] for number in done]
    assert f"{len(done)} of 3 can be done" in page.text
    assert [each for each in words if each not in page.text] == []
    assert status(store, ids[0]) == Status.WORKING, "nothing is done yet"


def test_cases_are_kept_for_an_agent_who_is_at_work(browser, store, ids):
    store.work.say_state("a18", AgentState.AVAILABLE, Who("a18"), NOON_MS)
    lead = browser("lead", "l1")
    page = lead.get("/queue/bulk", params={"act": "assign", "case": ids}, headers=HTMX)
    assert "Taken from a17 and kept for the agent" in page.text
    assert '<option value="a18">a18 · Available</option>' in page.text
    assert will_be_done(page) == ids[:2]
    done = lead.post("/queue/bulk", data={"act": "assign", "case": ids, "reason": "knows", "agent": "a18"})
    assert "2 done, 1 refused" in done.text
    assert store.leading.kept(ids, NOON_MS) == dict.fromkeys(ids[:2], "a18")
    assert browser("agent", "a18").get("/work").text.count("Kept for you") == 2
    refused = lead.post("/queue/bulk", data={"act": "assign", "case": ids[:1], "reason": "x", "agent": "a99"})
    assert "a99 is not at work" in refused.text


def test_cases_become_one_and_what_cannot_stays(browser, store, ids):
    lead = browser("lead", "l1")
    page = lead.get("/queue/bulk", params={"act": "merge", "case": ids}, headers=HTMX)
    assert len(will_be_done(page)) == 2
    assert [
        each for each in ("Takes in the others", "Goes into", "Closed already") if each not in page.text
    ] == []
    done = lead.post(
        "/queue/bulk", data={"act": "merge", "case": ids[:2], "reason": "one gang"}, headers=HTMX
    )
    assert "2 done, 0 refused" in done.text
    assert sorted(case.status for case in store.cases.several(ids[:2])) == [Status.MERGED, Status.WORKING]
    alone = lead.get("/queue/bulk", params={"act": "merge", "case": ids[2:]}, headers=HTMX)
    assert will_be_done(alone) == []
    assert lead.post("/queue/bulk", data={"act": "merge", "case": ids[2:], "reason": "x"}).status_code == 422


def test_each_case_says_whether_it_was_done_and_why_not(browser, store, ids):
    lead = browser("lead", "l1")
    page = lead.post(
        "/queue/bulk",
        data={"act": "duplicate", "case": [*ids, ids[0]], "reason": "of C1", "team": ""},
        headers=HTMX,
    )
    assert "2 done, 1 refused" in page.text
    assert f"{ids[2]} was closed as genuine" in page.text
    for case_id in ids[:2]:
        file = store.cases.show(case_id)
        assert (file.case.outcome, file.timeline[-1].actor) == (Outcome.DUPLICATE, "l1")
        assert file.timeline[-1].note == "of C1"


def test_cases_are_taken_from_whoever_holds_them_with_the_reason(browser, store, ids):
    page = browser("lead", "l1").post(
        "/queue/bulk", data={"act": "release", "case": ids[:2], "reason": "end of the night"}
    )
    assert "1 done, 1 refused" in page.text
    assert status(store, ids[0]) == Status.OPEN
    assert any(
        (entry.what, entry.note) == ("release_reason", "end of the night")
        for entry in store.cases.show(ids[0]).timeline
    )


def test_cases_go_to_a_team(browser, store, ids):
    page = browser("lead").post(
        "/queue/bulk", data={"act": "escalate", "case": ids[1:2], "reason": "look", "team": "fraud-2"}
    )
    assert "1 done, 0 refused" in page.text
    assert store.cases.several(ids[1:2])[0].team == "fraud-2"
    no_team = browser("lead").post("/queue/bulk", data={"act": "escalate", "case": ids[:1], "reason": "x"})
    assert "a team needs a name" in no_team.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "release", "case": ["C1"], "reason": "  "}, "say why"),
        ({"act": "release", "reason": "x"}, "no case is chosen"),
        (
            {"act": "release", "case": [f"C{n}" for n in range(MOST + 1)], "reason": "x"},
            "101 cases are chosen",
        ),
        ({"act": "burn", "case": ["C1"], "reason": "x"}, "act"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(browser, data, words):
    answer = browser("lead").post("/queue/bulk", data=data, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.text


def test_only_leads_do_many_at_once(browser, ids):
    for role in ("agent", "analyst", "auditor", "compliance", "ops"):
        someone = browser(role)
        assert someone.get("/queue/bulk", params={"act": "release", "case": ids}).status_code == 403
        assert (
            someone.post("/queue/bulk", data={"act": "release", "case": ids, "reason": "x"}).status_code
            == 403
        )


def test_who_was_shown_before_is_on_record(browser, store, ids):
    browser("lead").get("/queue/bulk", params={"act": "release", "case": ids[:2]})
    seen = [entry.object for entry in store.audit.list(Who("x1", Role.AUDITOR), NOON_MS, verb="viewed")]
    assert seen == [f"case:{case_id}" for case_id in ids[:2]]
