"""What the commands share that go on beside the desk: again and again until somebody stops them."""

import signal
from collections.abc import Callable
from threading import Event

import click

from cases.errors import StoreBusy


def follow(step: Callable[[], object], every_s: float = 1.0) -> None:
    """Do `step` until SIGTERM or Ctrl-C, which let it finish; a store that is away is tried again."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            step()
        except StoreBusy as error:
            click.echo(f"{error}", err=True)
        stop.wait(every_s)


class Every:
    """Says when it is time again for what is done more rarely than the rest."""

    def __init__(self, length_ms: float) -> None:
        """Make it due at once, and then whenever `length_ms` have passed."""
        self._length_ms = length_ms
        self._next_ms = 0.0

    def due(self, now_ms: int) -> bool:
        """Tell whether it is time; done or not, the next time is a length from now."""
        if now_ms < self._next_ms:
            return False
        self._next_ms = now_ms + self._length_ms
        return True
