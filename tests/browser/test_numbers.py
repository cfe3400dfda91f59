"""Numbers in full at the screen: with a reason, for a while, and on record."""

import pytest

from cases.reveals import REVEALED
from cases.who import Role, Who
from tests.browser.taking_in import take_in
from tests.browser.watching import now_ms, status

pytestmark = pytest.mark.slow

WHY = "the customer asks which number we hold"


def revealed(page, case: str) -> str:
    """Ask for the telephone number of the case and give what is shown."""
    page.click(f"a[href='/cases/{case}']")
    page.click(".case-reveal summary")
    page.fill(".case-reveal[open] input[name=words]", WHY)
    page.click(".case-reveal[open] button.primary")
    return page.inner_text(".case-revealed")


def reveals(store) -> list[tuple[str, str]]:
    """Who had which reasons to see a number, as the audit has it."""
    rows = store.audit.list(Who("au", Role.AUDITOR), now_ms(), verb=REVEALED)
    return [(row.actor, row.reason) for row in rows]


def test_a_number_is_shown_for_a_reason_masks_itself_and_is_on_record(enter, store):
    case = take_in(store, "one")
    page = enter("agent", "/work")
    page.keyboard.press("n")
    page.wait_for_selector("#case-title")
    masked = page.inner_text(".case-numbers .card-no >> nth=0")
    assert "*" in masked
    page.clock.install()
    digits = revealed(page, case)
    assert "*" not in digits
    assert digits.replace(" ", "").lstrip("+").isdigit()
    ((actor, reason),) = reveals(store)
    assert actor == "demo-agent"
    assert "dial_by_hand" in reason
    page.wait_for_selector(f".timeline >> text={WHY}")
    # The record of it is a change too, which draws the page anew: the number stays for its half minute.
    assert page.inner_text(".case-revealed") == digits
    page.clock.fast_forward(31_000)
    page.wait_for_selector(".case-revealed", state="detached")
    assert page.inner_text(".case-numbers .card-no >> nth=0") == masked
    assert digits not in page.content()


def test_a_number_in_full_goes_behind_the_lock_and_by_escape(enter, store, complaints):
    complaints.expect(status(423))
    case = take_in(store, "one")
    page = enter("agent", "/work")
    page.keyboard.press("n")
    revealed(page, case)
    page.keyboard.press("Escape")
    page.wait_for_selector(".case-revealed", state="detached")
    page.click(".case-reveal summary")
    page.fill(".case-reveal[open] input[name=words]", WHY)
    page.click(".case-reveal[open] button.primary")
    page.wait_for_selector(".case-revealed")
    page.click(".bar .menu summary")
    page.click("form[action='/lock'] button")
    page.wait_for_selector("#lock-screen[open]")
    assert page.query_selector(".case-revealed") is None


def test_who_does_not_hold_the_case_is_shown_no_number(enter, store):
    case = take_in(store, "one")
    page = enter("agent", f"/cases/{case}")
    assert page.query_selector(".case-reveal") is None
    assert reveals(store) == []
