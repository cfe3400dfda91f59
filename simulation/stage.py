"""Plots, and the stage they are played on: who takes part, and what daily life goes on around them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simulation.errors import DoesNotFitError
from simulation.hours import Window
from simulation.network import Network
from simulation.parties import Parties
from simulation.people import People
from simulation.timetable import Stay
from simulation.uses import NONE, Ints, Rows, by_phone, empty_uses

Flags = NDArray[np.bool_]


@dataclass(kw_only=True)
class Stage:
    """What plots may use and change.

    `stays` are the travellers' whereabouts and `regulars` the least number of uses of customers whose
    habit must be known: plots add to both before daily life is drawn. `free` are the customers at home
    that no plot has taken yet. `life` are the uses of daily life.
    """

    rng: np.random.Generator
    window: Window
    people: People
    network: Network
    parties: Parties
    stays: dict[int, list[Stay]]
    free: Flags
    regulars: dict[int, int] = field(default_factory=dict)
    life: Rows = field(default_factory=lambda: empty_uses(0))

    def take(self, count: int, where: Flags | None = None) -> Ints:
        """Take customers for one plot only, among those for whom `where` holds.

        Raises DoesNotFitError when there are too few.
        """
        suitable = np.flatnonzero(self.free if where is None else self.free & where)
        if len(suitable) < count:
            raise DoesNotFitError(
                f"{count} more customers of some kind are needed and only {len(suitable)} are left;"
                " simulate more customers or plan fewer incidents"
            )
        taken = self.rng.permutation(suitable)[:count]
        self.free[taken] = False
        return np.sort(taken)

    def quiet(self, plot: "Plot", rows: Rows) -> None:
        """Let the plot's customers use nothing but the phone around its rows, at the plot's distance."""
        if not len(rows):
            return
        life = self.life
        around = (life["at_ms"] > rows["at_ms"].min() - plot.quiet_ms) & (
            life["at_ms"] < rows["at_ms"].max() + plot.quiet_ms
        )
        around &= (life["terminal"] != NONE) & (life["part"] == NONE)
        silent = np.flatnonzero(around & np.isin(life["customer"], plot.customers))
        by_phone(life, silent, self.parties.online(self.rng, len(silent)))


class Plot(ABC):
    """Something planned beside daily life: an incident, or honest life that looks like one.

    `detector` must see an incident; a lookalike names the detector that must not mistake it.
    """

    kind: ClassVar[str]
    detector: ClassVar[str]
    incident: ClassVar[bool]
    # For how long before and behind its own uses the customers' cards stay at home.
    quiet_ms: ClassVar[int] = 0
    # Whether incidents of this kind are rings, numbered by name in the truth.
    is_ring: ClassVar[bool] = False

    def __init__(self, number: int) -> None:
        """Make the plot the `number`th of its kind, from 0; variants take turns."""
        self.number = number
        self.customers: Ints = np.empty(0, dtype=np.int64)
        self.cards: Ints = np.empty(0, dtype=np.int64)

    def prepare(self, stage: Stage) -> None:
        """Take customers and arrange what must be so before the stream begins; nothing by default."""
        del stage

    @abstractmethod
    def act(self, stage: Stage, part: int) -> Rows:
        """Give the plot's own uses, after marking with `part` the uses of daily life that belong to it."""


def joined(pieces: Sequence[Rows]) -> Rows:
    """Put rows one behind the other."""
    return np.concatenate([empty_uses(0), *pieces])
