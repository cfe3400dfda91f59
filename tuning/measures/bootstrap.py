"""How far a figure could have come out otherwise: whole days are drawn again, as they lie.

Alerts of one day hang together (one thief, one feast day, one broken terminal), so single alerts must not be
drawn. Sources: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), for the percentiles;
H. Kuensch, Annals of Statistics 17 (1989), for whole blocks.
"""

from collections.abc import Callable, Sequence
from math import isnan, nan
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")

DRAWS = 1000
SEED = 7
# The middle 95 of a hundred draws.
_TAIL = 0.025


class Interval(NamedTuple):
    """A figure and where it lies in 95 of a hundred draws; all are nan where the figure is undefined."""

    low: float
    point: float
    high: float

    @property
    def is_noise(self) -> bool:
        """Whether a difference may as well be none: the interval holds 0, or nothing is known."""
        return not (self.low > 0 or self.high < 0)


def interval(
    per_day: Sequence[T], statistic: Callable[[Sequence[T]], float], *, draws: int = DRAWS, seed: int = SEED
) -> Interval:
    """Give a figure of some days with its interval.

    `statistic` may be nan for days of which it is undefined; such draws are left out.
    """
    return _of_draws(len(per_day), lambda days: statistic([per_day[day] for day in days]), draws, seed)


def day_blocks(
    of_a: Sequence[T],
    of_b: Sequence[T],
    statistic: Callable[[Sequence[T]], float],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """Give by how much a figure of B is more than that of A, over the same days in the same order.

    Both are drawn together, so that what a day did to both is no part of the difference. Raises ValueError
    when they are not equally many.
    """
    if len(of_a) != len(of_b):
        raise ValueError(f"{len(of_a)} days of A and {len(of_b)} of B; both need the same days, in order")

    def difference(days: Sequence[int]) -> float:
        return statistic([of_b[day] for day in days]) - statistic([of_a[day] for day in days])

    return _of_draws(len(of_a), difference, draws, seed)


def _of_draws(count: int, figure: Callable[[Sequence[int]], float], draws: int, seed: int) -> Interval:
    if draws < 1:
        raise ValueError(f"{draws} draws; at least 1 is needed")
    point = figure(range(count)) if count else nan
    if isnan(point):
        return Interval(nan, nan, nan)
    random = Random(seed)
    drawn = (figure(random.choices(range(count), k=count)) for _ in range(draws))
    # The days as they were are the one draw that is never undefined.
    found = sorted(value for value in (*drawn, point) if not isnan(value))
    return Interval(_quantile(found, _TAIL), point, _quantile(found, 1 - _TAIL))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Give the value below which `share` of them lie, between two of them in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
