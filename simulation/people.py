"""The bank's customers and their cards: families, ways of life, homes, work and favourite shops."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from domain.events import Tier
from simulation.branches import OFFICERS_A_BRANCH
from simulation.geography import HOME, HOME_ZONE, LAT, LON, NUMBER, ZONES_ABROAD, distances_km
from simulation.hours import DAY_MS, LIVES, OPENS_MS, SECOND_MS, UTC_OFFSET_MS
from simulation.network import DAY_SHOP, NIGHT_SHOP, Network
from simulation.tokens import Tokens

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TIERS: tuple[str, ...] = get_args(Tier)
_TIER_SHARES = (0.88, 0.10, 0.02)
_TIER_SPENDS = np.array([1.0, 1.7, 2.8])
_LIFE_SHARES = (0.5, 0.15, 0.2, 0.15)
_WORKING = (LIVES.index("office"), LIVES.index("shift"))
_FAMILY_SHARES = (0.45, 0.3, 0.17, 0.08)
_CARD_SHARES = (0.5, 0.35, 0.15)
_ABROAD = 0.003
NO_EMPLOYER = -1
_STAFF = 25
PAYDAYS = (5, 8, 10, 15, 18, 20, 25)

# Distance at which a home area is 1/e as likely to be worked in, in km.
_COMMUTE_KM = 10.0
_OLDEST_CARD_DAYS, _YOUNGEST_CARD_DAYS = 3_000, 45
FAVOURITES = 6
_AT_WORK, _AT_HOME, _AT_NIGHT = slice(0, 2), slice(2, 5), slice(5, 6)
# Where the night life is.
_NIGHT_AREAS = ("Gusu", "Industrial Park", "Kunshan")


@dataclass(kw_only=True)
class People:
    """Customers and cards as columns; the cards of one customer stand side by side, the oldest first.

    `spends` multiplies typical amounts, `uses_card` is how much a customer's cards are used against the
    others'. Openings and employers may be changed while the cast of a stream is chosen.
    """

    customers: list[str]
    tier: Ints
    zone: list[str]
    family: Ints
    life: Ints
    home: Ints
    work: Ints
    spends: Floats
    uses_card: Floats
    favourites: Ints
    employer: Ints
    payday: Ints
    cards: list[str]
    last4: list[str]
    card_customer: Ints
    first_card: Ints
    card_count: Ints
    opened_ms: Ints
    opened_at: Ints
    officer: Ints

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customers)

    def living_in(self, zone: str) -> list[int]:
        """Give the numbers of the customers who live in a time zone."""
        return [number for number, known in enumerate(self.zone) if known == zone]

    def cards_of(self, customers: Ints, at_most: int = 3) -> Ints:
        """Give the first cards of some customers, one customer after another."""
        return np.array(
            [
                self.first_card[customer] + number
                for customer in customers
                for number in range(min(at_most, int(self.card_count[customer])))
            ],
            dtype=np.int64,
        )


def _work_areas(rng: np.random.Generator, home: Ints) -> Ints:
    """Draw where people work: likelier nearby and where many live."""
    number = np.arange(len(HOME))
    share = np.array([area.share for area in HOME])
    work = np.empty_like(home)
    for area in number.tolist():
        near = distances_km(LAT[area], LON[area], LAT[number], LON[number])
        weight = share * np.exp(-near / _COMMUTE_KM)
        rows = np.flatnonzero(home == area)
        work[rows] = rng.choice(number, size=len(rows), p=weight / weight.sum())
    return work


def _favourites(rng: np.random.Generator, network: Network, home: Ints, work: Ints) -> Ints:
    """Draw the shops that each customer returns to: near work, near home, and in the evening."""
    night = np.array([NUMBER[name] for name in _NIGHT_AREAS])
    near = np.argmin(distances_km(LAT[home][:, None], LON[home][:, None], LAT[night], LON[night]), axis=1)
    favourites = np.empty((len(home), FAVOURITES), dtype=np.int64)
    for shops, area, kind in (
        (_AT_WORK, work, DAY_SHOP),
        (_AT_HOME, home, DAY_SHOP),
        (_AT_NIGHT, night[near], NIGHT_SHOP),
    ):
        for column in range(shops.start, shops.stop):
            favourites[:, column] = network.pick(rng, area, kind)
    return favourites


def _openings(
    rng: np.random.Generator, network: Network, home: Ints, cards: Ints, start_ms: int
) -> tuple[Ints, Ints]:
    """Draw when (ms, in opening hours) and at which branch of the home area each card was opened."""
    days = rng.integers(_YOUNGEST_CARD_DAYS, _OLDEST_CARD_DAYS, size=len(cards))
    today = (start_ms + UTC_OFFSET_MS) // DAY_MS * DAY_MS - UTC_OFFSET_MS
    clock = OPENS_MS + rng.integers(7 * 3_600, size=len(cards)) * SECOND_MS
    opened = today - days * DAY_MS + clock
    # The oldest card of a customer stands first.
    opened = opened[np.lexsort((opened, cards))]
    first = np.searchsorted(network.branches.area, home[cards])
    count = np.searchsorted(network.branches.area, home[cards], "right") - first
    return opened, first + (rng.random(len(cards)) * count).astype(np.int64)


def settle(rng: np.random.Generator, network: Network, customers: int, start_ms: int) -> People:
    """Draw the customers of a bank and their cards, all opened before `start_ms`."""
    sizes = rng.choice(len(_FAMILY_SHARES), size=customers, p=_FAMILY_SHARES) + 1
    family = np.repeat(np.arange(customers), sizes)[:customers]
    home = rng.choice(len(HOME), size=customers, p=[area.share for area in HOME])[family]
    work = _work_areas(rng, home)
    life = rng.choice(len(LIVES), size=customers, p=_LIFE_SHARES)
    tier = rng.choice(len(TIERS), size=customers, p=_TIER_SHARES)
    moved = rng.random(customers) < _ABROAD
    abroad = rng.choice(list(ZONES_ABROAD.values()), size=customers)
    employers = max(1, customers // _STAFF)
    employer = np.where(
        np.isin(life, _WORKING) & ~moved, rng.integers(employers, size=customers), NO_EMPLOYER
    )
    count = rng.choice(len(_CARD_SHARES), size=customers, p=_CARD_SHARES) + 1
    card_customer = np.repeat(np.arange(customers), count)
    opened_ms, opened_at = _openings(rng, network, home, card_customer, start_ms)
    return People(
        customers=Tokens(rng, "cus").first(customers),
        tier=tier,
        zone=np.where(moved, abroad, HOME_ZONE).tolist(),
        family=family,
        life=life,
        home=home,
        work=work,
        spends=np.exp(0.3 * np.clip(rng.standard_normal(customers), -2.5, 2.5)) * _TIER_SPENDS[tier],
        uses_card=rng.gamma(2.0, 0.5, size=customers) + 0.05,
        favourites=_favourites(rng, network, home, work),
        employer=employer,
        payday=rng.choice(PAYDAYS, size=employers),
        cards=Tokens(rng, "crd").first(len(card_customer)),
        last4=[f"{digits:04d}" for digits in rng.integers(10_000, size=len(card_customer)).tolist()],
        card_customer=card_customer,
        first_card=np.concatenate(([0], np.cumsum(count)[:-1])),
        card_count=count,
        opened_ms=opened_ms,
        opened_at=opened_at,
        officer=rng.integers(OFFICERS_A_BRANCH, size=len(card_customer)),
    )
