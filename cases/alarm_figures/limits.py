"""What EEMUA 191 and ISA-18.2 call acceptable, against which the desk's own figures are shown.

The standards are not free; these numbers agree across several public summaries of them. Check them against
the standard before quoting them to others. They are meant for one operator's desk over 30 days or more.
"""

from typing import Literal, NamedTuple

Verdict = Literal["acceptable", "manageable", "too_many"]
Level = Literal["predictive", "robust", "stable", "reactive", "overloaded"]


class Limit(NamedTuple):
    """At most so much is very likely acceptable, and at most so much can be managed."""

    acceptable: float
    manageable: float

    def verdict(self, value: float) -> Verdict:
        """Say where a value stands; one at a bound is within it."""
        if value <= self.acceptable:
            return "acceptable"
        return "manageable" if value <= self.manageable else "too_many"


PER_DAY = Limit(150, 300)
PER_HOUR = Limit(6, 12)
PER_TEN_MINUTES = Limit(1, 2)
# Of hours with more than 30 alarms, of ten-minute periods with more than 10, and of time in flood.
BUSY_SHARE = Limit(0.01, 0.01)
PEAK_IN_TEN_MINUTES = Limit(10, 10)
# The share of the ten most frequent alarms, each one condition of one device; beyond the second bound the
# problem is nuisance alarms.
TOP_TEN_SHARE = Limit(0.05, 0.20)
STALE_ON_A_DAY = Limit(4, 4)
NONE_AT_ALL = Limit(0, 0)

# About how alarms should spread over priorities 1 (highest) to 4: under 1 %, 5 %, 15 %, 80 %.
PRIORITY_MIX = {1: 0.01, 2: 0.05, 3: 0.15, 4: 0.80}

# EEMUA's levels by the average and the peak in ten minutes: the average below, the peak at most.
_LEVELS: tuple[tuple[Level, float, int], ...] = (
    ("predictive", 0.1, 2),
    ("robust", 0.5, 5),
    ("stable", 1, 10),
    ("reactive", 2, 100),
)


def level(average: float, peak: int) -> Level:
    """Give the best of EEMUA's levels that both figures of ten minutes allow; indicative only.

    >>> level(0.3, 4), level(0.3, 11), level(2, 3)
    ('robust', 'reactive', 'overloaded')
    """
    return next((name for name, below, most in _LEVELS if average < below and peak <= most), "overloaded")
