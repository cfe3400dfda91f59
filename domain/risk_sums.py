"""From values to bins, and from bins to the sum of their weights; twins in C: native/risk/sums.c."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import reduce
from operator import add, getitem

from domain.events import Transaction
from domain.risk_features import Values
from domain.risk_habits import Habits, measure
from domain.tables import TerminalRecord

# Two features by their places, and the weights of their bins: rows by the bin of the first.
Cross = tuple[int, int, Sequence[Sequence[float]]]


class Sorter:
    """Gives the bin of each value: 0 where there is none, else one more than the edges not above it."""

    __slots__ = ("_edges",)

    def __init__(self, edges: Sequence[Sequence[float]]) -> None:
        """Take the rising edges of each value."""
        self._edges = edges

    def __call__(self, values: tuple[float | None, ...]) -> tuple[int, ...]:
        """Give the bins. Raises ValueError for another number of values than of edges."""
        return tuple(
            [
                0 if value is None else bisect_right(edges, value) + 1
                for edges, value in zip(self._edges, values, strict=True)
            ]
        )


class Adder:
    """Gives intercept and weights of the bins of a use, and of pairs of them, together."""

    __slots__ = ("_crosses", "_intercept", "_weights")

    def __init__(self, intercept: float, weights: Sequence[Sequence[float]], crosses: list[Cross]) -> None:
        """Take the weights of each feature's bins, and of each pair's."""
        self._intercept = intercept
        self._weights = weights
        self._crosses = crosses

    def __call__(self, bins: Sequence[int]) -> float:
        """Give the sum. Raises IndexError for a bin that there is not."""
        # Not `sum`, which rounds otherwise from Python 3.12 on.
        total = reduce(add, map(getitem, self._weights, bins), self._intercept)
        for one, other, rows in self._crosses:
            total += rows[bins[one]][bins[other]]
        return total


def weigh(
    habits: Habits,
    event: Transaction,
    record: TerminalRecord | None,
    bins: Sorter,
    score: Adder,
    unlikely: float,
) -> tuple[Values, float] | None:
    """Measure a use, and give what was measured with its score; None for one of `unlikely` or less."""
    values = measure(habits, event, record)
    total = score(bins(values))
    return None if total <= unlikely else (values, total)
