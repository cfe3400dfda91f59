"""Working through cases at the screen: claiming, calling, noting, all by keys."""

from threading import Thread

import pytest
from playwright.sync_api import Page

from cases.case import Status
from cases.store import open_store
from cases.who import Role
from tests.browser.people import sign_in
from tests.browser.taking_in import burst, take_in
from tests.browser.watching import now_ms, until
from tests.cases.accounts.people import add, team

pytestmark = pytest.mark.slow

NOTE = "Customer rang back from the number on record; card is in hand, two uses are not theirs. "


def case_on(page: Page) -> str:
    """Give the case that the work place is about."""
    page.wait_for_selector("#case-title")
    return page.inner_text("#case-title a")


def tab_to(page: Page, selector: str) -> None:
    """Walk by the Tab key alone until something has the focus."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never comes to {selector}")


def test_n_claims_the_most_pressing_case(enter, store):
    case = take_in(store, "one")
    page = enter("agent", "/work")
    page.keyboard.press("n")
    assert case_on(page) == case
    assert store.cases.show(case).case.status is Status.WORKING


def test_two_agents_who_press_n_at_the_same_moment_never_get_one_case(enter, store):
    pages = [enter("agent", "/work"), enter("lead", "/work")]
    for round_ in range(6):
        for each in range(2):
            take_in(store, f"{round_}-{each}")
        for page in pages:
            page.wait_for_selector("button[data-key=n]")
        at = now_ms() + 400
        for page in pages:
            page.evaluate(
                "at => void setTimeout(() => document.body.dispatchEvent("
                "new KeyboardEvent('keydown', { key: 'n', bubbles: true })), at - Date.now())",
                at,
            )
        assert len({case_on(page) for page in pages}) == 2
        for page in pages:
            release(page)


def release(page: Page) -> None:
    """Give the case back to the queue."""
    page.click("[data-opens=release-dialog]")
    page.fill("#release-dialog textarea", "next round")
    page.click("#release-dialog button.primary")
    page.wait_for_selector("#idle")


def test_typing_a_note_goes_on_while_three_hundred_alerts_arrive(enter, store, store_url):
    case = take_in(store, "one")
    page = enter("agent", "/work")
    page.keyboard.press("n")
    assert case_on(page) == case
    note = page.locator("textarea[name=note]:visible")
    note.focus()
    arrivals = Thread(target=lambda: _burst(store_url))
    arrivals.start()
    page.keyboard.type(NOTE * 3, delay=20)
    # What happens in the case itself redraws more of the page.
    take_in(store, "one")
    page.keyboard.type("And on.", delay=20)
    arrivals.join()
    page.wait_for_selector("#up-next li:nth-child(20)")
    page.wait_for_selector("#case-parts >> text=2")
    assert note.input_value() == NOTE * 3 + "And on."
    assert note.evaluate(
        "each => each === document.activeElement && each.selectionStart === each.value.length"
    )


def _burst(url: str) -> None:
    with open_store(url) as store:
        burst(store, 300)


def test_a_case_is_worked_from_signing_in_to_its_end_by_keys_alone(window, store):
    people = team(store, now_ms() - 120_000)
    agent = add(store, people.ops, people.lead, "ana", Role.AGENT, now_ms() - 120_000)
    case = take_in(store, "one")
    page = window().new_page()
    page.goto("/work")
    sign_in(page, agent, keys_alone=True)
    page.wait_for_selector("button[data-key=n]")
    page.keyboard.press("n")
    assert case_on(page) == case
    page.keyboard.press("d")
    page.wait_for_selector("button[data-key=a]")
    page.keyboard.press("a")
    page.wait_for_selector("input[value=identity]")
    page.wait_for_selector("button[data-key=a]", state="detached")
    for step in page.locator("input[name=checked]").evaluate_all("all => all.map((each) => each.value)"):
        tab_to(page, f"input[value={step}]")
        page.keyboard.press("Space")
    tab_to(page, "textarea[name=note]")
    page.keyboard.type("All uses were theirs.")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+G")
    until(lambda: store.cases.show(case).case.status is Status.CLOSED)
    page.wait_for_selector("#idle")


def test_what_is_typed_for_a_case_that_was_taken_away_stays_to_be_copied(enter, store):
    case = take_in(store, "one")
    page = enter("agent", "/work")
    page.keyboard.press("n")
    assert case_on(page) == case
    page.fill("textarea[name=note]:visible", NOTE)
    lead = enter("lead", "/queue")
    lead.check(f"#case-{case} input[name=case]")
    lead.click("button[hx-get*='act=release']")
    lead.fill("#bulk textarea", "their shift is over")
    lead.click("#bulk button.primary")
    page.wait_for_selector("[data-lost]")
    assert page.input_value("textarea[name=note]:visible") == NOTE
