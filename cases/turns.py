"""Turns that threads take in the order in which they asked, and processes one after the other."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from types import TracebackType
from typing import Self

_LOOK_AGAIN_S = 0.001


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


class NextInLine:
    """The place right behind the process that writes, which holds a file's lock; for one thread at a time.

    Who wants to go on at once finds it taken by whoever waits: otherwise one that writes without a pause
    would keep all others waiting, for seconds.
    """

    def __init__(self, beside: Path) -> None:
        """Stand in line at an empty file beside another, made when it is first needed, as open as that."""
        self._beside = beside
        self._file: int | None = None

    @contextmanager
    def standing(self, until_s: float) -> Iterator[None]:
        """Hold the place; whoever has not got it by `until_s` (monotonic) tries without. Raises OSError."""
        if self._file is None:
            path = self._beside.with_name(f"{self._beside.name}-turn")
            mode = stat.S_IMODE(self._beside.stat().st_mode)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        held = soon(partial(_locked, self._file), until_s)
        try:
            yield
        finally:
            if held:
                flock(self._file, LOCK_UN)

    def close(self) -> None:
        """Leave; standing there again is possible."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(file: int) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def soon(attempt: Callable[[], bool], until_s: float) -> bool:
    """Try once, and every millisecond until `until_s` (monotonic); tell whether it succeeded."""
    while not attempt():
        if monotonic() >= until_s:
            return False
        sleep(_LOOK_AGAIN_S)
    return True
