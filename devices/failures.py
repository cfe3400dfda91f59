"""Failures: from when a device's own fault stopped something until it served again."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import NamedTuple

from devices.buckets import Bucket
from devices.codes import Catalogue
from devices.ledger import Interval

# A device that serves for less than this between two faults has not been put right: one failure goes on.
REOPEN_MS = 30 * 60_000
# The same component failing again so soon after it was put right is a repeat.
REPEAT_MS = 7 * 24 * 3_600_000
_OWN: tuple[Bucket, ...] = ("hard_fault", "soft_fault", "supply", "hang")
_SERVING: tuple[Bucket, ...] = ("full", "partial")


class Failure(NamedTuple):
    """One failure of a device, by the code that began it; `restored_ms` is None while it lasts."""

    device: str
    code: str
    component: str
    unit: int
    onset_ms: int
    restored_ms: int | None

    @property
    def length_ms(self) -> int | None:
        """How long customers missed something, by their own clock: nights and planned work included."""
        return None if self.restored_ms is None else self.restored_ms - self.onset_ms


class Acknowledgement(NamedTuple):
    """When the desk was told of something about a device, and when somebody took it on."""

    device: str
    annunciated_ms: int
    acknowledged_ms: int


class Spread(NamedTuple):
    """How long things took in milliseconds: how many there were, their mean, median and 90th percentile."""

    number: int
    mean_ms: float | None = None
    median_ms: float | None = None
    p90_ms: float | None = None


@dataclass(frozen=True)
class Reliability:
    """How often devices failed and how long it took, each figure with its counts.

    `serving_ms` is the time in which anything could be used: MTBF is that divided by the failures that began.
    """

    failures: int
    unrestored: int
    serving_ms: int
    repairs: Spread
    acknowledgements: Spread
    repeats: int

    @property
    def mtbf_ms(self) -> float | None:
        """Give the mean time between failures; None where there were none."""
        return self.serving_ms / self.failures if self.failures else None

    @property
    def repeat_rate(self) -> float | None:
        """Give the share of failures that were repeats."""
        return self.repeats / self.failures if self.failures else None


def failures_of(intervals: Iterable[Interval], codes: Catalogue, reopen_ms: int = REOPEN_MS) -> list[Failure]:
    """Find the failures in the intervals of one device, in order.

    A fault of its own that stops a function, or a lack of cash, begins one. Neither the end of the service
    window nor silence, a lost link or planned work ends it, only service: what a fault stopped must have
    worked again for `reopen_ms`, or until the intervals end.
    """
    found: list[Failure] = []
    for interval in intervals:
        last = found[-1] if found else None
        if _fails(interval, codes):
            if last and (last.restored_ms is None or interval.begin_ms - last.restored_ms < reopen_ms):
                found[-1] = last._replace(restored_ms=None)
            else:
                unit = interval.component, interval.unit
                found.append(Failure(interval.device, interval.cause, *unit, interval.begin_ms, None))
        elif last and last.restored_ms is None and interval.bucket in _SERVING:
            found[-1] = last._replace(restored_ms=interval.begin_ms)
    return found


def reliability(
    began: Sequence[Failure],
    repeats: Set[Failure],
    serving_ms: int,
    acknowledgements: Iterable[Acknowledgement] = (),
) -> Reliability:
    """Give the figures of the failures that began in some time; `repeats` are those among them and others."""
    waits_ms = [known.acknowledged_ms - known.annunciated_ms for known in acknowledgements]
    return Reliability(
        failures=len(began),
        unrestored=sum(failure.restored_ms is None for failure in began),
        serving_ms=serving_ms,
        repairs=spread([failure.length_ms for failure in began if failure.length_ms is not None]),
        acknowledgements=spread(waits_ms),
        repeats=sum(failure in repeats for failure in began),
    )


def repeats_of(failures: Iterable[Failure], repeat_ms: int = REPEAT_MS) -> frozenset[Failure]:
    """Give the failures of a component of a device that was put right less than `repeat_ms` before."""
    restored: dict[tuple[str, str], int] = {}
    found = set()
    for failure in sorted(failures, key=lambda failure: (failure.onset_ms, failure.device)):
        place = failure.device, failure.component
        before_ms = restored.get(place)
        if before_ms is not None and failure.onset_ms - before_ms < repeat_ms:
            found.add(failure)
        if failure.restored_ms is not None:
            restored[place] = failure.restored_ms
    return frozenset(found)


def spread(lengths_ms: Sequence[float]) -> Spread:
    """Give mean, median and 90th percentile (between the two nearest, as they lie)."""
    if not lengths_ms:
        return Spread(0)
    p90 = quantiles(lengths_ms, n=10, method="inclusive")[8] if len(lengths_ms) > 1 else lengths_ms[0]
    return Spread(len(lengths_ms), fmean(lengths_ms), median(lengths_ms), p90)


def commonest(failures: Iterable[Failure]) -> list[tuple[str, int]]:
    """Give the codes that began failures with how many, the most frequent first."""
    counts = Counter(failure.code for failure in failures)
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def _fails(interval: Interval, codes: Catalogue) -> bool:
    if interval.bucket in _OWN:
        return True
    code = codes.codes.get(interval.cause)
    if interval.bucket != "partial" or code is None or code.bucket not in _OWN:
        return False
    # Half a machine is a failure where a fault stopped the other half, not where a receipt is missing.
    return any(function in code.blocks for function in interval.lacks)
