"""The way of reports and uses to the desk: most come at once, some late, out of order or twice."""

import numpy as np

from simulation.hours import SECOND_MS
from simulation.network import Ints

# Most are on their way for less than this; a few for as long as the plan allows.
_USUAL_MS = 2_500
_LATE_SHARE = 0.02
_REPEATED_SHARE = 0.003


def deliver(rng: np.random.Generator, at_ms: Ints, most_late_s: int) -> tuple[Ints, Ints]:
    """Give the numbers of rows in which they arrive, some of them twice, and when each does (ms).

    Nothing arrives before it happens, nor later than `most_late_s` after.
    """
    most_ms = most_late_s * SECOND_MS
    count = len(at_ms)
    delay = rng.integers(50, min(_USUAL_MS, most_ms) + 1, size=count)
    late = rng.random(count) < _LATE_SHARE
    delay[late] = rng.integers(50, most_ms + 1, size=int(late.sum()))
    repeated = np.flatnonzero(rng.random(count) < _REPEATED_SHARE)
    again = rng.integers(delay[repeated], most_ms + 1)
    number = np.concatenate((np.arange(count), repeated))
    arrives_ms = np.concatenate((at_ms + delay, at_ms[repeated] + again))
    order = np.argsort(arrives_ms, kind="stable")
    return number[order], arrives_ms[order]
