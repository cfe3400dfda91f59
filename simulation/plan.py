"""What to simulate, and the random numbers for it: the same plan gives the same stream, byte for byte."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np

from simulation.hours import HOUR_MS, Window


class Step(IntEnum):
    """A step of the work with random numbers of its own, so that a change to one leaves the others alone."""

    NETWORK = auto()
    PEOPLE = auto()
    JOURNEYS = auto()
    PARTIES = auto()
    PLOTS = auto()
    DAILY_LIFE = auto()
    TRIMMING = auto()
    ARRIVAL = auto()
    EVENT_IDS = auto()
    BALANCES = auto()
    REFERENCE = auto()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to simulate.

    `seed` is 0 or more, `start_ms` is in milliseconds since 1970; `events` is the number of all events, or
    None for what is usual; `incidents` gives how many there are of each kind.
    """

    seed: int
    customers: int
    start_ms: int
    hours: float
    events: int | None
    incidents: Mapping[str, int]

    @property
    def window(self) -> Window:
        """Give the simulated stretch of time."""
        return Window(self.start_ms, self.start_ms + round(self.hours * HOUR_MS))

    def random(self, step: Step) -> np.random.Generator:
        """Give the random numbers of one step, from their beginning."""
        return np.random.default_rng((self.seed, step))
