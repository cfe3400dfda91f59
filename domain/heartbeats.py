"""How often a device says that it is alive, learnt from the device itself, and when it is silent too long."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct

# The median of nine leaves out the one long gap, and follows a new setting within five heartbeats.
_MOST_INTERVALS, _LEAST_INTERVALS = 9, 5
# Intervals below this are several reports of one moment.
_LEAST_INTERVAL_MS = 1_000


class Pulse(Struct):
    """A device's newest report and heartbeat, and the latest intervals between heartbeats, oldest first (ms).

    `due_ms` is when its silence will be too long, None once it is.
    """

    heard_ms: int
    beat_ms: int | None = None
    intervals: tuple[int, ...] = ()
    due_ms: int | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing was heard of it for too long."""
        return self.due_ms is None


P = TypeVar("P", bound=Pulse)


@dataclass(frozen=True)
class Patience:
    """How long devices may be silent: `missed` of their own heartbeats and a `grace_ms` for the way.

    A device of which fewer than 5 intervals are known is taken to have one every `unknown_ms`; no more than
    `longest_ms` is believed of any.
    """

    missed: int
    unknown_ms: int
    longest_ms: int
    grace_ms: int

    def of(self, pulse: Pulse) -> int:
        """Give how long in ms a device may be silent.

        >>> patience = Patience(missed=2, unknown_ms=300_000, longest_ms=3_600_000, grace_ms=15_000)
        >>> patience.of(Pulse(0)), patience.of(Pulse(0, intervals=(30_000,) * 5))
        (615000, 75000)
        """
        intervals = pulse.intervals
        usual_ms = self.unknown_ms
        if len(intervals) >= _LEAST_INTERVALS:
            usual_ms = min(sorted(intervals)[len(intervals) // 2], self.longest_ms)
        return self.missed * usual_ms + self.grace_ms

    def hear(self, pulse: Pulse, at_ms: int, *, heartbeat: bool) -> None:
        """Note a report of the device that is newer than all before it."""
        pulse.heard_ms = at_ms
        if heartbeat:
            before_ms, pulse.beat_ms = pulse.beat_ms, at_ms
            if before_ms is not None and at_ms - before_ms >= _LEAST_INTERVAL_MS:
                pulse.intervals = (*pulse.intervals, at_ms - before_ms)[-_MOST_INTERVALS:]
        pulse.due_ms = at_ms + self.of(pulse)

    def silent_together(self, pulses: Iterable[P]) -> list[P]:
        """Give the silent devices that were last heard at about the same time, the latest that there is.

        Those that had been silent too long by then have fallen silent for a reason of their own.
        """
        silent = [pulse for pulse in pulses if pulse.silent]
        latest_ms = max((pulse.heard_ms for pulse in silent), default=0)
        return [pulse for pulse in silent if latest_ms - pulse.heard_ms <= self.of(pulse)]
