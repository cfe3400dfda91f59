"""Availability: minutes summed first, over devices and days, and divided afterwards.

CreditError             a credit that is not one
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.buckets import BUCKETS, CAUSES, Bucket
from devices.codes import Catalogue
from devices.ledger import Interval
from devices.registry import Function
from domain.wording import nearest

# Which share of a bucket's time, or of one cause's, the assessed open rate excuses, as banks' own figures do:
# faults, silence, lost links and maintenance are not held against a branch, lack of cash and paper is.
CREDITS: Mapping[str, float] = {
    "hard_fault": 1.0,
    "soft_fault": 1.0,
    "unknown": 1.0,
    "monitor_link": 1.0,
    "host_link": 1.0,
    "power": 1.0,
    "maintenance": 1.0,
}
# What counts in any case, and what was not asked for, cannot be excused.
_BEYOND_CREDIT = ("full", "planned_stop", "out_of_window")


class CreditError(ValueError):
    """A credit for something that there is not, or of less than nothing or more than all."""


class Rate(NamedTuple):
    """A share with both its parts, in milliseconds; `value` is None where nothing was asked for."""

    numerator_ms: float
    denominator_ms: int

    @property
    def value(self) -> float | None:
        """Give the share."""
        return self.numerator_ms / self.denominator_ms if self.denominator_ms else None


class Excuse(NamedTuple):
    """Time of one bucket and cause that the assessed open rate adds back, `share` of it."""

    bucket: Bucket
    cause: str
    ms: int
    share: float

    @property
    def credited_ms(self) -> float:
        """How much of the time is added back."""
        return self.ms * self.share


@dataclass
class Account:
    """The time of some devices and days, by where it went."""

    spent_ms: Counter[tuple[Bucket, str]] = field(default_factory=Counter)
    served_ms: Counter[Function] = field(default_factory=Counter)
    asked_ms: Counter[Function] = field(default_factory=Counter)

    def add(self, interval: Interval) -> None:
        """Book an interval."""
        length_ms = interval.length_ms
        self.spent_ms[interval.bucket, interval.cause] += length_ms
        if interval.bucket in ("out_of_window", "planned_stop"):
            return
        for function in interval.serves:
            self.served_ms[function] += length_ms
        for function in (*interval.serves, *interval.lacks):
            self.asked_ms[function] += length_ms

    def __iadd__(self, other: "Account") -> "Account":
        """Book all of another account here too."""
        self.spent_ms.update(other.spent_ms)
        self.served_ms.update(other.served_ms)
        self.asked_ms.update(other.asked_ms)
        return self

    @property
    def by_bucket(self) -> dict[Bucket, int]:
        """Give the milliseconds of every bucket; together they are the local days."""
        sums = dict.fromkeys(BUCKETS, 0)
        for (bucket, _), length_ms in self.spent_ms.items():
            sums[bucket] += length_ms
        return sums

    @property
    def scheduled_ms(self) -> int:
        """Give the time within service windows."""
        return self.spent_ms.total() - self.by_bucket["out_of_window"]

    @property
    def demanded_ms(self) -> int:
        """Give the time in which service was asked for: scheduled and not told to stop."""
        return self.scheduled_ms - self.by_bucket["planned_stop"]

    @property
    def service_rate(self) -> Rate:
        """Give the share in which everything worked."""
        return Rate(self.by_bucket["full"], self.demanded_ms)

    @property
    def usable_rate(self) -> Rate:
        """Give the share in which at least something worked."""
        return Rate(self.by_bucket["full"] + self.by_bucket["partial"], self.demanded_ms)

    @property
    def unknown_rate(self) -> Rate:
        """Give the share of which nothing is known."""
        return Rate(self.by_bucket["unknown"], self.demanded_ms)

    def availability(self, function: Function) -> Rate:
        """Give the share in which customers could withdraw (deposit), of devices made for it."""
        return Rate(self.served_ms[function], self.asked_ms[function])


@dataclass(frozen=True)
class Assessment:
    """The assessed open rate: the service rate with excused time added back, every excuse by name.

    It says what a branch answers for, not what customers met: never show it without the service rate.
    """

    service_rate: Rate
    excuses: tuple[Excuse, ...]

    @property
    def open_rate(self) -> Rate:
        """Give the assessed rate; never above 1, as no moment is in two buckets."""
        credited_ms = sum(excuse.credited_ms for excuse in self.excuses)
        return Rate(self.service_rate.numerator_ms + credited_ms, self.service_rate.denominator_ms)


def assess(account: Account, credits_: Mapping[str, float] = CREDITS) -> Assessment:
    """Excuse time by a vector of credits; one for a cause goes before that for its bucket."""
    excuses = []
    for (bucket, cause), length_ms in account.spent_ms.items():
        share = credits_.get(cause, credits_.get(bucket, 0.0))
        if share and bucket not in _BEYOND_CREDIT:
            excuses.append(Excuse(bucket, cause, length_ms, share))
    excuses.sort(key=lambda excuse: (-excuse.credited_ms, excuse.bucket, excuse.cause))
    return Assessment(account.service_rate, tuple(excuses))


def check_credits(credits_: Mapping[str, float], codes: Catalogue) -> None:
    """Refuse credits that mean nothing. Raises CreditError saying what is allowed."""
    known = [*(name for name in BUCKETS if name not in _BEYOND_CREDIT), *codes.codes, *CAUSES]
    for name, share in credits_.items():
        if name not in known:
            raise CreditError(
                f"no credit can be given for {name!r}{nearest(name, known)}; name a bucket or a cause"
            )
        if not 0 <= share <= 1:
            raise CreditError(f"the credit for {name} is {share}; it is a share from 0 to 1")
