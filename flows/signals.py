"""What signals ask of a supervisor: SIGTERM and SIGINT to end, a second one at once, SIGHUP to reload."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from connectors.stopping import StopSign

# A stop with this reason is followed by a start.
RELOAD = "SIGHUP"

# What comes within this is the same wish: a terminal and a service manager may both tell of it.
_AT_ONCE_S = 0.5
_ENDING = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """What was asked so far.

    `reload` is up while a SIGHUP waits to be looked at; `impatient` says that the end was asked for twice.
    """

    def __init__(self, stop: StopSign) -> None:
        """Put the sign `stop` up when the end is asked for."""
        self.reload = False
        self.impatient = False
        self.end = ""
        self._ended_at = 0.0
        self._stop = stop

    def take(self, number: int, frame: FrameType | None) -> None:
        """Take a signal, as a handler does."""
        del frame
        if number == signal.SIGHUP:
            self.reload = True
        elif not self.end:
            self.end = signal.Signals(number).name
            self._ended_at = time.monotonic()
            self._stop.ask(self.end)
        elif time.monotonic() - self._ended_at > _AT_ONCE_S:
            self.impatient = True


@contextmanager
def signals_to(stop: StopSign, *, reloads: bool = False) -> Iterator[Signals]:
    """Take signals while the context lasts: the first to end puts up `stop`; SIGHUP where it `reloads`."""
    signals = Signals(stop)
    taken = (*_ENDING, signal.SIGHUP) if reloads else _ENDING
    before = {number: signal.signal(number, signals.take) for number in taken}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
