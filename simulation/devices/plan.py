"""What fleet to simulate, for how long and in which weather: the same plan gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, auto
from typing import Literal, NamedTuple

import numpy as np

from domain.instants import iso, to_ms
from simulation.errors import BadPlanError
from simulation.hours import DAY_MS, Window

Chatter = Literal["low", "middle", "high"]

# Tells these random numbers from those of `simulation.plan`.
_OWN = 7_001
_FIRST_MS = to_ms(datetime(1980, 1, 1, tzinfo=UTC))
_LAST_MS = to_ms(datetime(2100, 1, 1, tzinfo=UTC))
# Reports by network are believed to come within so much; the flow waits for no longer.
_MOST_LATE_S = 60


class Step(IntEnum):
    """A step of the work with random numbers of its own, so that a change to one leaves the others alone."""

    ESTATE = auto()
    PEOPLE = auto()
    WEATHER = auto()
    CHATTER = auto()
    USES = auto()
    READS = auto()
    CASH = auto()
    HEARTBEATS = auto()
    TELEMETRY_ARRIVAL = auto()
    USES_ARRIVAL = auto()
    IDS = auto()


class ChatterLevel(NamedTuple):
    """How much devices say that means nothing.

    `blips_a_day` are short faults that clear themselves, a device and day; `repeats` how often at most a
    standing fault is raised again; `chattering_a_month` series of raises and clears, a thousand devices;
    `missed_a_day` single heartbeats that are lost, a device and day; `link_blips_a_month` cuts of a branch's
    line shorter than two heartbeats, a branch.
    """

    blips_a_day: float
    repeats: int
    chattering_a_month: float
    missed_a_day: float
    link_blips_a_month: float


CHATTER_LEVELS: Mapping[Chatter, ChatterLevel] = {
    "low": ChatterLevel(0.12, 1, 24.0, 0.2, 0.1),
    "middle": ChatterLevel(0.45, 4, 72.0, 0.5, 0.3),
    "high": ChatterLevel(1.8, 10, 240.0, 1.5, 1.0),
}


@dataclass(frozen=True, kw_only=True)
class DevicePlan:
    """What to simulate.

    `seed` is 0 or more, `start_ms` in milliseconds since 1970. `heartbeat_s` and `count_every_s` are how
    often a device reports that it lives, and its counters. `customers_per_device` people use the machines of
    their branch. A report arrives at most `most_late_s` after it was made (at most 60; that is how far it can
    be out of order), and its repeat within the same time; uses of cards likewise. `planted` gives how many
    there are of each kind of incident, None for what is usual for a fleet and time of this size.
    """

    seed: int
    devices: int
    branches: int
    start_ms: int
    days: int
    chatter: Chatter = "middle"
    heartbeat_s: int = 300
    transactions_per_device_day: float = 150.0
    count_every_s: int = 3_600
    customers_per_device: int = 100
    most_late_s: int = 60
    planted: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated. Raises BadPlanError saying what can."""
        for name, least, most in (
            ("seed", 0, 2**63),
            ("branches", 1, 100_000),
            ("devices", self.branches, 1_000_000),
            ("days", 1, 366),
            ("heartbeat_s", 10, 3_600),
            ("transactions_per_device_day", 0, 5_000),
            ("count_every_s", 60, 86_400),
            ("customers_per_device", 1, 10_000),
            ("most_late_s", 1, _MOST_LATE_S),
        ):
            if not least <= getattr(self, name) <= most:
                raise BadPlanError(f"{name} is {getattr(self, name)}; it must be from {least} to {most}")
        if self.chatter not in CHATTER_LEVELS:
            raise BadPlanError(f"chatter is {self.chatter!r}; it must be one of {', '.join(CHATTER_LEVELS)}")
        if not _FIRST_MS <= self.start_ms <= self.window.end_ms <= _LAST_MS:
            raise BadPlanError(
                f"the window begins at {iso(self.start_ms)}; "
                f"it must lie from {iso(_FIRST_MS)} to {iso(_LAST_MS)}"
            )

    @property
    def window(self) -> Window:
        """Give the simulated stretch of time."""
        return Window(self.start_ms, self.start_ms + self.days * DAY_MS)

    @property
    def heartbeat_ms(self) -> int:
        """Give the time between two heartbeats of a device."""
        return self.heartbeat_s * 1_000

    @property
    def level(self) -> ChatterLevel:
        """Give how much the fleet chatters."""
        return CHATTER_LEVELS[self.chatter]

    def random(self, step: Step) -> np.random.Generator:
        """Give the random numbers of one step, from their beginning."""
        return np.random.default_rng((self.seed, _OWN, step))
