"""How far a rate or a level lies beyond what is known of it: online, in 63 plain numbers a series."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import exp, isfinite, log10
from typing import Any, Literal, NamedTuple

from domain.instants import span_ms

# The score from which a value is worth an alert: 5 % of the range beyond it when 1,000 values are known.
LIMIT = 0.15
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MOST = 1e15
# From so many values on one that is far out is pulled in before it widens what is known.
_PULL_FROM = 5
# A mean of the last hour is one after three hours.
_MEAN_SETTLE = 3
# A range is at least a hundredth of the level: one more tick of a constant series is no event.
_LEAST_SHARE = 0.01
# The rhythm of the day: known after three days, forgetting over a week of each hour, and of use when values
# lie less than half as far from their hour's habit as from the plain mean.
_RHYTHM_SETTLE_MS = 3 * _DAY_MS
_RHYTHM_MEMORY_MS = 7 * _HOUR_MS
_RHYTHM_HELPS = 0.5
COUNT, LOW, HIGH = 0, 1, 2

Signal = Literal["value", "mean", "rhythm"]

# What is known of one signal: how many values, and between which two they lie.
Known = list[float]


class Departure(NamedTuple):
    """The signal of a value that lies farthest beyond what is known; score 0 when none does.

    The signal is the value, the mean over the last hour, or the distance from the habit of the hour of day;
    `value` is the signal's, and `low` and `high` are what was known of it before.
    """

    score: float
    signal: Signal
    value: float
    low: float
    high: float


@dataclass(slots=True)
class LevelState:
    """What is known of one series, in 63 plain numbers."""

    first_ms: int
    last_ms: int
    value: Known
    mean: Known
    rhythm: Known
    # The mean over the last hour, the mean over a week, and how far values lie from it and from their hour's.
    short_mean: float
    long_mean: float
    from_mean: float
    from_hour: float
    # The habit of each hour of the day, and how many values stand behind it.
    hours: list[float]
    hour_counts: list[int]

    def dump(self) -> tuple[Any, ...]:
        """Give the state as plain numbers in nested tuples."""
        fields = (getattr(self, name) for name in self.__slots__)
        return tuple(tuple(field) if isinstance(field, list) else field for field in fields)


@dataclass(frozen=True, kw_only=True)
class LevelScorer:
    """Score each value of a series by how much rarer it is than the rarest that is known.

    Three signals are compared with the range between their lowest and highest so far: the value; the mean
    over the last hour, as a new level shows there that stays within the extremes; and, where the series keeps
    a rhythm of the day, the distance from the habit of the hour. A score is the decimal log of a chance: were
    the tail exponential, a range of width w seen in n values says that w / log10(n) farther out is ten times
    as rare. It is 0 within what is known and never saturates, so that extremes do not tie.

    What is far out is never learnt as it is, but pulled in to `pull` widths of the range: one glitch must not
    hide the next, yet a level that stays is known after a few values and then silent. Extremes fade.

    Misses: what stays within the known range and keeps the mean there; a slow drift; the first `settle`
    values.

    Source: in a trial on the Numenta Anomaly Benchmark a range check was worth more than any model.
    """

    settle: int = 100
    mean_span: timedelta = timedelta(hours=1)
    half_life: timedelta = timedelta(days=90)
    pull: float = 2.0
    # The smallest width of a range that is believed, in units of the series: 1 for counts of faults.
    least_width: float = 1e-6
    side: Literal["both", "high"] = "both"

    def __post_init__(self) -> None:
        """Refuse parameters that cannot work. Raises ValueError."""
        if self.settle < 2:
            raise ValueError(f"settle is {self.settle}; a range takes at least 2 values")
        for name in ("mean_span", "half_life", "pull", "least_width"):
            given = getattr(self, name)
            if given <= type(given)(0):
                raise ValueError(f"{name} is {given}; give more than nothing")

    @cached_property
    def _mean_ms(self) -> int:
        return max(1, span_ms(self.mean_span))

    @cached_property
    def _half_life_ms(self) -> int:
        return max(1, span_ms(self.half_life))

    def start(self, at_ms: int, value: float) -> LevelState:
        """Give the state of a series that begins with this value. Raises ValueError as `step` does."""
        _check(value)
        hours, counts = [0.0] * 24, [0] * 24
        hour = at_ms // _HOUR_MS % 24
        hours[hour], counts[hour] = value, 1
        return LevelState(
            first_ms=at_ms,
            last_ms=at_ms,
            value=[1, value, value],
            mean=[0, 0.0, 0.0],
            rhythm=[0, 0.0, 0.0],
            short_mean=value,
            long_mean=value,
            from_mean=0.0,
            from_hour=0.0,
            hours=hours,
            hour_counts=counts,
        )

    def load(self, dumped: list[Any]) -> LevelState:
        """Give the state that was dumped; sequences may come back as lists or tuples."""
        fields: Any = (list(field) if isinstance(field, list | tuple) else field for field in dumped)
        return LevelState(*fields)

    def step(self, state: LevelState, at_ms: int, value: float) -> Departure:
        """Score a value that came at `at_ms` (since 1970, UTC), and learn it.

        A late value is judged like any other and moves no mean over time. Raises ValueError, and leaves the
        state as it is, for a value that is not finite or beyond 1e15 either way.
        """
        _check(value)
        # A gap is no evidence: for one value nothing fades or moves by more than a day.
        elapsed_ms = min(max(0, at_ms - state.last_ms), _DAY_MS)
        state.last_ms = max(state.last_ms, at_ms)
        fade = 0.5 * (1 - 0.5 ** (elapsed_ms / self._half_life_ms))
        found, learnt = self._compare("value", state.value, value, fade)
        state.short_mean += (1 - exp(-elapsed_ms / self._mean_ms)) * (learnt - state.short_mean)
        # Until it has all but forgotten the value that it began with, a mean is none.
        if at_ms - state.first_ms >= _MEAN_SETTLE * self._mean_ms:
            mean, _ = self._compare("mean", state.mean, state.short_mean, fade)
            if mean.score > found.score:
                found = mean
        rhythm = self._follow_rhythm(state, at_ms, value, learnt, elapsed_ms, fade)
        return rhythm if rhythm and rhythm.score > found.score else found

    def _follow_rhythm(
        self, state: LevelState, at_ms: int, value: float, learnt: float, elapsed_ms: int, fade: float
    ) -> Departure | None:
        """Compare a value with the habit of its hour of the day, and learn it; None where that is no help."""
        hour = at_ms // _HOUR_MS % 24
        count, habit = state.hour_counts[hour], state.hours[hour]
        weight = 1 - exp(-min(elapsed_ms, _HOUR_MS) / _RHYTHM_MEMORY_MS)
        daily = weight / 24
        helpful = None
        if count and at_ms - state.first_ms >= _RHYTHM_SETTLE_MS:
            found, distance = self._compare("rhythm", state.rhythm, value - habit, fade)
            if state.from_hour < _RHYTHM_HELPS * state.from_mean:
                helpful = found
            gain = max(daily, 1 / state.rhythm[COUNT])
            state.from_hour += gain * (abs(distance) - state.from_hour)
            state.from_mean += gain * (abs(learnt - state.long_mean) - state.from_mean)
        state.long_mean += max(daily, 1 / state.value[COUNT]) * (learnt - state.long_mean)
        state.hours[hour] = habit + max(weight, 1 / (count + 1)) * (learnt - habit)
        state.hour_counts[hour] = count + 1
        return helpful

    def _compare(self, signal: Signal, known: Known, value: float, fade: float) -> tuple[Departure, float]:
        """Compare a signal with its range, widen the range, and give what of the signal is to be learnt."""
        count, low, high = known
        known[COUNT] = count + 1
        if not count:
            known[LOW] = known[HIGH] = value
            return Departure(0.0, signal, value, value, value), value
        over = max(value - high, low - value if self.side == "both" else 0.0)
        score, learnt = 0.0, value
        width = max(high - low, self.least_width, _LEAST_SHARE * max(abs(low), abs(high)))
        if over > 0 and count >= self.settle:
            score = over / width * log10(count)
        if count >= _PULL_FROM:
            reach = self.pull * width
            learnt = min(high + reach, max(low - reach, value))
        narrower = fade * (high - low)
        known[LOW] = min(low + narrower, learnt)
        known[HIGH] = max(high - narrower, learnt)
        return Departure(score, signal, value, low, high), learnt


def held_back(last_ms: int | None, at_ms: int, hold_ms: int) -> bool:
    """Tell whether an alert at `at_ms` repeats that of `last_ms`: it came less than `hold_ms` after it."""
    return last_ms is not None and at_ms - last_ms < hold_ms


def _check(value: float) -> None:
    if not isfinite(value) or abs(value) > _MOST:
        raise ValueError(f"{value} is no level; give a finite number between -1e15 and 1e15")
