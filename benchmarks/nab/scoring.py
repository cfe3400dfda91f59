"""The published scoring of the Numenta Anomaly Benchmark, and nothing else.

Source: A. Lavin, S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly
Benchmark", ICMLA 2015, and the weights that NAB publishes with its data. Written anew from that description;
a test compares it with published scores.
"""

from collections.abc import Iterable, Sequence
from math import exp
from typing import NamedTuple

# The first part of a series, in which a detector gets to know it, is not scored.
_PROBATION_SHARE, _PROBATION_MOST_ROWS = 0.15, 750
# So many lengths of the last window behind it a false positive costs all it can.
_FAR_BEHIND = 3.0


class Profile(NamedTuple):
    """What a true positive earns, and what a false positive and a missed window cost."""

    tp: float
    fp: float
    fn: float


STANDARD = Profile(1.0, 0.11, 1.0)
LOW_FP = Profile(1.0, 0.22, 1.0)
LOW_FN = Profile(1.0, 0.11, 2.0)


class Window(NamedTuple):
    """A labelled anomaly: the numbers of its first and its last row."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        return self.last - self.first + 1


def probation_rows(rows: int) -> int:
    """Give how many rows at the start of a series are not scored."""
    return min(int(_PROBATION_SHARE * rows), _PROBATION_MOST_ROWS)


def credit(position: float) -> float:
    """Give the worth of a detection at a position in lengths of the window: -1 its first row, 0 its end.

    Nearly 1 at the start, 0 at the end, and towards -1 behind it.
    """
    return -1.0 if position > _FAR_BEHIND else 2.0 / (1.0 + exp(5.0 * position)) - 1.0


def raw_score(detections: Iterable[int], windows: Sequence[Window], rows: int, profile: Profile) -> float:
    """Score the rows at which a detector fired in one series.

    A window counts by its first detection; every detection outside one costs, less when close behind one;
    a window without a detection costs `profile.fn`. `windows` are in order and do not overlap.
    """
    score, first_scored = 0.0, probation_rows(rows)
    behind = -1
    found = [False] * len(windows)
    for row in sorted(detections):
        if row < first_scored:
            continue
        while behind + 1 < len(windows) and windows[behind + 1].first <= row:
            behind += 1
        if behind < 0:
            score -= profile.fp
            continue
        window = windows[behind]
        if row > window.last:
            score += profile.fp * credit((row - window.last) / (window.rows - 1))
        elif not found[behind]:
            found[behind] = True
            score += profile.tp * credit((row - window.last - 1) / window.rows) / credit(-1.0)
    return score - profile.fn * found.count(False)


def normalised(raw: float, windows: int, profile: Profile) -> float:
    """Put the sum of raw scores on the scale of NAB: 0 for a silent detector, 100 for a perfect one."""
    silent, perfect = -profile.fn * windows, profile.tp * windows
    return 100.0 * (raw - silent) / (perfect - silent)
