"""A real desk process, and a real Chromium that looks at it; what its console complains of fails a test."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cases.store import Store, open_store
from tests.browser.desk_process import DeskProcess
from tests.browser.night import make_night
from tests.browser.watching import Complaints, connected
from tests.flows.running import NIGHT

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SCREEN = {"width": 1366, "height": 768}
OPTIONS = ("--vault", "loopback", "--history", str(NIGHT / "transactions.jsonl.zst"))


def chromium_path() -> str | None:
    """Give where a Chromium is on PATH."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def night_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the recorded night of cards and day of devices in it, made once; tests take copies."""
    folder = tmp_path_factory.mktemp("night-desk")
    make_night(folder)
    return folder


@pytest.fixture
def night_url(night_folder: Path, tmp_path: Path) -> str:
    shutil.copytree(night_folder, tmp_path / "night")
    return f"sqlite:///{tmp_path}/night/desk.sqlite"


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """A store with nothing in it; tests of the recorded night give `night_url` in its place."""
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    open_store(url).close()
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """The same store as the desk's, as another process sees it."""
    with open_store(store_url) as opened:
        yield opened


@pytest.fixture
def desk(store_url: str) -> Iterator[DeskProcess]:
    process = DeskProcess(store_url, "--demo", *OPTIONS)
    yield process
    process.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for this run of the tests."""
    found = chromium_path()
    if found is None:
        pytest.skip("NOT TESTED IN A BROWSER: there is no chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What pages complained of; a test says which it expects."""
    found = Complaints()
    yield found
    assert found.left == []


@pytest.fixture
def window(
    chromium: Browser, desk: DeskProcess, complaints: Complaints
) -> Iterator[Callable[..., BrowserContext]]:
    """Gives a window of a browser that knows nobody yet, as `new_context` of playwright."""
    opened: list[BrowserContext] = []

    def window(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"viewport": SCREEN, "base_url": desk.address, **options})
        complaints.watch(context, lambda: desk.address)
        opened.append(context)
        return context

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def enter(window: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Gives a page of somebody who has just come in: `enter("lead")`, `enter("agent", path="/work")`."""

    def enter(role: str, path: str = "/", **options: Any) -> Page:
        page = window(**options).new_page()
        page.goto("/sign-in")
        page.click(f"button[name=role][value={role}]")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        if path != "/":
            page.goto(path)
        connected(page)
        return page

    return enter
