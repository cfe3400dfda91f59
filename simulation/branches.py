"""The bank's branches: places in the home city where people open cards and work behind counters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.events import Place
from simulation.geography import AREAS, HOME, place_in, scattered
from simulation.tokens import Tokens

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OFFICERS_A_BRANCH = 4
_CUSTOMERS_A_BRANCH = 400


@dataclass(frozen=True, kw_only=True)
class Branches:
    """Every branch, ordered by the number of its home area."""

    tokens: list[str]
    area: Ints
    lat: Floats
    lon: Floats
    places: list[Place]
    officers: list[list[str]]

    def __len__(self) -> int:
        """Count the branches."""
        return len(self.tokens)


def open_branches(rng: np.random.Generator, customers: int) -> Branches:
    """Open branches for so many customers, at least one in each home area."""
    wanted = [max(1, round(customers / _CUSTOMERS_A_BRANCH * area.share)) for area in HOME]
    area = np.repeat(np.arange(len(HOME)), wanted)
    lat, lon = scattered(rng, area)
    officers = Tokens(rng, "off")
    return Branches(
        tokens=Tokens(rng, "br").first(len(area)),
        area=area,
        lat=lat,
        lon=lon,
        places=[
            place_in(AREAS[number], *point)
            for number, *point in zip(area.tolist(), lat.tolist(), lon.tolist(), strict=True)
        ],
        officers=[
            [officers[branch * OFFICERS_A_BRANCH + one] for one in range(OFFICERS_A_BRANCH)]
            for branch in range(len(area))
        ],
    )
