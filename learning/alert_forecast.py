"""How many alerts to expect by quarter-hour and weekday, learnt from the desk's own history with River.

A quarter-hour is expected to bring what it brought in the weeks before, with its neighbours (alerts are few,
and one week's number says little), times the level of late. `benchmarks/forecast.py` measures it against the
same slot last week and against River's HoltWinters. Slots follow UTC, so at a change of summer time the
forecast is an hour off until it has learnt the new rhythm, mostly within two weeks.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt

from river import stats

from domain.forecasts import QUARTER_MS, WEEK_QUARTERS, QuarterHour, quarter
from domain.instants import iso

DAY_QUARTERS = 96
# How much the last week counts in a slot's mean; 0.2 to 0.5 differ by 2 % of the error.
_FADING = 0.3
# So many neighbours on each side tell about a slot, the farther the less.
_NEIGHBOURS = 4
# The level of late: half of it is the last eight hours, and it is forgotten by half in a day.
_LEVEL_FADING = 1 - 0.5 ** (1 / 32)
_LEVEL_BOUNDS = (0.2, 5.0)
# The 95th percentile of a normal distribution.
_HIGH = 1.645


class ForecastError(ValueError):
    """A history that nothing can be learnt from."""


class AlertForecast:
    """What quarter-hours bring; learns one count after the other, in the order of time."""

    def __init__(self, first_quarter: int) -> None:
        """Begin with the history's first quarter-hour, counted since 1970."""
        self._next = first_quarter
        self._slots = [stats.EWMean(_FADING) for _ in range(WEEK_QUARTERS)]
        self._learnt = [False] * WEEK_QUARTERS
        self._days = [stats.EWMean(_FADING) for _ in range(DAY_QUARTERS)]
        self._all = stats.Mean()
        self._seen = stats.EWMean(_LEVEL_FADING)
        self._usual = stats.EWMean(_LEVEL_FADING)
        # How much counts vary around what was expected, in units of a Poisson's variance.
        self._dispersion = stats.EWMean(_LEVEL_FADING / 10)

    def learn_one(self, count: int) -> None:
        """Learn the count of the next quarter-hour."""
        slot = self._next % WEEK_QUARTERS
        if self._learnt[slot]:
            usual = self._usually(self._next)
            expected = max(usual * self._level(), 0.1)
            self._dispersion.update((count - expected) ** 2 / expected)
            self._seen.update(float(count))
            self._usual.update(usual)
        self._slots[slot].update(float(count))
        self._learnt[slot] = True
        self._days[self._next % DAY_QUARTERS].update(float(count))
        self._all.update(float(count))
        self._next += 1

    def forecast(self, quarters: int) -> tuple[QuarterHour, ...]:
        """Give the `quarters` quarter-hours after the last one learnt.

        Raises ForecastError when there is none.
        """
        if not self._all.n:
            raise ForecastError("nothing was learnt yet; give a history of a quarter-hour at least")
        level, dispersion = self._level(), max(1.0, self._dispersion.get())
        return tuple(self._quarter(ahead, level, dispersion) for ahead in range(quarters))

    def _quarter(self, ahead: int, level: float, dispersion: float) -> QuarterHour:
        at = self._next + ahead
        expected = self._usually(at) * (1 + (level - 1) * 0.5 ** (ahead / DAY_QUARTERS))
        high = expected + _HIGH * sqrt(dispersion * expected)
        return QuarterHour(from_ms=at * QUARTER_MS, expected=round(expected, 3), high=round(high, 3))

    def _usually(self, at: int) -> float:
        """Give what a quarter-hour of the week usually brings, told by its neighbours too."""
        total = weights = 0.0
        for apart in range(-_NEIGHBOURS, _NEIGHBOURS + 1):
            weight = 1 / (1 + abs(apart))
            total += weight * self._mean(at + apart)
            weights += weight
        return total / weights

    def _mean(self, at: int) -> float:
        """Give a slot's mean; in the first week that of the same time on other days, or of all."""
        if self._learnt[at % WEEK_QUARTERS]:
            return float(self._slots[at % WEEK_QUARTERS].get())
        if self._all.n >= DAY_QUARTERS:
            return float(self._days[at % DAY_QUARTERS].get())
        return float(self._all.get())

    def _level(self) -> float:
        """Give how the last hours compare with what was usual for them."""
        usual = self._usual.get()
        least, most = _LEVEL_BOUNDS
        return min(most, max(least, self._seen.get() / usual)) if usual else 1.0


def learn_alert_counts(times_ms: Iterable[int], from_ms: int, to_ms: int) -> AlertForecast:
    """Learn from the times of all alerts in [from_ms, to_ms); quarter-hours without any count as well.

    Only whole quarter-hours are learnt. Raises ForecastError when there is none, or for an alert outside.
    """
    first, end = -(-from_ms // QUARTER_MS), quarter(to_ms)
    counts: Counter[int] = Counter()
    for at_ms in times_ms:
        if not from_ms <= at_ms < to_ms:
            raise ForecastError(f"an alert of {iso(at_ms)} lies outside {iso(from_ms)} to {iso(to_ms)}")
        counts[quarter(at_ms)] += 1
    return learn_counts(first, [counts[number] for number in range(first, end)])


def learn_counts(first_quarter: int, counts: Sequence[int]) -> AlertForecast:
    """Learn from counts of quarter-hours on end. Raises ForecastError without any, or for one below 0."""
    if not counts or min(counts) < 0:
        raise ForecastError("want the alerts of one quarter-hour at least, each a number of 0 or more")
    model = AlertForecast(first_quarter)
    for count in counts:
        model.learn_one(count)
    return model


def last_week(counts: Sequence[int], quarters: int) -> list[int]:
    """Give the baseline: each of the next `quarters` brings what the same slot brought last week."""
    if len(counts) < WEEK_QUARTERS or quarters > WEEK_QUARTERS:
        raise ForecastError(f"the same slot last week takes a week of history: {WEEK_QUARTERS} counts")
    return list(counts[len(counts) - WEEK_QUARTERS :][:quarters])
