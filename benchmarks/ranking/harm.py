"""How fast money leaves after an alert, learnt from episodes of the past whose labels are known.

For alerts of one detector and an age in hours since the latest alert of a case: the money that was still
lost after that age, and in the hour that followed, for each unit of probability x exposure that the
alerts had said. Only ages at which no newer alert had come are counted, as a case is judged by its
latest.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.ranking.calls import HOUR_MS, LAPSE_MS, Alert, Case, Truth

# Ages in hours at which it is looked; between two of them the earlier one holds.
AGES_H = (0, 0.25, 0.5, 1, 2, 4, 8, 16, 24, 36, 48, 72, 96, 120, 144, 168)
# Of a detector with fewer alerts in the past, an alert is worth what it says.
_SEEN_LEAST = 20


class _Sums(NamedTuple):
    said: list[float]
    remaining: list[float]
    next_hour: list[float]


class Harm:
    """Tells what a case of some age is still worth, by what became of such in the past."""

    def __init__(self) -> None:
        """Begin with nothing known: a case is then worth what its alerts said."""
        self._sums: defaultdict[str, _Sums] = defaultdict(_no_sums)
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._lost_minor = self._waited_minor_ms = 0

    def learn(self, alerts: Sequence[Alert], truth: Truth) -> None:
        """Learn from alerts in the order of time, and what was true; nobody had called in those days."""
        newer: dict[str, int] = {}
        for alert in reversed(alerts):
            self._count(alert, newer.get(alert.party, alert.at_ms + LAPSE_MS), truth)
            newer[alert.party] = alert.at_ms

    def remaining(self, case: Case, at_ms: int) -> float:
        """Give the money (minor units) that is expected to be lost yet."""
        return self._worth(case, at_ms, next_hour=False)

    def next_hour(self, case: Case, at_ms: int) -> float:
        """Give the money (minor units) that is expected to be lost within the hour to come."""
        return self._worth(case, at_ms, next_hour=True)

    @property
    def lasts_ms(self) -> float:
        """How long money stayed after an alert on average; what a fading of 1/e takes, if it fades evenly."""
        return self._waited_minor_ms / self._lost_minor if self._lost_minor else float(LAPSE_MS)

    def at_first(self, case: Case) -> float:
        """Give the money (minor units) that was expected to be lost yet when the latest alert came."""
        return self.remaining(case, case.latest_ms)

    def rows(self, detector: str) -> list[tuple[float, float, float]]:
        """Give age in hours, what remains and what the next hour takes, for each unit that was said."""
        sums = self._sums[detector]
        return [
            (age, sums.remaining[number] / said, sums.next_hour[number] / said)
            for number, (age, said) in enumerate(zip(AGES_H, sums.said, strict=True))
            if said
        ]

    def _worth(self, case: Case, at_ms: int, *, next_hour: bool) -> float:
        said = case.probability * case.exposure_minor
        if self._seen[case.detector] < _SEEN_LEAST:
            return said
        sums = self._sums[case.detector]
        place = bisect_right(AGES_H, (at_ms - case.latest_ms) / HOUR_MS) - 1
        lost = sums.next_hour if next_hour else sums.remaining
        return said * lost[place] / sums.said[place] if sums.said[place] else 0.0

    def _count(self, alert: Alert, newer_ms: int, truth: Truth) -> None:
        self._seen[alert.detector] += 1
        sums, said = self._sums[alert.detector], alert.probability * alert.exposure_minor
        episode = truth.episode(alert.party, alert.at_ms)
        for lost_ms, minor in episode.losses if episode else ():
            if lost_ms > alert.at_ms:
                self._lost_minor += minor
                self._waited_minor_ms += minor * (lost_ms - alert.at_ms)
        for number, age in enumerate(AGES_H):
            at_ms = alert.at_ms + round(age * HOUR_MS)
            if at_ms >= newer_ms:
                break
            # An hour is short: what the span until the next age took is spread over it.
            end_h = AGES_H[number + 1] if number + 1 < len(AGES_H) else age + 24
            sums.said[number] += said
            for lost_ms, minor in episode.losses if episode else ():
                if lost_ms > at_ms:
                    sums.remaining[number] += minor
                    if lost_ms <= alert.at_ms + end_h * HOUR_MS:
                        sums.next_hour[number] += minor / (end_h - age)


def _no_sums() -> _Sums:
    return _Sums([0.0] * len(AGES_H), [0.0] * len(AGES_H), [0.0] * len(AGES_H))
