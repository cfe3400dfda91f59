"""Every screen of the recorded night: readable for all, nothing wider than the screen, and to be printed."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import SCREEN
from tests.browser.watching import connected, status

pytestmark = pytest.mark.slow

LARGE_SCREEN = {"width": 1920, "height": 1080}

# What each role sees that others do not; `*` stands for one page of those that the screen links to.
SCREENS = {
    "lead": (
        *("/work", "/queue", "/queue?status=closed", "/cases/find?q=cus", "/cases/*", "/knowledge"),
        *("/wallboard", "/wallboard?big=1", "/devices", "/devices/*", "/approvals", "/handover"),
        *(
            "/rules",
            "/rules/impossible_travel",
            "/rules/models",
            "/audit",
            "/users",
            "/users/demo-lead",
            "/me",
        ),
    ),
    "ops": ("/users", "/wallboard", "/me"),
}
_AT_WORK = "/work at a case"
_GRAVE = {"serious", "critical"}


@pytest.fixture
def store_url(night_url: str) -> str:
    return night_url


@pytest.fixture
def visit(enter: Callable[..., Page]) -> Callable[..., Iterator[tuple[str, Page]]]:
    """Gives every screen in turn as a role sees it, in a language and a scheme of colours."""

    def visit(role: str, language: str = "en", scheme: str = "light") -> Iterator[tuple[str, Page]]:
        page = enter(role, color_scheme=scheme)
        page.request.post(
            "/me/preferences",
            form={"language": language, "time_zone": "Asia/Shanghai"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        for path in SCREENS[role]:
            _open(page, path)
            assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
            yield path, page
        if role == "lead":
            yield from _at_work(page)

    return visit


def _open(page: Page, path: str) -> None:
    if path.endswith("/*"):
        above = path.removesuffix("/*")
        page.goto("/queue?q=ring" if above == "/cases" else above)
        path = page.get_attribute(f"main a[href^='{above}/']", "href") or ""
    page.goto(path)
    connected(page)


def _at_work(page: Page) -> Iterator[tuple[str, Page]]:
    page.goto("/queue?q=cus-&kind=fraud")
    page.click("#rows td.does button >> nth=0")
    page.wait_for_selector("#case-title")
    connected(page)
    yield _AT_WORK, page
    for dialog in page.locator("[data-opens]:visible").evaluate_all(
        "all => all.map((each) => each.dataset.opens)"
    ):
        page.click(f"[data-opens={dialog}]")
        yield f"{_AT_WORK}, {dialog}", page
        page.keyboard.press("Escape")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_on_any_screen_keeps_somebody_from_reading_it(visit, scheme, language):
    found = {
        path: _grave(Axe().run(page).response["violations"]) for path, page in visit("lead", language, scheme)
    }
    assert {path: told for path, told in found.items() if told} == {}


def _grave(found: list[dict]) -> list[str]:
    return [
        f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:4]]}"
        for each in found
        if each["impact"] in _GRAVE
    ]


@pytest.mark.parametrize("role", sorted(SCREENS))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_screen_is_wider_than_the_screen_of_a_small_or_a_large_computer(visit, role, language):
    wide, seen = {}, 0
    for path, page in visit(role, language):
        seen += 1
        for size in (LARGE_SCREEN, SCREEN):
            page.set_viewport_size(size)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                wide[f"{path} at {size['width']}"] = width
    assert wide == {}
    assert seen >= len(SCREENS[role])


def test_no_page_is_heavy(visit):
    heavy = {}
    for path, page in visit("lead"):
        heavy[path] = len(page.request.get(page.url).body())
    assert {path: size for path, size in heavy.items() if size > 100_000} == {}


def test_a_case_prints_without_what_only_a_screen_needs(enter):
    page = enter("lead")
    _open(page, "/cases/*")
    page.emulate_media(media="print")
    for useless in ("header.bar", ".skip", "#told", "form button"):
        assert page.locator(f"{useless} >> visible=true").count() == 0, useless
    assert page.locator(".case-printed >> visible=true").count() == 1
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert re.fullmatch(r"rgba?\((255, 255, 255|0, 0, 0, 0).*", background)
    assert page.pdf().startswith(b"%PDF")


def test_a_page_that_there_is_not_says_so_and_leads_back(enter, complaints):
    complaints.expect(status(404))
    page = enter("lead", "/queue")
    page.goto("/cases/C00000000000")
    assert page.locator("main a").count() >= 1
