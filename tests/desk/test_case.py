"""The page of a case: everything about it, nothing that must not be seen, and only what changed."""

import re

import pytest
from fastapi import FastAPI

from cases.actions.kinds import Kind
from cases.actions.proposing import Proposal
from cases.who import Role, Who
from desk.app import create_app
from desk.bank.vault import LoopbackVault
from domain.card_numbers import holds_card_number
from domain.instants import iso
from tests.cases.device_cases.machines import one_case, raised
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.desk.case_made import DAY_MS, KnownUses, finding, ring, use
from tests.desk.conftest import HTMX

LEAD, SECOND = Who("l1", Role.LEAD), Who("l2", Role.COMPLIANCE)
TEST_NUMBER = "4111 1111 1111 1111"


@pytest.fixture
def history() -> KnownUses:
    return KnownUses()


@pytest.fixture
def app(store, settings, clock, history) -> FastAPI:
    return create_app(store, settings, clock, history=history, vault=LoopbackVault())


@pytest.fixture
def case(store) -> str:
    return ring(store)


def text(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_the_worst_finding_is_said_first_and_every_rule_is_linked(browser, case):
    html = browser("agent").get(f"/cases/{case}").text
    assert html.index("the worst of all") < html.index("another &lt;b&gt;sentence&lt;/b&gt;")
    assert 'href="/rules/impossible_travel"' in html
    assert 'href="/rules/burst"' in html


def test_evidence_reads_as_facts_and_never_as_json(browser, case):
    html = browser("agent").get(f"/cases/{case}").text
    said = text(html)
    assert "distance 686 km" in said
    assert "time between 1 h 55 min" in said
    assert "CN¥3,584.67" in said
    assert "left at 5 Mar 19:00:00" in said, "in the reader's zone"
    assert "device late dev-1 yes" in said, "a nested value is a table"
    assert "&#39;km&#39;" not in html
    assert "{&#34;" not in html
    assert "{'" not in said
    assert said.index("How the rule is set") < said.index("believed up to 900 km/h")


def test_a_case_says_how_it_ranks_and_how_its_findings_combine(browser, case):
    said = text(browser("agent").get(f"/cases/{case}").text)
    assert re.search(r"Expected loss CN¥[\d,.]+ = \d+% . CN¥[\d,.]+", said)
    assert "ring of 2 cards" in said
    assert "(tier private) after the first alert" in said
    assert re.search(r"impossible travel 90% 90% burst 50% 9\d%", said)


def test_people_are_shown_with_masked_numbers_last_digits_and_tier(browser, case):
    said = text(browser("agent").get(f"/cases/{case}").text)
    assert re.search(r"u-1 private 20:00 there \(Asia/Shanghai\)", said)
    assert "•••• 1111" in said
    assert "•••• 2222" in said
    assert re.search(r"\+1 \d{3}\*{4}\d{4}|\+1 \d\d\*{4}\d{4}", said)
    assert "555" not in said


def test_no_page_of_a_case_holds_a_card_number(browser, case, store):
    client = browser("agent")
    answer = client.post(f"/cases/{case}/notes", data={"text": f"she read {TEST_NUMBER} to me"}, headers=HTMX)
    assert answer.status_code == 200
    assert "1111" in answer.text
    for path in (f"/cases/{case}", f"/cases/{case}/timeline?lines=notes", "/cases/find?q=1111"):
        assert not holds_card_number(text(client.get(path).text).replace("•", "")), path
    assert TEST_NUMBER not in str([entry.note for entry in store.cases.show(case).timeline])


def test_uses_of_a_day_before_and_after_are_drawn_and_those_that_alerts_name_are_marked(
    browser, case, history
):
    history.uses = [
        use("before-one", -HOUR_MS),
        use("event-one", 0, place="Taipei", lat=25.0, lon=121.5),
        use("else", HOUR_MS, outcome="declined", decline_reason="wrong_pin"),
    ]
    html = browser("agent").get(f"/cases/{case}").text
    assert history.asked == (("c-1", "c-2"), NOON_MS - DAY_MS, NOON_MS + MINUTE_MS + DAY_MS)
    assert html.count('<tr class="named">') == 2
    assert html.count('<svg class="drawing') == 2
    said = text(html)
    assert "Taipei" in said
    assert "declined wrong PIN" in said


def test_a_table_of_uses_has_a_hundred_rows_at_most(browser, case, history):
    history.uses = [use(f"e{number}", number) for number in range(150)]
    html = browser("agent").get(f"/cases/{case}").text
    assert html.count("purchase <span") == 100
    assert "50 more are drawn above" in text(html)


@pytest.mark.parametrize("away", [True, False])
def test_without_history_the_events_that_alerts_name_stand_in(browser, case, history, away):
    history.away = away
    said = text(browser("agent").get(f"/cases/{case}").text)
    assert "event-one" in said
    assert ("the history sleeps" in said) is away


def test_a_case_of_a_device_has_no_transactions_and_says_what_is_wrong(browser, store):
    case_id = one_case(store, raised("jam", "note_jam"))
    html = browser("agent").get(f"/cases/{case_id}").text
    assert "What is wrong" in html
    assert "lasts" in html
    assert "Transactions around it" not in html


def test_a_page_that_asks_anew_gets_its_parts_only_if_something_happened(browser, case, store):
    client = browser("agent")
    mark = re.search(r"mark=([\d-]+)", client.get(f"/cases/{case}").text)[1]
    assert client.get(f"/cases/{case}?mark={mark}", headers=HTMX).status_code == 204
    store.work.note(case, "something new", LEAD, NOON_MS + 1)
    again = client.get(f"/cases/{case}?mark={mark}", headers=HTMX)
    assert again.status_code == 200
    assert "something new" in again.text
    assert "<html" not in again.text


def test_who_looks_at_a_case_is_on_record_once_a_minute(browser, case, store, clock):
    client = browser("agent")
    for _ in range(3):
        client.get(f"/cases/{case}")
    clock.now_ms += MINUTE_MS
    client.get(f"/cases/{case}")
    seen = store.audit.list(LEAD, NOON_MS, object_=f"case:{case}", verb="viewed")
    assert [(entry.actor, entry.at_ms) for entry in seen] == [
        ("agent", NOON_MS),
        ("agent", NOON_MS + MINUTE_MS),
    ]


@pytest.mark.parametrize(("role", "may"), [("agent", True), ("analyst", True), ("auditor", False)])
def test_notes_are_written_by_those_who_may(browser, case, store, role, may):
    answer = browser(role).post(f"/cases/{case}/notes", data={"text": "called the branch"})
    assert (answer.status_code, answer.headers.get("location")) == (
        (303, f"/cases/{case}") if may else (403, None)
    )
    assert ("called the branch" in [entry.note for entry in store.cases.show(case).timeline]) is may


def test_a_note_without_words_is_refused_in_words(browser, case):
    answer = browser("agent").post(f"/cases/{case}/notes", data={"text": "  "}, headers=HTMX)
    assert answer.status_code == 422
    assert "1 to 4,000 characters" in answer.text


def test_the_timeline_is_newest_first_filtered_and_in_pages(browser, case, store):
    for number in range(30):
        store.work.note(case, f"note {number:02}", LEAD, NOON_MS + number)
    client = browser("agent")
    first = text(client.get(f"/cases/{case}/timeline").text)
    assert first.index("note 29") < first.index("note 28")
    assert "note 04" not in first
    assert "1 of 2" in first
    second = text(client.get(f"/cases/{case}/timeline?page=2").text)
    assert "note 04" in second
    assert "opened" in second
    assert (
        "opened"
        not in text(client.get(f"/cases/{case}/timeline?lines=people&page=99").text).split("note", 1)[1]
    )


def test_the_evidence_leaves_only_after_a_second_person_signed(browser, case, store):
    analyst = browser("analyst")
    refused = analyst.post(f"/cases/{case}/package")
    assert refused.status_code == 409
    assert "two people" in refused.text
    proposed = analyst.post(f"/cases/{case}/evidence", data={"reason": "the police ask"}, headers=HTMX)
    assert proposed.status_code == 200
    assert "a second person is to sign" in text(proposed.text)
    (action,) = store.actions.list(LEAD, kind=Kind.EVIDENCE_EXPORT)
    store.actions.approve(action.id, SECOND, NOON_MS + 1)
    assert "Download the signed package" in analyst.get(f"/cases/{case}").text
    package = analyst.post(f"/cases/{case}/package")
    assert package.headers["content-disposition"] == f'attachment; filename="{case}.zip"'
    assert package.content.startswith(b"PK")
    assert browser("agent").post(f"/cases/{case}/package").status_code == 403


def test_actions_say_who_made_them_and_who_must_sign(browser, case, store):
    report = Proposal(kind=Kind.REPORT_POLICE, target=f"case:{case}", reason="a gang", case_id=case)
    action = store.actions.propose(report, LEAD, NOON_MS)
    html = browser("agent").get(f"/cases/{case}").text
    assert "report to the police" in html
    assert "a gang" in html
    assert f"/approvals?item={action.id}" in html


def test_what_the_learned_model_saw_is_listed_with_its_weight(browser, store):
    seen = [
        {"feature": "ratio", "value": 8.0, "weight": 4.0, "words": "8 times the usual amount"},
        {"feature": "km", "value": 500, "weight": -1.0, "words": "near home"},
    ]
    told = finding("l", "c-9", "u-9", "9999", detector="learned_risk", evidence={"contributions": seen})
    store.cases.take_in([told], NOON_MS)
    (case,) = store.cases.list()
    html = browser("agent").get(f"/cases/{case.id}").text
    assert "8 times the usual amount" in html
    assert 'width="60.0"' in html
    assert 'width="15.0"' in html


def test_a_case_with_next_to_nothing_on_record_is_a_page_too(browser, store):
    store.cases.take_in([alert("bare", "c-0", evidence={}, parameters={})], NOON_MS)
    (case,) = store.cases.list()
    said = text(browser("auditor").get(f"/cases/{case.id}").text)
    assert "The rule told nothing beyond its sentence." in said
    assert "Cards without a known customer" in said


def test_a_merged_case_leads_to_the_one_it_went_into(browser, store):
    one, other = alert("a", "c-1", "u-1"), alert("b", "c-2", "u-2", at_ms=1)
    store.cases.take_in([one, other], NOON_MS)
    before = {case.id for case in store.cases.list()}
    both = alert(
        "c", None, "u-1", at_ms=2, scope="terminal", key="t", members=[("c-1", "u-1"), ("c-2", "u-2")]
    )
    store.cases.take_in([both], NOON_MS)
    (left,) = store.cases.list()
    (merged,) = before - {left.id}
    html = browser("lead").get(f"/cases/{merged}").text
    assert f'href="/cases/{left.id}"' in html
    assert "No finding is on record here." in html


def test_a_case_that_there_is_not_is_said_so(browser):
    answer = browser("lead").get("/cases/C0000000000")
    assert answer.status_code == 404
    assert "there is no case" in answer.text


def test_times_are_written_for_the_reader_and_not_as_records_have_them(browser, case, store):
    store.work.note(case, f"call back at {iso(NOON_MS)}", LEAD, NOON_MS)
    said = text(browser("agent").get(f"/cases/{case}/timeline").text)
    assert "call back at 5 Mar 20:00:00" in said
