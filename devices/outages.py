"""Outages that devices share: of a branch's link or power, of a region, of the transaction host."""

from collections.abc import Iterable

from devices.codes import Catalogue
from devices.conditions import Timeline
from devices.history import SHARED, History, Reach, in_order
from devices.registry import Fleet
from domain.telemetry import Telemetry


class Outages:
    """The shared outages of a fleet, by what they reach."""

    def __init__(self, reports: Iterable[Telemetry], fleet: Fleet, codes: Catalogue) -> None:
        """Sort reports of shared outages by what they are about; others are left out."""
        self._fleet = fleet
        by_key: dict[tuple[Reach, str], list[Telemetry]] = {}
        for event in reports:
            reach = SHARED.get(event.code)
            key = self._key(reach, event.device, event.at_ms) if reach else None
            if reach and key is not None:
                by_key.setdefault((reach, key), []).append(event)
        self._timelines = {
            key: Timeline(History(reports=in_order(found)), codes) for key, found in sorted(by_key.items())
        }

    def at(self, device: str, at_ms: int) -> tuple[str, ...]:
        """Give the codes of the outages that a device is in at a time."""
        found = set()
        for reach in dict.fromkeys(SHARED.values()):
            timeline = self._timeline(reach, device, at_ms)
            found |= {condition.code for condition in timeline.at(at_ms)} if timeline else set()
        return tuple(sorted(found))

    def changes_ms(self, device: str, moments: Iterable[int]) -> list[int]:
        """Give when outages begin or end for a device, which is asked where it stands at `moments`."""
        timelines = {
            id(timeline): timeline
            for at_ms in moments
            for reach in dict.fromkeys(SHARED.values())
            if (timeline := self._timeline(reach, device, at_ms)) is not None
        }
        return sorted({at_ms for timeline in timelines.values() for at_ms in timeline.changes_ms})

    def _timeline(self, reach: Reach, device: str, at_ms: int) -> Timeline | None:
        key = self._key(reach, device, at_ms)
        return None if key is None else self._timelines.get((reach, key))

    def _key(self, reach: Reach, device: str, at_ms: int) -> str | None:
        """Give what a device depends on; its branch alone where the register does not say what it shares."""
        if reach == "host":
            return ""
        found = self._fleet.devices.at(device, at_ms)
        if found is None:
            return None
        site = self._fleet.sites.at(found.branch, at_ms)
        depends = {"region": site.region, "link": site.link, "power": site.power}[reach] if site else None
        return f"named {depends}" if depends else f"branch {found.branch}"
