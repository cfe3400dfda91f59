"""Progress marks of a topic's partition: how far time has come, told by when the broker took messages."""

from datetime import timedelta
from typing import NamedTuple

from domain.instants import iso, span_ms


class MarkRules(NamedTuple):
    """When marks are made; for topics whose messages carry the broker's time of appending.

    An event reaches the topic at most `lag` after it happened: a mark tells of the time that long before.
    Marks fall on whole multiples of `every`. `settle` is how long a message may take to become readable,
    with the difference between our clock and the brokers' added.
    """

    lag: timedelta
    every: timedelta = timedelta(seconds=1)
    settle: timedelta = timedelta(seconds=10)


class Marks:
    """Says which marks stand before a message, and which one where there is none.

    Those before a message are a function of the log alone. One made where the log had ended tells of nothing
    that the next message's own mark will not tell of too, as long as `settle` is long enough. So whoever
    reads the log later, without these pauses, has heard of the same time before each message.
    """

    def __init__(self, rules: MarkRules, told_ms: int = 0) -> None:
        """Start behind the last mark told, as `told_ms` keeps it."""
        self.told_ms = told_ms
        self._lag_ms = span_ms(rules.lag)
        self._every_ms = span_ms(rules.every)
        self._settle_ms = span_ms(rules.settle)

    def before(self, appended_ms: int) -> bytes:
        """Give the line that stands before a message by when it was appended; b"" for none."""
        at_ms = (appended_ms - self._lag_ms) // self._every_ms * self._every_ms
        if at_ms <= self.told_ms:
            return b""
        self.told_ms = at_ms
        return b'{"kind":"progress","at":"%s"}' % iso(at_ms).encode()

    def at_end(self, asked_ms: int) -> bytes:
        """Give the line for a log that had ended when the broker was asked, by our clock; b"" for none."""
        return self.before(asked_ms - self._settle_ms)
