"""What every use of some days was scored, in columns: a million rows must not become a million objects."""

from array import array
from collections import defaultdict
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from benchmarks.handbook.uses import DAY_MS, Use, day_of


class Scored:
    """Scores of the uses from one day on, in the order of time, and the customers with fraud on every day.

    `at_ms`, `amounts` (minor units), `customers`, `frauds`, `scores` (any scale) and `probabilities` are of
    equal length.
    """

    def __init__(self, first_day: int) -> None:
        """Keep the scores of uses from `first_day` (since 1970) on, the frauds of every day."""
        self.first_day = first_day
        self.customers: list[str] = []
        self._at_ms, self._amounts = array("q"), array("q")
        self._scores, self._probabilities = array("d"), array("d")
        self._frauds = bytearray()
        self._bad: defaultdict[int, set[str]] = defaultdict(set)

    def add(self, use: Use, score: float | None, probability: float | None) -> None:
        """Take in the next use; without a score it was used before any model was in force."""
        event = use.event
        day = day_of(event.at_ms)
        customer = str(event.customer)
        if use.fraud:
            self._bad[day].add(customer)
        if day < self.first_day or score is None or probability is None:
            return
        self.customers.append(customer)
        self._at_ms.append(event.at_ms)
        self._amounts.append(event.amount_minor)
        self._scores.append(score)
        self._probabilities.append(probability)
        self._frauds.append(use.fraud)

    @property
    def at_ms(self) -> NDArray[np.int64]:
        return np.frombuffer(self._at_ms, dtype=np.int64)

    @property
    def amounts(self) -> NDArray[np.int64]:
        return np.frombuffer(self._amounts, dtype=np.int64)

    @property
    def scores(self) -> NDArray[np.float64]:
        return np.frombuffer(self._scores, dtype=np.float64)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        return np.frombuffer(self._probabilities, dtype=np.float64)

    @property
    def frauds(self) -> NDArray[np.bool_]:
        return np.frombuffer(self._frauds, dtype=np.bool_)

    def rows(self, first_day: int, last_day: int) -> slice:
        """Give where the uses of the days from `first_day` to before `last_day` stand."""
        ends = np.searchsorted(self.at_ms, (first_day * DAY_MS, last_day * DAY_MS))
        return slice(int(ends[0]), int(ends[1]))

    def bad_between(self, first_day: int, last_day: int) -> AbstractSet[str]:
        """Give the customers with a fraud from `first_day` to before `last_day`."""
        return set[str]().union(
            *(customers for day, customers in self._bad.items() if first_day <= day < last_day)
        )
