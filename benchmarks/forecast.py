"""Measure the forecast of alerts against the same slot last week, and against River's HoltWinters.

`python -m benchmarks.forecast`: counts of quarter-hours over ten weeks from a seed, with a rhythm of day and
week, days that are busier or quieter than usual, numbers that vary more than a Poisson's, and bursts. From
the fifth week on every eight hours the next eight are forecast, the length of a shift. The last lines are the
mean absolute errors.
"""

from collections.abc import Sequence
from math import exp, expm1, log1p, pi, sin
from random import Random
from statistics import fmean
from typing import NamedTuple

from river import time_series

from benchmarks.markdown import table
from domain.forecasts import WEEK_QUARTERS
from learning.alert_forecast import AlertForecast, last_week

SEEDS = (1, 2, 3)
WEEKS, LEARNING_WEEKS = 10, 4
SHIFT = 32
RATES = {"quiet desk": 1.5, "busy desk": 6.0}
_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.15, 1.35, 1.2)


class Errors(NamedTuple):
    """Mean absolute errors in alerts a quarter-hour, and the share of counts within the 95th percentile."""

    last_week: float
    holt_winters: float
    ours: float
    within_high: float


def counts(seed: int, rate: float, weeks: int) -> list[int]:
    """Make the alerts of each quarter-hour of so many weeks, `rate` of them on average by day."""
    random = Random(f"{seed}|{rate}")
    found, level = [], 1.0
    for number in range(weeks * WEEK_QUARTERS):
        day, quarter = divmod(number % WEEK_QUARTERS, 96)
        if quarter == 0:
            level = level**0.8 * exp(0.15 * random.gauss(0, 1))
        hours = (
            0.5 + 0.9 * max(0.0, sin((quarter / 96 - 0.3) * 2 * pi)) + 0.5 * exp(-(((quarter - 80) / 8) ** 2))
        )
        mean = rate * hours * _WEEKDAYS[day] * level * random.gammavariate(1 / 0.3, 0.3)
        burst = random.randint(10, 60) if random.random() < 2 / WEEK_QUARTERS else 0
        found.append(_poisson(random, mean) + burst)
    return found


def measure(series: Sequence[int]) -> Errors:
    """Forecast every shift from the fifth week on and compare it with what came."""
    ours = AlertForecast(0)
    # River's parameters that did best of those tried: an additive season of a week, on logs.
    winters = time_series.HoltWinters(alpha=0.02, beta=0.0001, gamma=0.3, seasonality=WEEK_QUARTERS)
    errors: tuple[list[float], ...] = ([], [], [])
    within: list[bool] = []
    for number, count in enumerate(series):
        if number >= LEARNING_WEEKS * WEEK_QUARTERS and number % SHIFT == 0:
            came = [float(count) for count in series[number : number + SHIFT]]
            expected = ours.forecast(SHIFT)
            forecasts = (
                [float(count) for count in last_week(series[:number], SHIFT)],
                [expm1(value) for value in winters.forecast(SHIFT)],
                [quarter.expected for quarter in expected],
            )
            for found, said in zip(errors, forecasts, strict=True):
                found.extend(abs(one - other) for one, other in zip(said, came, strict=False))
            within.extend(one <= quarter.high for one, quarter in zip(came, expected, strict=False))
        ours.learn_one(count)
        winters.learn_one(log1p(count))
    naive, seasonal, own = (fmean(found) for found in errors)
    return Errors(naive, seasonal, own, fmean(within))


def _poisson(random: Random, mean: float) -> int:
    """Draw a count, as the number of exponential gaps that fit."""
    drawn, total = 0, random.expovariate(1)
    while total < mean:
        drawn += 1
        total += random.expovariate(1)
    return drawn


def main() -> None:
    """Print the errors of each kind of desk."""
    rows, found = [], []
    for name, rate in RATES.items():
        runs = [measure(counts(seed, rate, WEEKS)) for seed in SEEDS]
        mean = Errors(
            fmean(run.last_week for run in runs),
            fmean(run.holt_winters for run in runs),
            fmean(run.ours for run in runs),
            fmean(run.within_high for run in runs),
        )
        found.append(mean)
        rows.append((name, *(f"{value:.3f}" for value in mean[:3]), f"{mean.within_high:.1%}"))
    print(table(("", "last week", "HoltWinters", "ours", "within the 95th percentile"), rows))
    print(f"forecast_mae: {fmean(errors.ours for errors in found):.3f}")
    print(f"last_week_mae: {fmean(errors.last_week for errors in found):.3f}")


if __name__ == "__main__":
    main()
