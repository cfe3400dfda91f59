"""Counts that come at a rate of which some is known: what is usual, and how rare so many would be."""

from math import lgamma, log, log1p
from typing import NamedTuple

_LN10 = log(10)
# Terms of the tail below this share of its first are left out.
_SMALL = 1e-12


class Gamma(NamedTuple):
    """What is known of a rate a day: as much as `shape` events in `days` tell.

    >>> Gamma(2.0, 10.0).joined(Gamma(1.0, 5.0)).mean
    0.2
    """

    shape: float
    days: float

    @property
    def mean(self) -> float:
        """The rate that is expected."""
        return self.shape / self.days

    def joined(self, other: "Gamma") -> "Gamma":
        """Put together what is known from two sources."""
        return Gamma(self.shape + other.shape, self.days + other.days)

    def faded(self, most_days: float) -> "Gamma":
        """Give the same rate known from at most so many days."""
        if self.days <= most_days:
            return self
        return Gamma(self.shape * most_days / self.days, most_days)


def log_tail(known: Gamma, count: int, days: float) -> float:
    """Give the decimal log of the chance of `count` events or more in `days`, at a rate so far known.

    The count is then negative binomial. Nothing saturates: terms of the tail are added up, from the first.

    >>> round(log_tail(Gamma(3.0, 30.0), 0, 1.0), 6), round(log_tail(Gamma(3.0, 30.0), 4, 1.0), 2)
    (0.0, -4.81)
    """
    if count <= 0:
        return 0.0
    shape, part = known.shape, days / (known.days + days)
    first = lgamma(shape + count) - lgamma(shape) - lgamma(count + 1.0)
    first += shape * log1p(-part) + count * log(part)
    total = term = 1.0
    number = float(count)
    while term > _SMALL * total:
        term *= (shape + number) / (number + 1.0) * part
        total += term
        number += 1.0
    return min(0.0, (first + log(total)) / _LN10)
