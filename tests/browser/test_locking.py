"""The doors of the desk in a browser: the first user, signing in with a code, the lock over what is typed."""

import re

import pytest

from cases.accounts.codes import code_at
from cases.who import Role
from tests.browser.conftest import OPTIONS
from tests.browser.desk_process import DeskProcess
from tests.browser.people import sign_in
from tests.browser.taking_in import take_in
from tests.browser.watching import NO_DESK, connected, now_ms, status
from tests.cases.accounts.people import PASSWORD, add, team

pytestmark = pytest.mark.slow

DRAFT = "They said the card never left their drawer"
LATELY_MS = 120_000


@pytest.fixture
def people(store):
    """People of the store, whose codes of this moment were not used yet."""
    return team(store, now_ms() - LATELY_MS)


def test_a_wrong_password_is_refused_in_words_and_keeps_the_name(window, people, complaints):
    complaints.expect(status(401))
    page = window().new_page()
    page.goto("/queue?band=0")
    page.fill("form[action='/sign-in'] input[name=name]", people.lead.name)
    page.fill("form[action='/sign-in'] input[name=password]", "not this one")
    page.fill("form[action='/sign-in'] input[name=code]", people.lead.code(now_ms()))
    page.click("form[action='/sign-in'] button")
    page.wait_for_selector(".refusal")
    assert page.input_value("form[action='/sign-in'] input[name=name]") == people.lead.name
    sign_in(page, people.lead)
    assert page.url.endswith("/queue?band=0")


def test_the_lock_lies_over_what_was_typed_and_gives_it_back(window, store, people, complaints):
    complaints.expect(status(401, 423))
    agent = add(store, people.ops, people.lead, "ana", Role.AGENT, now_ms() - LATELY_MS)
    take_in(store, "one")
    page = window().new_page()
    page.goto("/work")
    sign_in(page, agent)
    page.keyboard.press("n")
    note = page.locator("textarea[name=note]:visible")
    note.fill(DRAFT)
    page.click(".bar .menu summary")
    page.click("form[action='/lock'] button")
    page.wait_for_selector("#lock-screen[open]")
    # Nothing behind the lock is read while it is there, whatever happens at the desk.
    take_in(store, "two")
    page.fill("#lock-screen input[name=password]", "not this one")
    page.click("#lock-screen button.primary")
    page.wait_for_selector("#lock-screen .refusal")
    page.fill("#lock-screen input[name=password]", PASSWORD)
    page.click("#lock-screen button.primary")
    page.wait_for_selector("#lock-screen:not([open])", state="attached")
    connected(page)
    assert note.input_value() == DRAFT
    page.reload()
    assert note.input_value() == DRAFT


def test_the_first_user_of_a_desk_makes_themselves_with_the_token_that_it_says(window, store_url, complaints):
    desk = DeskProcess(store_url, *OPTIONS)
    try:
        found = re.search(r"(http://\S+/first\?token=\S+)", desk.next_line())
        assert found is not None
        page = window(base_url=desk.address).new_page()
        complaints.expect(f"asked somebody else: {desk.address}/", status(404), *NO_DESK)
        page.goto(found[1])
        page.fill("input[name=name]", "opal")
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=again]", PASSWORD)
        page.click("button.primary")
        secret = page.inner_text(".once").replace(" ", "")
        page.fill("input[name=code]", code_at(secret, now_ms() - 30_000))
        page.check("input[type=checkbox]")
        page.click("button.primary")
        page.click("a[href='/sign-in']")
        page.fill("input[name=name]", "opal")
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=code]", code_at(secret, now_ms()))
        page.click("button.primary")
        connected(page)
        assert "opal" in page.inner_text(".bar")
        page.goto(found[1])
        page.wait_for_selector(".refusal")
    finally:
        desk.stop()
