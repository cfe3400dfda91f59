"""The page of a case in a real browser: what it keeps while it changes, and what it lets nobody keep."""

import pytest

from cases.who import Role, Who
from tests.browser.watching import now_ms
from tests.desk.case_made import ring

pytestmark = pytest.mark.slow

LEAD = Who("somebody-else", Role.LEAD)


@pytest.fixture
def case(store) -> str:
    """A ring of two customers with three telephones."""
    return ring(store)


def test_what_is_open_and_typed_stays_while_the_case_changes(enter, store, case):
    page = enter("lead", f"/cases/{case}")
    page.locator(".case-rests summary").first.click()
    page.locator("#case-note").fill("half a note")
    store.work.note(case, "from elsewhere", LEAD, now_ms())
    page.wait_for_selector("text=from elsewhere")
    assert page.locator(".case-rests[open]").count() == 1
    assert page.locator("#case-note").input_value() == "half a note"


def test_a_number_is_shown_hides_behind_escape_and_leaves_no_digit(enter, case):
    page = enter("lead", f"/cases/{case}")
    place = page.locator("[data-masked]").first
    hidden = place.inner_text()
    page.locator(".case-reveal summary").first.click()
    page.locator(".case-reveal input[name=words]").first.fill("to compare it")
    page.locator(".case-reveal button").first.click()
    page.wait_for_selector(".case-revealed")
    digits = page.locator(".case-revealed").inner_text()
    assert digits != hidden
    # The record of it is a change, which the page follows without hiding the number at once.
    page.wait_for_selector("ol.timeline >> text=number shown")
    assert page.locator(".case-revealed").inner_text() == digits
    page.keyboard.press("Escape")
    assert page.locator(".case-revealed").count() == 0
    assert place.inner_text() == hidden
    assert digits not in page.content()


def test_a_number_hides_by_itself(enter, case, complaints):
    # What the page is just asking for by itself looks half a minute old to it.
    complaints.expect("htmx:error: timeout")
    page = enter("lead", f"/cases/{case}")
    page.clock.install()
    page.locator(".case-reveal summary").first.click()
    page.locator(".case-reveal input[name=words]").first.fill("to compare it")
    page.locator(".case-reveal button").first.click()
    page.wait_for_selector(".case-revealed")
    page.clock.run_for(29_000)
    assert page.locator(".case-revealed").count() == 1
    page.clock.run_for(2_000)
    assert page.locator(".case-revealed").count() == 0


def test_a_sent_note_empties_its_field_and_its_draft(enter, case):
    page = enter("lead", f"/cases/{case}")
    page.locator("#case-note").fill("the branch knows her")
    page.locator(".case-notes button").click()
    page.wait_for_selector("ol.timeline >> text=the branch knows her")
    assert page.locator("#case-note").input_value() == ""
    page.reload()
    assert page.locator("#case-note").input_value() == ""


def test_everything_is_open_on_paper_and_folded_again_after(enter, case):
    page = enter("lead", f"/cases/{case}")
    closed = page.locator(".case-main details:not([open])").count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".case-main details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".case-main details:not([open])").count() == closed
