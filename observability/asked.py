"""An answer that others give when asked, kept for a few seconds, and that nobody waits for long."""

import logging
from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

A = TypeVar("A")

log = logging.getLogger(__name__)


class Asked(Generic[A]):
    """Asks when somebody wants to know, at most every few seconds and never twice at once.

    The question is put in a thread of its own: who wants to know waits for `wait_s` and then makes do with
    the last answer, and with none when that one is older than `old_s`.
    """

    def __init__(
        self, ask: Callable[[], A | None], *, keep_s: float = 5.0, wait_s: float = 2.0, old_s: float = 30.0
    ) -> None:
        """Keep what to `ask`, which gives None when there is no answer now."""
        self._ask = ask
        self._keep_s = keep_s
        self._wait_s = wait_s
        self._old_s = old_s
        self._lock = Lock()
        self._asking: Thread | None = None
        self._answer: A | None = None
        self._answered_at = -float("inf")

    def latest(self) -> A | None:
        """Give the newest answer there is, None where there is none that can be gone by."""
        with self._lock:
            if self._asking is None and monotonic() - self._answered_at >= self._keep_s:
                self._asking = Thread(target=self._put, daemon=True)
                self._asking.start()
            asking = self._asking
        if asking is not None:
            asking.join(self._wait_s)
        with self._lock:
            return self._answer if monotonic() - self._answered_at < self._old_s else None

    def _put(self) -> None:
        answer = None
        try:
            answer = self._ask()
        except Exception:
            # Whatever is wrong with who is asked, the other metrics of the page must not suffer from it.
            log.exception("no answer for the metrics")
        with self._lock:
            self._answer = answer
            self._answered_at = monotonic()
            self._asking = None
