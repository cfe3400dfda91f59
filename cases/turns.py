"""Turns that threads take in the order in which they asked."""

from collections import deque
from threading import Lock
from types import TracebackType
from typing import Self


class Turns:
    """A lock that is handed on: `threading.Lock` lets the thread that just had it take it again at once."""

    def __init__(self) -> None:
        """Begin with nobody's turn."""
        self._mutex = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for the turn."""
        return bool(self._waiting)

    def __enter__(self) -> Self:
        """Wait for the turn."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return self
            handed = Lock()
            handed.acquire()
            self._waiting.append(handed)
        try:
            handed.acquire()
        except BaseException:  # an interrupt: nobody must be left to hand the turn to
            with self._mutex:
                gone = handed in self._waiting
                if gone:
                    self._waiting.remove(handed)
            if not gone:
                self._hand_on()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hand the turn on."""
        self._hand_on()

    def _hand_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
