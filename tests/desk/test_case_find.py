"""Finding a case: by what somebody has in their hands."""

import pytest

from cases.who import Role, Who
from tests.cases.made import NOON_MS, alert
from tests.desk.case_made import ring

LEAD = Who("l1", Role.LEAD)


@pytest.mark.parametrize(
    "asked", ["{case}", " {case} ", "u-1", "customer:u-2", "c-1", "card:c-2", "1111", "•••• 2222"]
)
def test_the_one_case_it_can_be_is_opened(browser, store, asked):
    case = ring(store)
    answer = browser("agent").get("/cases/find", params={"q": asked.format(case=case)})
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/cases/{case}")


def test_an_id_is_found_in_whatever_case_it_was_typed(browser, store):
    case = ring(store)
    assert (
        browser("agent").get("/cases/find", params={"q": case.upper()}).headers["location"]
        == f"/cases/{case}"
    )


def test_several_cases_are_listed_the_live_ones_first(browser, store):
    for number in range(3):
        store.cases.take_in([alert(f"a{number}", f"c-{number}", f"u-{number}", last4="7777")], NOON_MS)
    cases = store.cases.list()
    html = browser("agent").get("/cases/find?q=7777").text
    assert all(f'href="/cases/{case.id}"' in html for case in cases)


def test_a_list_is_bounded(store):
    for number in range(6):
        store.cases.take_in([alert(f"a{number}", f"c-{number}", f"u-{number}", last4="7777")], NOON_MS)
    assert len(store.cases.find("7777", 4)) == 4


def test_nothing_found_says_what_to_give(browser):
    html = browser("agent").get("/cases/find?q=nothing-like-it").text
    assert "Nothing is on record about" in html
    assert "last four digits" in html


def test_a_card_number_is_refused_and_not_kept(browser, store):
    answer = browser("agent").get("/cases/find", params={"q": "4111111111111111"})
    assert answer.status_code == 422
    assert "last four digits" in answer.text
    assert "4111111111111111" not in answer.text
    assert store.audit.list(LEAD, NOON_MS, verb="viewed") == ()


def test_looking_for_somebody_is_on_record(browser, store):
    ring(store)
    browser("agent").get("/cases/find?q=u-1")
    (entry,) = store.audit.list(LEAD, NOON_MS, object_="queue:find")
    assert (entry.actor, entry.verb, entry.reason) == ("agent", "viewed", "u-1")


def test_who_has_no_business_with_customers_finds_nobody(browser):
    assert browser("ops").get("/cases/find?q=u-1").status_code == 403
