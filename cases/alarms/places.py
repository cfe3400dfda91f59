"""What alarms ask of the register of devices: where one stands, and when it need not work."""

from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from cases.alarms.outages import Reach, Reached
from devices.registry import Device, Fleet, Maintenance
from domain.instants import to_ms

_DAY_MS = 86_400_000


class Places:
    """A fleet, as alarms look at it; `heartbeat_ms` stands in for devices that are not on record."""

    def __init__(self, fleet: Fleet, heartbeat_ms: int) -> None:
        """Look at `fleet`."""
        self.fleet = fleet
        self._heartbeat_ms = heartbeat_ms

    def branch(self, device: str | None, branch: str | None, at_ms: int) -> str | None:
        """Give the branch of a device, or the one that was named."""
        found = self.fleet.devices.at(device, at_ms)
        return found.branch if found else branch

    def heartbeat_ms(self, device: str | None, branch: str | None, at_ms: int) -> int:
        """Give how often a device reports, of a branch its slowest one."""
        if device is not None:
            found = self.fleet.devices.at(device, at_ms)
            return found.heartbeat_s * 1000 if found else self._heartbeat_ms
        slowest = max((each.heartbeat_s for each in self._at_branch(branch, at_ms)), default=0)
        return slowest * 1000 or self._heartbeat_ms

    def reached(
        self, reach: Reach, device: str | None, branch: str | None, at_ms: int, code: str
    ) -> Reached | None:
        """Give what an outage of some reach is called for a place; None where the place cannot share any.

        It is the place's branch alone where the register does not say what it shares with others.
        """
        if reach == "host":
            return Reached(code, "")
        if reach == "device":
            return Reached(code, device) if device is not None else None
        at = self.branch(device, branch, at_ms)
        if at is None:
            return None
        site = self.fleet.sites.at(at, at_ms)
        shared = {"region": site.region, "link": site.link, "power": site.power}[reach] if site else None
        return Reached(code, f"named {shared}" if shared else f"branch {at}")

    def told_to_stop(self, device: str | None, at_ms: int) -> bool:
        """Tell whether a device was told not to serve."""
        found = self.fleet.devices.at(device, at_ms)
        return found is not None and found.demanded != "in_service"

    def opens_ms(self, device: str | None, at_ms: int) -> int | None:
        """Give when a device that need not serve at `at_ms` must again; None for one that must now.

        A device that need not for two days is looked at again then.
        """
        if device is None or self.fleet.devices.at(device, at_ms) is None:
            return None
        if self.fleet.in_service_window(device, at_ms):
            return None
        days = (self.fleet.service_ms(device, at_ms + ahead * _DAY_MS) for ahead in range(3))
        begins = (begin for begin, _ in chain.from_iterable(days) if begin > at_ms)
        return min(begins, default=at_ms + 2 * _DAY_MS)

    def maintenance(self, device: str | None, branch: str | None, at_ms: int) -> Maintenance | None:
        """Give the planned work on a device, or on a branch."""
        if device is not None and self.fleet.devices.at(device, at_ms) is not None:
            return self.fleet.maintenance_at(device, at_ms)
        for planned in self._maintenances(branch, at_ms):
            if not planned.cancelled and to_ms(planned.begins_at) <= at_ms < to_ms(planned.ends_at):
                return planned
        return None

    def _maintenances(self, branch: str | None, at_ms: int) -> Iterator[Maintenance]:
        for id_ in self._planned_at.get(branch or "", ()):
            planned = self.fleet.maintenances.at(id_, at_ms)
            if planned is not None and planned.branch == branch:
                yield planned

    def _at_branch(self, branch: str | None, at_ms: int) -> Iterator[Device]:
        for id_ in self._devices_at.get(branch or "", ()):
            device = self.fleet.devices.at(id_, at_ms)
            if device is not None and device.branch == branch:
                yield device

    @cached_property
    def _devices_at(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for id_ in self.fleet.devices:
            for version in self.fleet.devices.of(id_):
                found.setdefault(version.branch, {})[id_] = None
        return {branch: tuple(sorted(ids)) for branch, ids in found.items()}

    @cached_property
    def _planned_at(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for id_ in self.fleet.maintenances:
            for version in self.fleet.maintenances.of(id_):
                if version.branch is not None:
                    found.setdefault(version.branch, {})[id_] = None
        return {branch: tuple(sorted(ids)) for branch, ids in found.items()}
