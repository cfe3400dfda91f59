"""What devices reported, gathered in any order: what comes out depends on the set of reports alone."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from devices.codes import Catalogue, Code
from domain.telemetry import Telemetry

Reach = Literal["host", "region", "link", "power"]
# Who reports one of these (a link probe, a monitor, one of the devices) reports it for all that depend on the
# same host, region, link or power.
SHARED: dict[str, Reach] = {
    "host_down": "host",
    "region_link_down": "region",
    "branch_link_down": "link",
    "branch_power_down": "power",
}


@dataclass(frozen=True)
class History:
    """What one device, or what watches it, ever said.

    `alive_ms` are the times at which the device itself spoke, in order and each once; `reports` those that
    change a condition, in order and without repeats; `cassettes` says when each was first heard of.
    """

    alive_ms: list[int] = field(default_factory=list)
    reports: tuple[Telemetry, ...] = ()
    cassettes: Mapping[int, int] = field(default_factory=dict)


class Reports:
    """Gathers reports by device; `shared` are those of outages that devices share.

    Signs of life, of which there are hundreds a day, are kept as times: a month of a fleet fits in memory.
    """

    def __init__(self, codes: Catalogue) -> None:
        """Start with nothing; `codes` says which reports change anything."""
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.shared: list[Telemetry] = []
        self._codes = codes
        self._clearers = frozenset(name for code in codes.codes.values() for name in code.cleared_by)
        self._alive: dict[str, array[int]] = {}
        self._reports: dict[str, list[Telemetry]] = {}
        self._cassettes: dict[str, dict[int, int]] = {}

    def __iter__(self) -> Iterator[str]:
        """Give the devices that anything was said about."""
        return iter(sorted(self._alive.keys() | self._reports.keys()))

    def add(self, event: Telemetry) -> None:
        """Take in one report, of any time."""
        at_ms, code = event.at_ms, self._codes[event.code]
        self.first_ms = at_ms if self.first_ms is None else min(self.first_ms, at_ms)
        self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)
        if speaks_for_itself(event, code):
            self._alive.setdefault(event.device, array("q")).append(at_ms)
        if event.component == "cassette" and event.unit:
            heard = self._cassettes.setdefault(event.device, {})
            heard[event.unit] = min(at_ms, heard.get(event.unit, at_ms))
        if event.code in SHARED:
            self.shared.append(event)
        elif self._changes(event, code):
            self._reports.setdefault(event.device, []).append(event)

    def of(self, device: str) -> History:
        """Give what is known from a device."""
        return History(
            sorted(set(self._alive.get(device, ()))),
            in_order(self._reports.get(device, ())),
            dict(sorted(self._cassettes.get(device, {}).items())),
        )

    def _changes(self, event: Telemetry, code: Code) -> bool:
        if event.edge in ("heartbeat", "count"):
            return False
        return code.axis is not None or code.bucket is not None or code.name in self._clearers


def speaks_for_itself(event: Telemetry, code: Code) -> bool:
    """Tell whether a report is a sign of life of its device, not a word about it from what watches it.

    That a device cannot be heard is said by others, as is what detectors find; that it is heard again (a
    clear of the same) is as good as hearing it.
    """
    if code.handling == "record" or event.edge == "clear":
        return True
    return "alive" not in code.cleared_by and "detector" not in code.cleared_by


def in_order(reports: Iterable[Telemetry]) -> tuple[Telemetry, ...]:
    """Order reports by time, sequence and id, and leave out repeats.

    A repeat has the id of another, or its device, sequence, time and content: a sequence alone begins anew
    when a device restarts, and is shared by all that one message says.
    """
    ids: set[str] = set()
    numbers: set[tuple[object, ...]] = set()
    kept = []
    for event in sorted(reports, key=_place):
        said = (
            event.device,
            event.at_ms,
            event.sequence,
            event.component,
            event.unit,
            event.code,
            event.edge,
        )
        if event.event_id in ids or said in numbers:
            continue
        ids.add(event.event_id)
        if event.sequence is not None:
            numbers.add(said)
        kept.append(event)
    return tuple(kept)


def _place(event: Telemetry) -> tuple[object, ...]:
    # What follows the id tells apart reports that wrongly share one: which of them is kept is no accident.
    sequence = -1 if event.sequence is None else event.sequence
    said = (event.component, event.unit, event.code, event.edge, event.severity)
    return event.at_ms, sequence, event.event_id, *said
