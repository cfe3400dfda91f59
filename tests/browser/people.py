"""People who sign in at a real page, with a password and the code of an authenticator."""

from playwright.sync_api import Page

from tests.browser.watching import connected, now_ms
from tests.cases.accounts.people import PASSWORD, Person


def sign_in(page: Page, person: Person, *, keys_alone: bool = False) -> None:
    """Sign in at the page that asks for it, by keys alone if wanted: the first field has the focus."""
    page.wait_for_selector("input[name=code]")
    for name, said in (("name", person.name), ("password", PASSWORD), ("code", person.code(now_ms()))):
        if keys_alone:
            assert page.evaluate("document.activeElement.name") == name
            page.keyboard.type(said)
            page.keyboard.press("Enter" if name == "code" else "Tab")
        else:
            page.fill(f"form[action='/sign-in'] input[name={name}]", said)
    if not keys_alone:
        page.click("form[action='/sign-in'] button")
    connected(page)
