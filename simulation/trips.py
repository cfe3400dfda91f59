"""Who is away when: stays of the few customers who travel; all others are at home."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.geography import ZONES_ABROAD
from simulation.hours import DAY_MS, HOUR_MS, Window
from simulation.people import People
from simulation.timetable import EVER_MS, HOME_AREA, POPULARITY, ROUTES, Stay, journey, settled

Ints = NDArray[np.int64]

ON_THE_WAY = -2
RESIDENT = -1

# The share of families of which someone is on a journey that touches a day, and of those who go together.
_TRAVELLING = 0.02
_TOGETHER = 0.4
_MOST_DAYS_BEFORE = 3


class Whereabouts:
    """Answers where customers are at a moment, for all rows at once."""

    def __init__(self, stays: Mapping[int, list[Stay]]) -> None:
        """Lay the stays of each customer, in order of time, side by side."""
        rows = [(customer, *stay) for customer in sorted(stays) for stay in stays[customer]]
        table = np.array(rows, dtype=np.int64).reshape(-1, 4)
        self._customer, self._until, self._area = table[:, 0], table[:, 2], table[:, 3]
        # One sorted key of customer and time makes the look-up a single search.
        self._key = table[:, 0] * EVER_MS + table[:, 1]

    def find(self, customer: Ints, at_ms: Ints) -> tuple[Ints, Ints]:
        """Give for each row the number of the stay (RESIDENT without any) and the area.

        The area is that of an airport, a station or a city, HOME_AREA or ON_THE_WAY.
        """
        if not len(self._key):
            return np.full(customer.shape, RESIDENT), np.full(customer.shape, HOME_AREA)
        wide = customer.astype(np.int64)
        stay = np.maximum(np.searchsorted(self._key, wide * EVER_MS + at_ms, "right") - 1, 0)
        traveller = self._customer[stay] == wide
        area = np.where(at_ms < self._until[stay], self._area[stay], ON_THE_WAY)
        return np.where(traveller, stay, RESIDENT), np.where(traveller, area, HOME_AREA)


def daily_journeys(rng: np.random.Generator, people: People, window: Window) -> dict[int, list[Stay]]:
    """Send a few families and single customers on journeys around the window; some have moved away."""
    days = (window.end_ms - window.start_ms) / DAY_MS + _MOST_DAYS_BEFORE
    families = int(people.family[-1]) + 1
    leaving = rng.permutation(families)[: round(families * _TRAVELLING * days)]
    members = np.searchsorted(people.family, np.arange(families + 1))
    stays = {}
    for family in leaving.tolist():
        route = ROUTES[int(rng.choice(len(ROUTES), p=POPULARITY))]
        out_ms = window.start_ms + int((rng.random() * days - _MOST_DAYS_BEFORE) * DAY_MS)
        planned = journey(route, out_ms, int(rng.uniform(4 * HOUR_MS, 3 * DAY_MS))).stays()
        going = range(int(members[family]), int(members[family + 1]))
        if rng.random() > _TOGETHER:
            going = range(going.start, going.start + 1)
        stays.update(dict.fromkeys(going, planned))
    for city, zone in ZONES_ABROAD.items():
        stays.update(dict.fromkeys(people.living_in(zone), settled(city)))
    return stays
