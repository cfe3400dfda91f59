"""Mean and spread of a stream of numbers in three plain numbers: count, mean, population variance.

River's own objects would take 5 to 45 times the bytes for each card. Far values are pulled in before they
are learnt (winsorised), and old ones fade: one extreme must neither hide the next nor stay for ever.
"""

from math import copysign, inf, sqrt

from domain.windows import Stddev

COUNT, MEAN, VARIANCE = 0, 1, 2

# A list of count, mean and variance.
Moments = list[float]


def no_moments() -> Moments:
    """Give the moments of nothing."""
    return [0, 0.0, 0.0]


def learn(
    moments: Moments, value: float, gain: float = 0.0, clip: float = inf, least: int = 0, floor: float = 0.0
) -> None:
    """Learn one value.

    A value weighs as much as each before it until there are 1/`gain` of them, and `gain` from then on;
    0 never forgets. Once `least` are known, a value is pulled in to `clip` standard deviations from the
    mean; `floor` is the smallest standard deviation that this believes, so that a constant habit can change.

    Source: B. P. Welford, Technometrics 4 (1962), with the step size of exponential weights.
    """
    known, mean, variance = moments[COUNT], moments[MEAN], moments[VARIANCE]
    away = value - mean
    if known >= least and away * away > clip * clip * variance and abs(away) > clip * floor:
        away = copysign(clip * max(sqrt(variance), floor), away)
    step = 1 / (known + 1)
    if step < gain:
        step = gain
    moments[COUNT] = known + 1
    moments[MEAN] = mean + step * away
    moments[VARIANCE] = (1 - step) * (variance + step * away * away)


def variance_of(moments: Moments, stddev: Stddev, gain: float = 0.0) -> float:
    """Give the variance; of a sample it is infinite until there are two values.

    Where values fade, they are as many as weigh: (2 - gain) / gain at most.
    """
    if stddev == "population":
        return moments[VARIANCE]
    count = min(moments[COUNT], (2 - gain) / gain if gain else inf)
    return moments[VARIANCE] * count / (count - 1) if count > 1 else inf


def shrunk(moments: Moments, variance: float, mean: float, sd: float, weight: float) -> tuple[float, float]:
    """Give mean and standard deviation drawn towards a prior that counts as `weight` values."""
    count = moments[COUNT]
    total = count + weight
    drawn_mean = (count * moments[MEAN] + weight * mean) / total
    return drawn_mean, sqrt((count * variance + weight * sd * sd) / total)
