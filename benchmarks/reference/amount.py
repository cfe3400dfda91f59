"""Amount as the reference workload defines it."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from benchmarks.reference.base import ReferenceDetector
from domain.events import Transaction
from domain.findings import QUIET, Finding

ALPHA = 0.1
LEAST_AMOUNTS = 5
LIMIT = 6.0


class Habit:
    """How many amounts were seen, and their exponentially weighted mean and variance."""

    __slots__ = ("count", "mean", "variance")

    def __init__(self, count: int, mean: float, variance: float) -> None:
        """Keep the parts."""
        self.count = count
        self.mean = mean
        self.variance = variance


@dataclass(frozen=True, kw_only=True)
class Amount(ReferenceDetector[Habit]):
    """Fire at z over 6 of an exponentially weighted mean and variance, once 5 amounts are known.

    Why: the reference workload. Misses: what it does not define. False alarms: as planted.
    State: count, mean and variance.
    """

    def start(self) -> Habit:
        return Habit(0, 0.0, 0.0)

    def dump(self, state: Habit) -> tuple[Any, ...]:
        return state.count, state.mean, state.variance

    def load(self, dumped: list[Any], state_version: int) -> Habit:
        return Habit(*dumped)

    def step(self, state: Habit, event: Transaction) -> tuple[Finding, ...]:
        amount = event.amount_minor / 100
        count = state.count
        state.count = count + 1
        if not count:
            state.mean = amount
            return QUIET
        variance = state.variance
        off = amount - state.mean
        found = QUIET
        # Far from the limit no root is needed.
        if off > 0.0 and count >= LEAST_AMOUNTS and variance > 0.0 and off * off > 35.0 * variance:
            z = off / sqrt(variance)
            if z > LIMIT:
                found = (Finding(reason="amount", probability=0.5, evidence={"z": round(z, 3)}),)
        move = ALPHA * off
        state.mean += move
        state.variance = (1.0 - ALPHA) * (variance + off * move)
        return found
