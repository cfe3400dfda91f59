"""What the work place does by itself: one call for many clicks, an offer that goes, a choice that stays."""

import pytest
from playwright.sync_api import Page

from tests.browser.taking_in import take_in

pytestmark = pytest.mark.slow


def claimed(page: Page) -> str:
    """Claim the next case by its key, and give it."""
    page.keyboard.press("n")
    page.wait_for_selector("#case-title")
    return page.inner_text("#case-title a").strip()


def give_back(page: Page) -> None:
    """Give the case back."""
    page.click("[data-opens=release-dialog]")
    page.click("#release-dialog .primary")
    page.wait_for_selector(".told form")


def test_however_often_a_button_is_pressed_it_is_one_call_and_one_end(enter, store):
    case_id = take_in(store, "one")
    page = enter("agent", "/work")
    assert claimed(page) == case_id
    thrice = "button => { button.click(); button.click(); button.click(); }"
    page.eval_on_selector("[data-key=d]", thrice)
    page.wait_for_selector(".running")
    page.eval_on_selector("[value=third_party]", thrice)
    page.wait_for_selector(".told")
    with store.db.reading():
        assert len(store.db.rows("attempts_of_case", case_id=case_id)) == 1
    assert page.query_selector(".refusal") is None


def test_a_confirmation_waits_for_the_person_to_be_verified_and_the_clock_runs(enter, store):
    take_in(store, "one")
    page = enter("agent", "/work")
    claimed(page)
    page.keyboard.press("d")
    page.wait_for_selector(".running")
    page.keyboard.press("a")
    page.wait_for_selector("[data-key=a]", state="detached")
    assert page.get_attribute("[id^=script-verify]", "open") is not None
    assert page.is_disabled("[value=confirmed_fraud]")
    page.wait_for_function("() => document.querySelector('.running').textContent >= '0:01'")
    page.check("input[value=identity]")
    assert page.is_enabled("[value=confirmed_fraud]")
    page.keyboard.press("k")
    page.fill("#block-dialog textarea", "tested abroad")
    page.click("#block-dialog .primary")
    page.wait_for_selector("#standing li")
    assert page.is_checked("input[value=identity]")
    assert page.query_selector("dialog[open]") is None
    page.keyboard.press("f")
    page.wait_for_selector(".told >> text=the case is closed")


def test_a_release_can_be_taken_back_until_the_offer_goes(enter, store):
    case_id = take_in(store, "one")
    page = enter("agent", "/work")
    claimed(page)
    give_back(page)
    page.click(".told button")
    page.wait_for_selector("#case-title")
    assert page.inner_text("#case-title a").strip() == case_id
    give_back(page)
    page.wait_for_selector(".told form", state="detached")
    assert page.is_visible(".told")


def test_the_next_case_waits_for_who_wants_a_breath(enter, store):
    take_in(store, "one")
    take_in(store, "two")
    page = enter("agent", "/work")
    claimed(page)
    page.uncheck("#auto-next")
    page.keyboard.press("d")
    page.wait_for_selector(".running")
    page.keyboard.press("n")  # no answer, while a call is open
    page.wait_for_selector(".told")
    assert page.query_selector("#case-title") is None
    page.reload()
    assert not page.is_checked("#auto-next")
