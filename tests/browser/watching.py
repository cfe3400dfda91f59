"""What a page may not do: complain on its console, or ask anybody but the desk for anything."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# What browsers ask themselves for, and what a page makes itself.
_OWN = ("data", "blob", "about", "chrome-error")


class Complaints:
    """What pages complained of; a complaint that a test provokes is expected by a pattern, others fail it."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._expected: list[str] = []

    def expect(self, *patterns: str) -> None:
        self._expected += patterns

    def watch(self, context: BrowserContext, address: Callable[[], str]) -> None:
        """Listen to every page of a context, whose desk is at `address()`."""

        def request(asked: Request) -> None:
            parts = urlsplit(asked.url)
            if parts.scheme not in _OWN and f"{parts.scheme}://{parts.netloc}" != address():
                self._found.append(f"asked somebody else: {asked.url}")

        def console(said: ConsoleMessage) -> None:
            if said.type in ("error", "warning"):
                self._found.append(f"{said.page.url if said.page else ''}: {said.text}")

        context.on("request", request)
        context.on("console", console)
        context.on("weberror", lambda error: self._found.append(str(error.error)))

    @property
    def left(self) -> list[str]:
        """What nobody expected."""
        return [
            each for each in self._found if not any(re.search(pattern, each) for pattern in self._expected)
        ]


# What Chromium and htmx say of requests while there is no desk.
NO_DESK = (r"ERR_CONNECTION_\w+|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE", r"htmx:error.*Failed to fetch")


def status(*codes: int) -> str:
    """Give the pattern of what Chromium says of an answer with one of some codes."""
    return f"status of ({'|'.join(map(str, codes))}) "


def connected(page: Page) -> None:
    """Wait until the page hears of changes."""
    page.wait_for_selector("#link-state.on")


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition of another process; what never comes fails."""
    for _ in range(int(seconds * 50)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to pass")


def now_ms() -> int:
    return round(time.time() * 1000)
