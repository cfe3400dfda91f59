"""Which devices there are, where they stand and when they should work, each record with its effective time.

`domain.reference` keeps terminals and branches for card transactions; here is what only devices need. Both
find versions in the same way, so that a replay sees the fleet of the time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from msgspec.structs import force_setattr

from devices.service import (
    AROUND_THE_CLOCK,
    ServiceWeek,
    Windows,
    day_span_ms,
    local_day,
    service_spans_ms,
)
from domain.events import Place
from domain.instants import to_ms
from domain.reference import Versions
from domain.telemetry import Telemetry

DeviceKind = Literal[
    "atm",  # dispenses
    "crs",  # dispenses and takes deposits, recycling or not
    "cdm",  # takes deposits
    "coin",
    "stm",  # staffed by video, large amounts
    "card_issuer",
    "kiosk",
    "passbook",
    "link_probe",  # watches the line of its branch
    "other",
]
Function = Literal["card", "withdraw", "deposit"]
Demanded = Literal["in_service", "out_of_service", "planned_stop"]
# What availability is accounted for: cash machines, as in the banks' own figures.
CASH_KINDS: frozenset[str] = frozenset({"atm", "crs"})


@dataclass(frozen=True, kw_only=True)
class CashThresholds:
    """Where cash becomes work: `low_minor` and below on hand, or `full_notes` and above taken in."""

    currency: str
    low_minor: int
    full_notes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cassette:
    """A cassette that is fitted: its place from 1 on, and what it holds."""

    unit: int
    denomination_minor: int
    currency: str
    notes_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Device:
    """A self-service device.

    `demanded` is what it has been told to do: one that was told to stop is not at fault. `care_level` 1 is
    the most cared for. `heartbeat_s` is how often it reports when nothing happens.
    """

    id: str
    effective_at: datetime
    branch: str
    kind: DeviceKind
    vendor: str
    model: str
    heartbeat_s: int = 300
    care_level: int = 2
    functions: tuple[Function, ...] = ("card", "withdraw")
    in_branch: bool = True
    through_wall: bool = False
    demanded: Demanded = "in_service"
    service: ServiceWeek = AROUND_THE_CLOCK
    place: Place | None = None
    cash: CashThresholds | None = None
    cassettes: tuple[Cassette, ...] = ()
    cash_carrier: str | None = None


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a branch is to its devices: their local time and holidays, and what fails with them.

    `link`, `power` and `region` name what devices depend on together: when it is gone, they all are.
    """

    id: str
    effective_at: datetime
    time_zone: str
    region: str | None = None
    link: str | None = None
    power: str | None = None
    holidays: frozenset[date] = frozenset()
    open: ServiceWeek = AROUND_THE_CLOCK
    contact: str | None = None
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """Planned work from `begins_at` until `ends_at` on a device, or on a whole branch (exactly one is named).

    A later version of the same id takes the place of the earlier one; `cancelled` takes it back.
    """

    id: str
    effective_at: datetime
    begins_at: datetime
    ends_at: datetime
    reason: str
    device: str | None = None
    branch: str | None = None
    cancelled: bool = False


FleetRecord = Device | Site | Maintenance


@dataclass(frozen=True)
class Fleet:
    """The devices, sites and planned work, as they were known at any time."""

    home_zone: str
    devices: Versions[Device] = field(default_factory=lambda: Versions[Device](()))
    sites: Versions[Site] = field(default_factory=lambda: Versions[Site](()))
    maintenances: Versions[Maintenance] = field(default_factory=lambda: Versions[Maintenance](()))
    # Ids of planned work by the device or branch that any version of it names.
    _planned: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[FleetRecord], home_zone: str) -> "Fleet":
        """Sort records of all kinds into their versions; `home_zone` stands in where a site is not known."""
        kept = list(records)
        planned: dict[tuple[str, str], dict[str, None]] = {}
        for record in kept:
            if isinstance(record, Maintenance):
                key = ("device", record.device) if record.device else ("branch", record.branch or "")
                planned.setdefault(key, {})[record.id] = None
        return cls(
            home_zone,
            Versions[Device](record for record in kept if isinstance(record, Device)),
            Versions[Site](record for record in kept if isinstance(record, Site)),
            Versions[Maintenance](record for record in kept if isinstance(record, Maintenance)),
            {key: tuple(ids) for key, ids in planned.items()},
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to join."""
        return not len(self.devices)

    def join(self, event: Telemetry) -> bool:
        """Fill in the event's joined fields, before anyone else has seen it.

        Returns whether its device was on record; an event that was not is still whole and still watched.
        """
        device = self.devices.at(event.device, event.at_ms)
        if device is None:
            return False
        force_setattr(event, "branch", device.branch)
        force_setattr(event, "vendor", device.vendor)
        force_setattr(event, "model", device.model)
        return True

    def zone(self, branch: str, at_ms: int) -> str:
        """Give the time zone of a branch."""
        site = self.sites.at(branch, at_ms)
        return site.time_zone if site else self.home_zone

    def day_ms(self, device: str, at_ms: int) -> tuple[int, int]:
        """Give when the device's local day around `at_ms` begins and ends."""
        found = self.devices.at(device, at_ms)
        zone = self.zone(found.branch, at_ms) if found else self.home_zone
        return day_span_ms(local_day(at_ms, zone), zone)

    def service_ms(self, device: str, at_ms: int) -> Windows:
        """Give the spans in ms in which a device should serve on its local day around `at_ms`.

        None are given for a device that is not on record: nothing is asked of it.
        """
        found = self.devices.at(device, at_ms)
        if found is None:
            return ()
        site = self.sites.at(found.branch, at_ms)
        zone = site.time_zone if site else self.home_zone
        holidays = site.holidays if site else frozenset[date]()
        return service_spans_ms(found.service, local_day(at_ms, zone), holidays, zone)

    def in_service_window(self, device: str, at_ms: int) -> bool:
        """Tell whether a device should serve at `at_ms`."""
        return any(begin <= at_ms < end for begin, end in self.service_ms(device, at_ms))

    def maintenance_at(self, device: str, at_ms: int) -> Maintenance | None:
        """Give the planned work on a device or its branch at `at_ms`, as it was known then."""
        found = self.devices.at(device, at_ms)
        keys = [("device", device), *([("branch", found.branch)] if found else [])]
        for key in keys:
            for id_ in self._planned.get(key, ()):
                planned = self.maintenances.at(id_, at_ms)
                if (
                    planned is not None
                    and not planned.cancelled
                    and (planned.device or planned.branch) == key[1]
                    and to_ms(planned.begins_at) <= at_ms < to_ms(planned.ends_at)
                ):
                    return planned
        return None
