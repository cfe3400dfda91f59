"""Blocks and stopped payments from the work place: their basis, their second person, and no block twice."""

import re

import pytest

from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.case import Status as CaseStatus
from tests.cases.made import NOON_MS
from tests.cases.worked import AGENT
from tests.desk.agents import case_of, fraud, held, press, seen_actions
from tests.desk.conftest import HTMX


@pytest.fixture
def agent(browser, store):
    fraud(store, "u1")
    return browser("agent", "a17")


@pytest.fixture
def page(agent):
    return press(agent, "next")


def asked(page, **given):
    return {
        "case": case_of(page),
        "task": held(page).task,
        "target": ["card:card-u1"],
        "basis": "terms",
        "reason": "tested abroad",
        "minutes": 90,
        "seen_actions": seen_actions(page),
        **given,
    }


def test_the_dialog_offers_the_cards_of_the_case_and_says_who_checks(page):
    assert 'name="target" value="card:card-u1" checked' in page.text
    assert page.text.count("at once; a second person checks within 30 minutes") == 3
    assert 'max="2880" value="1440"' in page.text


def test_a_block_takes_effect_at_once_and_says_by_when_it_is_checked(agent, page, store):
    told = press(agent, "block", **asked(page)).text
    assert "takes effect now; a second person checks it by 20:30:00" in told
    assert case_of(page) in told  # the case goes on
    (block,) = store.actions.list(AGENT)
    assert (block.target, block.maker, block.status) == ("card:card-u1", "a17", Status.APPROVED)
    assert block.expires_at_ms == NOON_MS + 90 * 60_000


def test_the_same_form_sent_twice_does_not_ask_for_a_longer_block(agent, page, store):
    press(agent, "block", **asked(page))
    again = press(agent, "block", **asked(page))
    assert again.status_code == 409
    assert "something was done in" in again.text
    assert len(store.actions.list(AGENT)) == 1


def test_a_block_that_is_renewed_on_purpose_waits_for_a_second_person(agent, page, store):
    after = press(agent, "block", **asked(page))
    told = press(agent, "block", **asked(after)).text
    assert "waits for a second person" in told
    assert {each.status for each in store.actions.list(AGENT)} == {Status.APPROVED, Status.PROPOSED}


def test_without_a_card_or_a_reason_or_an_order_nothing_is_blocked(agent, page, store):
    for given, words in (
        ({"target": []}, "choose at least one card"),
        ({"reason": " "}, "say why"),
        ({"basis": "order"}, "is no basis"),
        ({"basis": "order", "order": "2026-1"}, "2026-1"),
        ({"minutes": 3000}, "at most 48 hours"),
    ):
        refused = press(agent, "block", **asked(page, **given))
        assert refused.status_code in (404, 409, 422), given
        assert words in refused.text
    assert store.actions.list(AGENT) == []


def test_of_several_cards_those_that_can_be_are_blocked_and_the_rest_is_said(agent, page, store):
    told = press(agent, "block", **asked(page, target=["card:card-u1", "nonsense"])).text
    assert "takes effect now" in told
    assert "is nothing this can be done to" in told
    assert len(store.actions.list(AGENT)) == 1


def test_a_payment_is_stopped_by_two_people(agent, page, store):
    assert '<option value="event-u1">' in page.text
    given = asked(page, payment="event-u1")
    del given["target"], given["minutes"]
    told = press(agent, "stop", **given).text
    assert "Stop payment of payment:event-u1 waits for a second person." in told
    (wanted,) = store.actions.list(AGENT)
    assert (wanted.kind, wanted.status) == (Kind.STOP_PAYMENT, Status.PROPOSED)


def test_what_holds_is_shown_and_can_be_released(agent, page, store):
    blocked = press(agent, "block", **asked(page)).text
    (block,) = store.actions.list(AGENT)
    assert f'data-gives-action="{block.id}"' in blocked
    told = press(agent, "unblock", action=block.id, reason="it was them", task=held(page).task).text
    assert "Release of card:card-u1 waits for a second person." in told


def test_a_block_of_somebody_else_is_seen_without_asking(agent, page, store, browser):
    mine = held(page)
    lead = browser("lead")
    other = press(lead, "block", **asked(page))
    assert other.status_code == 200
    live = agent.get(f"/work/live?task={mine.task}&lease_no={mine.lease_no}", headers=HTMX).text
    assert 'id="standing"' in live
    assert "by lead at" in live


def ended(agent, page, how):
    """Reach the customer of the case that a page shows, and say how it ended."""
    task = held(page)
    press(agent, "dial", **task._asdict())
    press(agent, "answered", **task._asdict())
    return press(agent, "attempt", **task._asdict(), disposition=how, checked=["identity"], note="")


def test_a_confirmed_fraud_offers_the_block_of_a_card_that_still_works(agent, page, store):
    offered = ended(agent, page, "confirmed_fraud").text
    assert 'id="offer-form"' in offered
    (case,) = store.cases.list((CaseStatus.CLOSED,))
    form = offered[offered.index('id="offer-form"') :]
    assert f'name="case" value="{case.id}"' in form
    seen = re.search(r'name="seen_actions" value="([^"]*)"', form)
    told = press(
        agent,
        "block",
        case=case.id,
        target="card:card-u1",
        basis="terms",
        reason="said so",
        minutes=60,
        seen_actions=seen[1],
    )
    assert "takes effect now" in told.text
    assert [each.target for each in store.actions.list(AGENT)] == ["card:card-u1"]


def test_nothing_is_offered_for_a_card_that_is_blocked_or_a_customer_who_was_right(browser, store):
    fraud(store, "u1", "u2")
    agent = browser("agent", "a17")
    page = press(agent, "next")
    press(agent, "block", **asked(page, target=[f"card:card-{customer_of(page)}"]))
    assert "offer-form" not in ended(agent, page, "confirmed_fraud").text
    assert "offer-form" not in ended(agent, press(agent, "next"), "genuine").text


def customer_of(page):
    found = re.search(r'name="target" value="card:card-(u[0-9])"', page.text)
    return found[1]
