"""Calls from the work place: dialled, answered, and what they lead to."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from cases.actions.kinds import Kind
from cases.calling.dispositions import DISPOSITIONS
from cases.who import Role, Who
from desk.app import create_app
from desk.bank.vault import LoopbackVault
from desk.settings import DeskSettings
from domain.findings import Severity
from domain.instants import span_ms
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS
from tests.cases.worked import AGENT
from tests.desk.agents import Held, case_of, fraud, held, press, seen_actions
from tests.desk.conftest import HTMX, SAME_ORIGIN


@pytest.fixture
def app(store, settings, clock):
    return create_app(store, settings, clock, vault=LoopbackVault())


@pytest.fixture
def agent(browser):
    return browser("agent", "a17")


@pytest.fixture
def mine(agent, store) -> Held:
    fraud(store, "u1")
    return held(press(agent, "next"))


def attempts(store):
    """Give what is on record of the calls of the only case."""
    (case,) = store.cases.list()
    with store.db.reading():
        return store.db.rows("attempts_of_case", case_id=case.id)


def shown(store) -> list[str]:
    """Give what is on record of the numbers that were shown."""
    entries = store.audit.list(Who("l1", Role.LEAD), NOON_MS, limit=500)
    return [each.reason for each in entries if each.verb == "revealed"]


def test_dialling_opens_a_call_with_a_clock_and_a_masked_number(agent, mine, clock):
    page = press(agent, "dial", **mine._asdict()).text
    assert "Ringing" in page
    assert f'data-since="{clock.now_ms}"' in page
    assert LoopbackVault().masked_numbers(["u1-mobile"], "phone")["u1-mobile"] in page
    assert LoopbackVault()._number("u1-mobile", "phone") not in page


def test_the_digits_are_shown_during_the_call_alone_and_that_is_on_record(agent, mine, store):
    refused = press(agent, "number", task=mine.task)
    assert refused.status_code == 409
    press(agent, "dial", **mine._asdict())
    page = press(agent, "number", task=mine.task).text
    assert LoopbackVault()._number("u1-mobile", "phone") in page
    assert 'href="tel:+1' in page
    assert shown(store) == ["phone u1-mobile: dial"]
    (case,) = store.cases.list()
    (line,) = [each for each in store.cases.show(case.id).timeline if each.what == "revealed"]
    assert (line.actor, line.new, line.note) == ("a17", "phone u1-mobile", "dial")


def test_digits_of_calls_count_among_those_of_the_hour(store, clock, browser):
    few = create_app(store, DeskSettings(reveals_per_hour=2), clock, vault=LoopbackVault())
    with TestClient(few, headers=SAME_ORIGIN, cookies=browser("agent", "a17").cookies) as agent:
        fraud(store, "u1")
        mine = held(press(agent, "next"))
        press(agent, "dial", **mine._asdict())
        asked = [press(agent, "number", task=mine.task) for _ in range(3)]
    assert [each.status_code for each in asked] == [200, 200, 429]
    assert "2 is the most" in asked[-1].text
    assert LoopbackVault()._number("u1-mobile", "phone") not in asked[-1].text
    assert len(shown(store)) == 2


def test_a_vault_that_is_away_is_said_in_place_and_nothing_counts_as_shown(store, settings, clock, browser):
    without = create_app(store, settings, clock)
    with TestClient(without, headers=SAME_ORIGIN, cookies=browser("agent", "a17").cookies) as agent:
        fraud(store, "u1")
        mine = held(press(agent, "next"))
        press(agent, "dial", **mine._asdict())
        page = press(agent, "number", task=mine.task)
    assert (page.status_code, "no vault is set up here" in page.text) == (200, True)
    assert shown(store) == []


def test_the_page_of_a_case_cannot_pass_for_a_call(agent, mine, store):
    (case,) = store.cases.list()
    asked = {"kind": "phone", "handle": "u1-mobile", "reason": "dial"}
    refused = agent.post(f"/cases/{case.id}/reveal", data=asked, headers=HTMX)
    assert (refused.status_code, "dial first" in refused.text) == (409, True)
    assert shown(store) == []


def test_somebody_else_is_not_shown_the_digits(browser, agent, mine):
    press(agent, "dial", **mine._asdict())
    assert press(browser("agent", "a18"), "number", task=mine.task).status_code == 409


def test_before_the_call_there_is_no_way_to_end_one(agent, mine):
    page = agent.get("/work").text
    assert 'name="disposition"' not in page
    assert 'data-key="d"' in page


def test_only_what_can_end_a_call_of_fraud_is_offered_with_its_letters(agent, mine):
    page = press(agent, "dial", **mine._asdict()).text
    for each in DISPOSITIONS.values():
        offered = f'value="{each.code}"' in page
        assert offered is ("fraud" in each.cases), each.code
    assert 'value="genuine" data-key="g" data-needs="identity"' in page
    assert 'value="busy" data-key="b"' in page
    assert 'data-opens="block-dialog" data-key="k"' in page


def test_a_script_is_read_in_both_languages(agent, mine):
    page = agent.get("/work").text
    assert "Good day, this is the risk desk of your bank." in page
    assert "这里是您开户银行" in page
    assert "CVV" in page


def test_who_answered_is_noted_and_the_time_is_kept_with_the_attempt(agent, mine, store, clock):
    press(agent, "dial", **mine._asdict())
    clock.now_ms += 20_000
    page = press(agent, "answered", **mine._asdict()).text
    assert "On the phone" in page
    clock.now_ms += 60_000
    press(agent, "answered", **mine._asdict())
    press(agent, "attempt", **mine._asdict(), disposition="third_party")
    (row,) = attempts(store)
    assert (row["answered_at_ms"], row["ended_at_ms"]) == (NOON_MS + 20_000, NOON_MS + 80_000)


def test_that_somebody_answered_needs_a_call(agent, mine):
    refused = press(agent, "answered", **mine._asdict())
    assert refused.status_code == 409
    assert "dial first" in refused.text


def test_nothing_is_confirmed_before_the_person_is_verified(agent, mine, store):
    press(agent, "dial", **mine._asdict())
    refused = press(agent, "attempt", **mine._asdict(), disposition="genuine")
    assert refused.status_code == 422
    assert "identity" in refused.text
    done = press(agent, "attempt", **mine._asdict(), disposition="genuine", checked=["identity"])
    assert "the case is closed: genuine" in done.text


def test_after_the_end_the_next_case_comes_by_itself_unless_told_not_to(agent, mine, store):
    fraud(store, "u2", "u3")
    press(agent, "dial", **mine._asdict())
    ended = {"disposition": "confirmed_fraud", "checked": ["identity"]}
    following = press(agent, "attempt", **mine._asdict(), **ended, auto_next=1)
    second = held(following)
    assert "the case is closed: fraud confirmed" in following.text
    press(agent, "dial", **second._asdict())
    last = press(agent, "attempt", **second._asdict(), **ended)
    assert 'data-key="n"' in last.text
    assert 'id="case-title"' not in last.text


def test_the_same_end_sent_twice_counts_once(agent, mine, store):
    press(agent, "dial", **mine._asdict())
    ended = {"disposition": "no_answer", **mine._asdict()}
    assert press(agent, "attempt", **ended).status_code == 200
    assert press(agent, "attempt", **ended).status_code == 409
    assert len(attempts(store)) == 1


def test_dialling_twice_is_one_call(agent, mine, store):
    press(agent, "dial", **mine._asdict())
    again = press(agent, "dial", **mine._asdict())
    assert again.status_code == 409
    assert "record how that call ended first" in again.text


@pytest.mark.parametrize(
    ("given", "wakes_ms"),
    [
        ({"callback_in": 30}, NOON_MS + 30 * MINUTE_MS),
        # Noon of the tests is 20:00 in Shanghai, where the customer is.
        ({"callback_at": "2026-03-05T21:30"}, NOON_MS + 90 * MINUTE_MS),
        ({"callback_in": "", "callback_at": "2026-03-05T22:00"}, NOON_MS + 2 * HOUR_MS),
    ],
)
def test_a_callback_is_by_minutes_or_by_the_customers_clock(agent, mine, store, given, wakes_ms):
    press(agent, "dial", **mine._asdict())
    press(agent, "attempt", **mine._asdict(), disposition="callback_later", **given)
    (case,) = store.cases.list()
    assert (case.waiting_reason, case.wake_at_ms) == ("callback", wakes_ms)


def test_a_callback_needs_a_time_that_can_be_read(agent, mine):
    press(agent, "dial", **mine._asdict())
    without = press(agent, "attempt", **mine._asdict(), disposition="callback_later")
    assert (without.status_code, "needs the time to call back" in without.text) == (422, True)
    wrong = press(agent, "attempt", **mine._asdict(), disposition="callback_later", callback_at="soon")
    assert (wrong.status_code, "is no time to call back" in wrong.text) == (422, True)


def test_a_time_to_call_back_does_not_hinder_another_end(agent, mine):
    press(agent, "dial", **mine._asdict())
    assert press(agent, "attempt", **mine._asdict(), disposition="busy", callback_in=30).status_code == 200


def test_who_may_not_be_called_now_is_put_aside_and_that_is_said_in_place(browser, store, clock):
    fraud(store, "u1", severity=Severity.MEDIUM)
    clock.now_ms += 5 * HOUR_MS  # one in the morning where the customer is
    agent = browser("agent", "a17")
    page = press(agent, "claim", case=store.cases.list()[0].id)
    assert "Nobody may be called now: it is 01:00 there" in page.text
    assert "Put aside until 08:00" in page.text
    aside = press(agent, "dial", **held(page)._asdict())
    assert aside.status_code == 200
    assert "outside the hours of calls like this" in aside.text
    assert 'id="case-title"' not in aside.text
    assert store.cases.list()[0].waiting_reason == "window"


def test_a_call_that_was_not_dialled_here_is_recorded_too(agent, mine):
    page = agent.get(f"/work?task={mine.task}&by_hand=1").text
    assert 'name="disposition"' in page
    assert '<option value="u1-mobile">' in page
    told = press(agent, "attempt", **mine._asdict(), disposition="wants_branch", number="u1-mobile")
    assert told.status_code == 200
    assert "Goes to a branch" in told.text


def test_a_number_that_leads_nowhere_asks_for_another_and_the_call_comes_back(agent, mine, store):
    press(agent, "dial", **mine._asdict())
    press(agent, "attempt", **mine._asdict(), disposition="number_invalid")
    page = press(agent, "next")
    assert "Find a number" in page.text
    assert "u1-mobile is right after all" in page.text
    done = press(agent, "number-found", **held(page)._asdict(), number="u1-mobile", auto_next=1)
    assert "The call is ready again." in done.text
    assert "Call the customer" in done.text


def test_the_customer_consents_during_the_call(agent, mine, store, clock):
    page = press(agent, "dial", **mine._asdict())
    asked = {
        "case": case_of(page),
        "target": ["card:card-u1"],
        "basis": "consent",
        "reason": "she wants it",
        "minutes": 60,
        "seen_actions": seen_actions(page),
    }
    early = press(agent, "block", **asked)
    assert (early.status_code, "nobody can have consented" in early.text) == (409, True)
    press(agent, "answered", **mine._asdict())
    told = press(agent, "block", **asked)
    assert "takes effect now" in told.text
    (block,) = store.actions.list(AGENT)
    assert (block.kind, block.expires_at_ms) == (
        Kind.TEMPORARY_BLOCK,
        clock.now_ms + span_ms(timedelta(hours=1)),
    )
