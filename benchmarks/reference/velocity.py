"""Velocity as the reference workload defines it."""

from dataclasses import dataclass
from typing import Any

from benchmarks.reference.base import ReferenceDetector
from domain.events import Transaction
from domain.findings import QUIET, Finding

WINDOW_MS = 600_000
LEAST_USES = 5
SUM_MINOR = 200_000


class Window:
    """The uses within it as times and amounts in turn, in order of arrival, and their sum.

    One alone stands in no queue: it is the newest, and the sum is its amount.
    """

    __slots__ = ("firing", "newest_ms", "sum_minor", "uses")

    def __init__(self, newest_ms: int, sum_minor: int, firing: bool, uses: tuple[int, ...]) -> None:
        """Keep the parts."""
        self.newest_ms = newest_ms
        self.sum_minor = sum_minor
        self.firing = firing
        self.uses = uses


@dataclass(frozen=True, kw_only=True)
class Velocity(ReferenceDetector[Window]):
    """Fire on the rising edge of 5 uses, or a sum over 2,000.00, within (newest - 10 min, newest].

    Why: the reference workload. Misses: what it does not define. False alarms: as planted.
    State: the uses of ten minutes.
    """

    def start(self) -> Window:
        return Window(0, 0, False, ())

    def dump(self, state: Window) -> tuple[Any, ...]:
        return state.newest_ms, state.sum_minor, state.firing, state.uses

    def load(self, dumped: list[Any], state_version: int) -> Window:
        *parts, uses = dumped
        return Window(*parts, tuple(uses))

    def step(self, state: Window, event: Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        amount_minor = event.amount_minor
        newest = state.newest_ms
        if newest <= at_ms - WINDOW_MS:
            # Everything has left the window at once: the usual case.
            state.newest_ms = at_ms
            state.sum_minor = amount_minor
            state.uses = ()
            firing = amount_minor > SUM_MINOR
        else:
            uses = (*(state.uses or (newest, state.sum_minor)), at_ms, amount_minor)
            if at_ms > newest:
                newest = state.newest_ms = at_ms
            total = state.sum_minor + amount_minor
            # The queue is in order of arrival: it is cut at its head only.
            while uses[0] <= newest - WINDOW_MS:
                total -= uses[1]
                uses = uses[2:]
            state.sum_minor = total
            state.uses = uses
            firing = len(uses) >= 2 * LEAST_USES or total > SUM_MINOR
        if firing is state.firing:
            return QUIET
        state.firing = firing
        if not firing:
            return QUIET
        evidence = {"uses": len(state.uses) // 2 or 1}
        return (Finding(reason="velocity", probability=0.5, evidence=evidence),)
