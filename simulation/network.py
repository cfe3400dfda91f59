"""Where cards are used: the bank's ATMs and counters, merchants' terminals, other banks' elsewhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.events import Place
from simulation.branches import Branches, open_branches
from simulation.geography import AREAS, CITIES, HOME, HUBS, NUMBER, place_in, scattered
from simulation.tokens import Tokens

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# What stands where: a shop that is open by day, or one that is open in the evening and at night.
ATM, COUNTER, DAY_SHOP, NIGHT_SHOP = range(4)
NOWHERE = -1
NO_BRANCH = -1

# What is sold: merchant category codes (ISO 18245) with the median amount in fen.
_TRADES = {
    ATM: (("6011", 0),),
    COUNTER: (("6010", 0),),
    DAY_SHOP: (
        ("5411", 6_800),
        ("5812", 6_400),
        ("5814", 3_200),
        ("5912", 5_200),
        ("5541", 14_000),
        ("5651", 12_500),
        ("5499", 3_600),
        ("8099", 9_500),
    ),
    NIGHT_SHOP: (("5813", 11_000), ("5499", 3_000), ("4121", 4_200), ("5812", 7_500)),
}

_ATMS_A_BRANCH = 3
_CUSTOMERS_A_SHOP = 10
_LEAST_SHOPS = 8
# Terminals of other banks in each city that people travel to, and shops in each airport or station.
_IN_A_CITY = ((ATM, 6), (DAY_SHOP, 12), (NIGHT_SHOP, 6))
_IN_A_HUB = ((DAY_SHOP, 6),)


@dataclass(frozen=True, kw_only=True)
class Network:
    """Every terminal as columns, ordered by area and kind, so that a random one is an index away.

    `branch` is the number of the bank's own, NO_BRANCH at other banks and merchants; `median_fen` is what
    a purchase there typically costs. `first` and `count` say where the terminals of each area and kind lie.
    """

    branches: Branches
    area: Ints
    lat: Floats
    lon: Floats
    branch: Ints
    median_fen: Floats
    mcc: list[str]
    terminals: list[str]
    devices: list[str]
    merchants: list[str]
    places: list[Place]
    first: Ints
    count: Ints

    def pick(self, rng: np.random.Generator, area: Ints, kind: Ints | int) -> Ints:
        """Draw a terminal of a kind in each area; a shop that keeps other hours where there is no such shop.

        NOWHERE where the area has neither.
        """
        kinds = np.broadcast_to(kind, area.shape)
        other = np.where(kinds == NIGHT_SHOP, DAY_SHOP, np.where(kinds == DAY_SHOP, NIGHT_SHOP, kinds))
        kinds = np.where(self.count[area, kinds] > 0, kinds, other)
        count = self.count[area, kinds]
        chosen = self.first[area, kinds] + (rng.random(area.shape) * count).astype(np.int64)
        return np.where(count > 0, chosen, NOWHERE)

    def several(self, rng: np.random.Generator, area: int, kind: int, count: int) -> Ints:
        """Draw up to `count` different terminals of a kind in one area."""
        there = int(self.count[area, kind])
        return np.asarray(self.first[area, kind] + rng.permutation(there)[:count], dtype=np.int64)


def _standing(customers: int, branches: Branches) -> Ints:
    """Count the terminals of each kind in each area."""
    standing = np.zeros((len(AREAS), len(_TRADES)), dtype=np.int64)
    at_home = np.bincount(branches.area, minlength=len(HOME))
    standing[: len(HOME), COUNTER] = at_home
    standing[: len(HOME), ATM] = at_home * _ATMS_A_BRANCH
    for number, home in enumerate(HOME):
        shops = max(_LEAST_SHOPS, round(customers / _CUSTOMERS_A_SHOP * home.share))
        standing[number, DAY_SHOP], standing[number, NIGHT_SHOP] = shops, max(3, shops // 4)
    for areas, terminals in ((CITIES, _IN_A_CITY), (HUBS, _IN_A_HUB)):
        for area in areas:
            for kind, count in terminals:
                standing[NUMBER[area.name], kind] = count
    return standing


def build(rng: np.random.Generator, customers: int) -> Network:
    """Build the terminals that a bank of so many customers meets."""
    branches = open_branches(rng, customers)
    count = _standing(customers, branches)
    total = int(count.sum())
    area, kind = (np.repeat(index.ravel(), count.ravel()) for index in np.indices(count.shape))
    branch = np.full(total, NO_BRANCH)
    at_home = area < len(HOME)
    branch[at_home & (kind == COUNTER)] = np.arange(len(branches))
    branch[at_home & (kind == ATM)] = np.repeat(np.arange(len(branches)), _ATMS_A_BRANCH)
    lat, lon = scattered(rng, area)
    own = branch != NO_BRANCH
    lat[own], lon[own] = branches.lat[branch[own]], branches.lon[branch[own]]
    trade = [
        _TRADES[what][int(luck * len(_TRADES[what]))]
        for what, luck in zip(kind.tolist(), rng.random(total).tolist(), strict=True)
    ]
    return Network(
        branches=branches,
        area=area,
        lat=lat,
        lon=lon,
        branch=branch,
        median_fen=np.array([median for _, median in trade], dtype=np.float64),
        mcc=[code for code, _ in trade],
        terminals=Tokens(rng, "trm").first(total),
        devices=Tokens(rng, "dev").first(total),
        merchants=Tokens(rng, "mer").first(total),
        places=[
            place_in(AREAS[number], *point)
            for number, *point in zip(area.tolist(), lat.tolist(), lon.tolist(), strict=True)
        ],
        first=(np.cumsum(count) - count.ravel()).reshape(count.shape),
        count=count,
    )
