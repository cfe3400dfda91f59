"""Approvals: everything that waits for a second person, and what becomes of it there."""

import json

import pytest

from cases.actions.action import Basis
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.actions.proposing import Proposal
from cases.profiles.version import Content, Reference
from cases.signing_off.change import Report
from cases.who import Role, Who
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.models import learnt
from tests.desk.accounts_made import PASSWORD, with_password

HTMX = {"HX-Request": "true"}
AGENT, LEAD, ANALYST = Who("a18", Role.AGENT), Who("lead", Role.LEAD), Who("ana", Role.ANALYST)
TERMS = Basis.parse("terms")


@pytest.fixture
def case(store):
    store.cases.take_in([alert("one", "card-1", "u-1", reason="two cities in an hour")])
    return store.cases.list()[0]


@pytest.fixture
def block(store, case):
    wanted = Proposal(
        kind=Kind.TEMPORARY_BLOCK, target="card:card-1", reason="tested", case_id=case.id, basis=TERMS
    )
    return store.actions.propose(wanted, AGENT, NOON_MS)


@pytest.fixture
def payment(store, case):
    wanted = Proposal(
        kind=Kind.STOP_PAYMENT, target="payment:P-1", reason="not them", case_id=case.id, basis=TERMS
    )
    return store.actions.propose(wanted, AGENT, NOON_MS)


def promote(store, text="name: night\ndetectors:\n  burst:\n    uses: 8\n", now_ms=NOON_MS):
    added = store.profiles.add(Content(name="night", text=text), ANALYST, now_ms, "fewer calls").version
    report = Report(name="backtest.html", digest="ab" * 32, figures={"alerts": 17})
    store.profiles.promote(Reference("night", added.number), ANALYST, now_ms, "half the calls", report)
    return f"profile:night@{added.number}"


def approve(client, item, **fields):
    return client.post("/approvals/approve", data={"item": item, **fields}, headers=HTMX)


def reject(client, item, reason="the customer called back"):
    return client.post("/approvals/reject", data={"item": item, "reason": reason}, headers=HTMX)


def test_a_block_that_one_person_set_is_shown_with_both_parties_its_case_and_when_it_is_due(
    browser, block, case
):
    page = browser("lead").get("/approvals").text
    assert "In force already, set by one person" in page
    assert "a18" in page
    assert case.id in page
    assert "two cities in an hour" in page
    assert "Blocked by a18 alone" in page


def test_what_is_due_first_comes_first_whatever_it_is(browser, store, block, payment):
    promote(store)
    page = browser("lead").get("/approvals").text
    places = [page.index(f"pending-{number}") for number in (1, 2, 3)]
    listed = page[places[0] :]
    assert listed.index("card:card-1") < listed.index("payment:P-1") < listed.index("night@1")


def test_approving_confirms_and_says_so_and_shows_what_is_next(browser, store, block, payment):
    answer = approve(browser("lead"), f"action:{block.id}")
    assert answer.status_code == 200
    assert json.loads(answer.headers["hx-trigger"])["desk:told"] == f"{block.id} is approved."
    assert store.actions.get(block.id, LEAD).checker == "lead"
    assert "payment:P-1" in answer.text


def test_the_maker_sees_that_another_person_must_decide_and_cannot_do_it_all_the_same(
    browser, store, payment
):
    maker = browser("agent", "a18")
    page = maker.get("/approvals").text
    assert "another person must decide" in page
    assert "approve-dialog" not in page
    assert approve(maker, f"action:{payment.id}").status_code == 403
    assert store.actions.get(payment.id, LEAD).status is Status.PROPOSED


def test_a_role_that_cannot_approve_sees_why(browser, store, payment):
    agent = browser("agent", "another")
    page = agent.get("/approvals").text
    assert "Your role cannot approve this." in page
    assert "approve block; that takes: lead, compliance" in page
    assert approve(agent, f"action:{payment.id}").status_code == 403


def test_rejecting_takes_a_reason_and_ends_a_block_that_was_in_force(browser, store, block):
    lead = browser("lead")
    assert reject(lead, f"action:{block.id}", " ").status_code == 422
    assert reject(lead, f"action:{block.id}").status_code == 200
    assert store.actions.get(block.id, LEAD).end_reason == "refused"


def test_what_was_decided_meanwhile_is_said_to_be_gone(browser, store, payment, block):
    lead = browser("lead")
    store.actions.reject(payment.id, LEAD, "no", NOON_MS)
    page = lead.get(f"/approvals?item=action:{payment.id}", headers=HTMX).text
    assert "decided meanwhile" in page
    assert approve(lead, f"action:{payment.id}").status_code == 409


def test_a_profile_is_shown_by_the_lines_that_differ_and_the_figures_of_its_report(browser, store):
    promote(store)
    store.profiles.approve(Reference("night", 1), LEAD, NOON_MS)
    item = promote(store, "name: night\ndetectors:\n  burst:\n    uses: 9\n", NOON_MS + MINUTE_MS)
    page = browser("lead", "other").get(f"/approvals?item={item}").text
    assert "uses: 8" in page
    assert "uses: 9" in page
    assert "backtest.html" in page
    assert ">17<" in page
    assert approve(browser("lead", "other"), item).status_code == 200
    assert store.profiles.in_force("night").version.number == 2


def test_whoever_proposed_a_profile_takes_it_back(browser, store):
    item = promote(store)
    analyst = browser("analyst", "ana")
    assert "Take it back" in analyst.get(f"/approvals?item={item}").text
    assert reject(analyst, item, "found a mistake").status_code == 200
    assert store.profiles.changes("night")[0].decision.verdict == "withdrawn"


def test_a_model_is_shown_by_its_card_beside_the_one_in_force(browser, store):
    learnt.promote(store, learnt.add(store, "m1"))
    number = learnt.add(store, "m2", NOON_MS + HOUR_MS)
    store.models.propose(number, learnt.ANALYST, NOON_MS + HOUR_MS, "finds more", learnt.REPORT)
    page = browser("lead").get("/approvals?item=model:risk_model@2").text
    assert "risk_model@2 takes over from risk_model@1" in page
    assert "Average precision" in page
    assert approve(browser("lead"), "model:risk_model@2").status_code == 200
    assert [number for number, _ in learnt.in_force(store)] == [1, 2]


def test_a_user_that_somebody_proposed_is_let_in_by_another(browser, store, clock):
    with_password(store, browser, clock)
    store.accounts.propose_user(Who("lena", Role.LEAD), "nina", Role.AGENT, clock(), "starts today")
    page = browser("compliance").get("/approvals?item=user:nina").text
    assert "Nobody of this name" in page
    assert approve(browser("compliance"), "user:nina").status_code == 200
    assert store.accounts.user("nina").state == "invited"
    assert "user:nina" not in browser("agent").get("/approvals").text


def test_who_has_a_password_gives_it_once_more_and_a_wrong_one_does_nothing(browser, store, clock, payment):
    lena = with_password(store, browser, clock)
    assert 'name="password"' in lena.get("/approvals").text
    wrong = approve(lena, f"action:{payment.id}", password="not this one")
    assert (wrong.status_code, "not your password" in wrong.text) == (403, True)
    assert store.actions.get(payment.id, LEAD).status is Status.PROPOSED
    assert approve(lena, f"action:{payment.id}", password=PASSWORD).status_code == 200


def test_who_signed_in_elsewhere_long_ago_signs_in_again_first(browser, clock, payment):
    lead = browser("lead")
    for _ in range(4):
        clock.now_ms += 10 * MINUTE_MS
        lead.get("/approvals")
    late = approve(lead, f"action:{payment.id}")
    assert (late.status_code, "do so again at the bank" in late.text) == (403, True)


def test_looking_at_something_is_on_record_once_however_often_the_page_asks_anew(
    browser, store, clock, payment
):
    lead = browser("lead")
    for _ in range(3):
        lead.get(f"/approvals?item=action:{payment.id}")
    browser("compliance").get("/approvals", headers=HTMX | {"X-By-Itself": "1"})
    clock.now_ms += 16 * MINUTE_MS
    browser("lead").get("/approvals")
    auditor = Who("au", Role.AUDITOR)
    seen = store.audit.list(auditor, NOON_MS, object_=f"action:{payment.id}", verb="viewed")
    assert [row.actor for row in seen] == ["lead", "compliance", "lead"]


def test_without_anything_waiting_the_page_says_what_would_appear(browser):
    assert "Nothing waits for a second person" in browser("lead").get("/approvals").text


@pytest.mark.parametrize("item", ["", "card:1", "action:", "profile:Night@1", "action:A0000000000"])
def test_what_could_never_wait_is_refused_in_words(browser, item):
    answer = approve(browser("lead"), item)
    assert answer.status_code in (404, 422)
    assert "refusal" in answer.text


def test_ops_sees_no_approvals(browser):
    assert browser("ops").get("/approvals").status_code == 403
