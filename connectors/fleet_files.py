"""Devices, their sites and planned work as lines of JSON."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, model_validator

from connectors.record_lines import (
    Instant,
    PlaceLine,
    RecordLine,
    StrictLine,
    Token,
    Zone,
    read_record_lines,
)
from devices.registry import (
    CashThresholds,
    Cassette,
    Demanded,
    Device,
    DeviceKind,
    FleetRecord,
    Function,
    Maintenance,
    Site,
)
from devices.service import ALL_DAY, ServiceWeek, Window, Windows, minutes_of_day
from domain.event_fields import MOST_MINOR

FLEET_KINDS: dict[str, type[FleetRecord]] = {"device": Device, "site": Site, "maintenance": Maintenance}

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_DAY_S = 86_400

Minor = Annotated[int, Field(ge=0, le=MOST_MINOR)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _in_order(windows: tuple[str, ...]) -> tuple[str, ...]:
    for before, after in pairwise(_windows(windows)):
        if after[0] <= before[1]:
            raise ValueError("windows of a day should come in order and not touch; join those that do")
    return windows


def _windows(written: Sequence[str]) -> Windows:
    return tuple(map(_window, written))


def _window(written: str) -> Window:
    begin, dash, end = written.partition("-")
    if not dash:
        raise ValueError(f"{written!r} is no window; write it as 08:30-17:00")
    window = minutes_of_day(begin), minutes_of_day(end)
    if window[0] >= window[1]:
        raise ValueError(
            f"{written!r} ends before it begins; past midnight, end at 24:00 and begin the next day at 00:00"
        )
    return window


DayWindows = Annotated[tuple[str, ...], AfterValidator(_in_order)]


class _WeekLine(StrictLine):
    """Windows by weekday; `all` is for days that are not named, a closed day has an empty list."""

    all: DayWindows | None = None
    mon: DayWindows | None = None
    tue: DayWindows | None = None
    wed: DayWindows | None = None
    thu: DayWindows | None = None
    fri: DayWindows | None = None
    sat: DayWindows | None = None
    sun: DayWindows | None = None
    holiday: DayWindows | None = None

    def value(self) -> ServiceWeek:
        otherwise = ALL_DAY if self.all is None else _windows(self.all)
        named = [getattr(self, day) for day in _WEEKDAYS]
        return ServiceWeek(
            tuple(otherwise if windows is None else _windows(windows) for windows in named),
            None if self.holiday is None else _windows(self.holiday),
        )


class _CashLine(StrictLine):
    currency: Currency
    low_minor: Minor
    full_notes: Annotated[int, Field(ge=1)] | None = None

    def value(self) -> CashThresholds:
        return CashThresholds(**dict(self))


class _CassetteLine(StrictLine):
    unit: Annotated[int, Field(ge=1, le=99)]
    denomination_minor: Minor
    currency: Currency
    notes_most: Annotated[int, Field(ge=1)] | None = None

    def value(self) -> Cassette:
        return Cassette(**dict(self))


class DeviceLine(RecordLine):
    """A device; the fields are those of `devices.registry.Device`."""

    record: Literal["device"]
    branch: Token
    kind: DeviceKind
    vendor: Token
    model: Token
    heartbeat_s: Annotated[int, Field(ge=1, le=_MOST_DAY_S)] = 300
    care_level: Annotated[int, Field(ge=1, le=3)] = 2
    functions: tuple[Function, ...] = ("card", "withdraw")
    in_branch: bool = True
    through_wall: bool = False
    demanded: Demanded = "in_service"
    service: _WeekLine = _WeekLine()
    place: PlaceLine | None = None
    cash: _CashLine | None = None
    cassettes: tuple[_CassetteLine, ...] = ()
    cash_carrier: Token | None = None

    @model_validator(mode="after")
    def _one_cassette_to_a_place(self) -> Self:
        units = [cassette.unit for cassette in self.cassettes]
        if len(set(units)) < len(units):
            raise ValueError("two cassettes have the same unit; number them from 1 on")
        return self

    def value(self) -> Device:
        """Give the device."""
        return Device(
            **self.fields()
            | {
                "service": self.service.value(),
                "place": self.place.value() if self.place else None,
                "cash": self.cash.value() if self.cash else None,
                "cassettes": tuple(cassette.value() for cassette in self.cassettes),
            }
        )


class SiteLine(RecordLine):
    """A branch with devices; the fields are those of `devices.registry.Site`."""

    record: Literal["site"]
    time_zone: Zone
    region: Token | None = None
    link: Token | None = None
    power: Token | None = None
    holidays: tuple[date, ...] = ()
    open: _WeekLine = _WeekLine()
    contact: Token | None = None
    place: PlaceLine | None = None

    def value(self) -> Site:
        """Give the site."""
        return Site(
            **self.fields()
            | {
                "holidays": frozenset(self.holidays),
                "open": self.open.value(),
                "place": self.place.value() if self.place else None,
            }
        )


class MaintenanceLine(RecordLine):
    """Planned work; the fields are those of `devices.registry.Maintenance`."""

    record: Literal["maintenance"]
    begins_at: Instant
    ends_at: Instant
    reason: Text
    device: Token | None = None
    branch: Token | None = None
    cancelled: bool = False

    @model_validator(mode="after")
    def _one_place_one_span(self) -> Self:
        if self.begins_at >= self.ends_at:
            raise ValueError("ends_at should be after begins_at")
        if (self.device is None) == (self.branch is None):
            raise ValueError("name a device or a branch, exactly one of them")
        return self

    def value(self) -> Maintenance:
        """Give the planned work."""
        return Maintenance(**self.fields())


_OWN_WORDS = {
    "extra_forbidden": "no such field here",
    "union_tag_not_found": "no `record`; it must be device, site or maintenance",
}
_LINE: TypeAdapter[DeviceLine | SiteLine | MaintenanceLine] = TypeAdapter(
    Annotated[DeviceLine | SiteLine | MaintenanceLine, Field(discriminator="record")]
)


def read_fleet(paths: Sequence[Path]) -> Iterator[FleetRecord]:
    """Give the records of files of lines (plain, gzip or zstandard), in their order.

    A line is an object with `record` (device, site or maintenance) and the fields that devices.registry
    gives it, no others. Windows of service are lists of `08:30-17:00` by `mon` to `sun`, `holiday`, and
    `all` for the days not named; a week that is not given at all is around the clock.

    Raises BadReferenceError at the end when any line is no such record, or at the twentieth.
    """
    for line in read_record_lines(paths, _LINE, _OWN_WORDS):
        yield line.value()


def fleet_line(record: FleetRecord) -> bytes:
    """Write a record as the line that `read_fleet` reads it from, with its newline."""
    kind = next(kind for kind, kept in FLEET_KINDS.items() if isinstance(record, kept))
    written = {"record": kind, **msgspec.to_builtins(record)}
    for name, value in vars(record).items():
        if isinstance(value, ServiceWeek):
            written[name] = _week(value)
        elif isinstance(value, frozenset):
            written[name] = sorted(written[name])
    return msgspec.json.encode(written) + b"\n"


def _week(week: ServiceWeek) -> dict[str, list[str]]:
    days = {day: _written(windows) for day, windows in zip(_WEEKDAYS, week.days, strict=True)}
    return days if week.holiday is None else {**days, "holiday": _written(week.holiday)}


def _written(windows: Windows) -> list[str]:
    """Write windows of minutes of the day as lines have them, such as 08:30-17:00."""
    return ["-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in window) for window in windows]
