"""A month of a fleet's availability: accounts by device and day, failures, and the months before."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from devices.availability import CREDITS, Account, Assessment, assess
from devices.failures import (
    Acknowledgement,
    Failure,
    Reliability,
    failures_of,
    reliability,
    repeats_of,
)
from devices.ledger import Course, Interval, Watch
from devices.registry import CASH_KINDS, Device


class Month(NamedTuple):
    """A calendar month of local days."""

    year: int
    number: int

    def __str__(self) -> str:
        """Write it as 2026-10."""
        return f"{self.year:04}-{self.number:02}"

    @classmethod
    def of(cls, day: date) -> "Month":
        """Give the month of a day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    def before(self, months: int = 1) -> "Month":
        """Give the month so many months earlier."""
        index = self.year * 12 + self.number - 1 - months
        return Month(index // 12, index % 12 + 1)


@dataclass
class DeviceMonth:
    """One device's month: the register's last word on it, its account, and the failures that began."""

    device: Device
    account: Account = field(default_factory=Account)
    began: list[Failure] = field(default_factory=list)

    @property
    def lost_ms(self) -> int:
        """Time in which not everything worked although it was asked for."""
        return self.account.demanded_ms - self.account.by_bucket["full"]


class FaultyDevices(NamedTuple):
    """How many distinct devices had a fault in a month, of how many."""

    month: Month
    faulty: int
    devices: int


@dataclass
class MonthOfFleet:
    """All that is said about a month; `first` and `last` are the local days that it counts from and to."""

    month: Month
    first: date
    last: date
    credits: Mapping[str, float]
    devices: list[DeviceMonth] = field(default_factory=list)
    days: dict[date, Account] = field(default_factory=dict)
    repeats: frozenset[Failure] = frozenset()
    trend: list[FaultyDevices] = field(default_factory=list)
    acknowledgements: tuple[Acknowledgement, ...] = ()

    @cached_property
    def account(self) -> Account:
        """Give the account of the whole fleet."""
        whole = Account()
        for known in self.devices:
            whole += known.account
        return whole

    @property
    def assessment(self) -> Assessment:
        """Give the assessed open rate of the fleet."""
        return assess(self.account, self.credits)

    def assessment_of(self, known: DeviceMonth) -> Assessment:
        """Give the assessed open rate of one device."""
        return assess(known.account, self.credits)

    @cached_property
    def failures(self) -> list[Failure]:
        """Give the failures that began in the month, in order."""
        began = [failure for known in self.devices for failure in known.began]
        return sorted(began, key=lambda failure: (failure.onset_ms, failure.device))

    @property
    def reliability(self) -> Reliability:
        """Give the figures of the month's failures."""
        return reliability(self.failures, self.repeats, serving_ms(self.account), self.acknowledgements)

    def reliability_of(self, known: DeviceMonth) -> Reliability:
        """Give the figures of one device's failures."""
        own = (ack for ack in self.acknowledgements if ack.device == known.device.id)
        return reliability(known.began, self.repeats, serving_ms(known.account), own)

    def worst(self, most: int) -> list[DeviceMonth]:
        """Give the devices that lost the most time, those that lost none left out."""
        ranked = sorted(self.devices, key=lambda known: (-known.lost_ms, known.device.id))
        return [known for known in ranked[:most] if known.lost_ms]


def serving_ms(account: Account) -> int:
    """Give the time in which at least something worked."""
    return account.by_bucket["full"] + account.by_bucket["partial"]


def month_of_fleet(
    watch: Watch,
    month: Month,
    *,
    first: date | None = None,
    last: date | None = None,
    months_before: int = 0,
    credits_: Mapping[str, float] = CREDITS,
    acknowledgements: Iterable[Acknowledgement] = (),
) -> MonthOfFleet:
    """Account for the cash machines of a fleet in a month, from its local day `first` up to and with `last`.

    The ledger goes back `months_before`, for the trend, and at least a week, for what is a repeat.
    `acknowledgements` are those of the month.
    """
    first, last = max(first or month.first, month.first), min(last or month.last, month.last)
    earliest = month.before(months_before).first
    found = MonthOfFleet(month, first, last, credits_, acknowledgements=tuple(acknowledgements))
    faulty: dict[Month, set[str]] = {}
    present: dict[Month, set[str]] = {}
    repeats: set[Failure] = set()
    for name in sorted(watch.fleet.devices):
        device = watch.fleet.devices.of(name)[-1]
        if device.kind not in CASH_KINDS:
            continue
        ledger = list(Course(name, watch).intervals(earliest - timedelta(days=7), last))
        failures = failures_of(ledger, watch.codes)
        repeats |= repeats_of(failures)
        counted = [interval for interval in ledger if not month.first <= interval.day < first]
        spans = _spans(counted)
        for touched, (begin_ms, end_ms) in spans.items():
            present.setdefault(touched, set()).add(name)
            if any(_touches(failure, begin_ms, end_ms) for failure in failures):
                faulty.setdefault(touched, set()).add(name)
        if month in spans:
            begin_ms, end_ms = spans[month]
            began = [failure for failure in failures if begin_ms <= failure.onset_ms < end_ms]
            found.devices.append(DeviceMonth(device, _booked(counted, month, found.days), began))
    found.repeats = frozenset(repeats)
    found.days = dict(sorted(found.days.items()))
    found.trend = [
        FaultyDevices(each, len(faulty.get(each, ())), len(present.get(each, ())))
        for each in _months(month, months_before)
    ]
    return found


def _booked(ledger: Iterable[Interval], month: Month, days: dict[date, Account]) -> Account:
    """Book a device's intervals of a month, on its own account and on those of the days."""
    account = Account()
    for interval in ledger:
        if Month.of(interval.day) == month:
            account.add(interval)
            days.setdefault(interval.day, Account()).add(interval)
    return account


def _spans(ledger: Iterable[Interval]) -> dict[Month, tuple[int, int]]:
    spans: dict[Month, tuple[int, int]] = {}
    for interval in ledger:
        month = Month.of(interval.day)
        begin_ms = spans[month][0] if month in spans else interval.begin_ms
        spans[month] = begin_ms, interval.end_ms
    return spans


def _months(month: Month, months_before: int) -> Iterator[Month]:
    return (month.before(months) for months in range(months_before, -1, -1))


def _touches(failure: Failure, begin_ms: int, end_ms: int) -> bool:
    ended = failure.restored_ms is not None and failure.restored_ms <= begin_ms
    return failure.onset_ms < end_ms and not ended
