"""What came in each hour of event time, counted beside the flow: from it rules that are ill are known.

Every process counts for itself and hands over what it has counted; who takes it adds all of it up.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from threading import Lock
from typing import Any, Protocol

from msgspec import Struct

HOUR_MS = 3_600_000
# One event in so many is looked at for fields that it lacks: all of them would take a tenth of a microsecond
# for each field and event.
STRIDE = 16
# Spreads positions, which often are multiples of something, over all remainders (2^32 over the golden ratio).
_SPREAD = 0x9E3779B1


class Hour(Struct, kw_only=True):
    """The counts of one hour; `hour` is how many lie between 1970 and its beginning.

    `events` are by kind and `alerts` by detector, each in the hour of its own event time. `sampled` events of
    a kind were looked at for fields, and so many of them had the field, in `present` under `kind.field`.
    """

    hour: int
    events: dict[str, int] = {}
    partitions: dict[str, int] = {}
    alerts: dict[str, int] = {}
    sampled: dict[str, int] = {}
    present: dict[str, int] = {}

    def add(self, other: "Hour") -> None:
        """Add the counts of another process, or of later, to these."""
        for name in _COUNTS:
            mine: dict[str, int] = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + count


_AT_MS = attrgetter("at_ms")
_COUNTS = ("events", "partitions", "alerts", "sampled", "present")


class Timed(Protocol):
    """What has an event time in milliseconds since 1970."""

    @property
    def at_ms(self) -> int: ...


class Fired(Timed, Protocol):
    """An alert, as far as it is counted."""

    @property
    def detector(self) -> str: ...


class HourCounts:
    """The counts of one process, since they were last taken. Safe for several threads."""

    def __init__(self) -> None:
        """Start with nothing, and look for no field."""
        self._lock = Lock()
        self._hours: dict[int, Hour] = {}
        self._fields: dict[type, tuple[tuple[str, Any], ...]] = {}
        self._kinds: Mapping[type, str] = {}

    def look_for(self, kinds: Mapping[type, str], fields: Mapping[type, Iterable[str]]) -> None:
        """Say what kind each type of event is, and which of its optional fields are looked for."""
        self._kinds = kinds
        self._fields = {
            type_: tuple((f"{kinds[type_]}.{name}", attrgetter(name)) for name in sorted(names))
            for type_, names in fields.items()
        }

    def add_block(
        self, partition: str, offset: int, events: Sequence[Timed], types: Mapping[type, int]
    ) -> None:
        """Count the events of a block; `types` is how many there are of each type, `offset` its position."""
        if not events or not self._kinds:
            return
        hour = events[0].at_ms // HOUR_MS
        start = (offset * _SPREAD >> 16) % STRIDE
        with self._lock:
            if hour == events[-1].at_ms // HOUR_MS:
                self._add(hour, partition, events, types, start)
                return
            for hour, within in _by_hour(events):
                self._add(hour, partition, within, Counter(map(type, within)), start)

    def add_alerts(self, alerts: Iterable[Fired]) -> None:
        """Count alerts by their detectors."""
        with self._lock:
            for alert in alerts:
                counts = self._at(alert.at_ms // HOUR_MS).alerts
                counts[alert.detector] = counts.get(alert.detector, 0) + 1

    def take(self) -> list[Hour]:
        """Give what was counted since it was last taken, in the order of the hours."""
        with self._lock:
            taken, self._hours = self._hours, {}
        return [taken[hour] for hour in sorted(taken)]

    def _at(self, hour: int) -> Hour:
        found = self._hours.get(hour)
        if found is None:
            found = self._hours[hour] = Hour(hour=hour)
        return found

    def _add(
        self, number: int, partition: str, events: Sequence[Timed], types: Mapping[type, int], start: int
    ) -> None:
        hour = self._at(number)
        hour.partitions[partition] = hour.partitions.get(partition, 0) + len(events)
        for type_, count in types.items():
            kind = self._kinds[type_]
            hour.events[kind] = hour.events.get(kind, 0) + count
        looked_at = events[start::STRIDE]
        for type_, fields in self._fields.items():
            sample = looked_at if len(types) == 1 else [event for event in looked_at if type(event) is type_]
            if not sample or type_ not in types:
                continue
            kind = self._kinds[type_]
            hour.sampled[kind] = hour.sampled.get(kind, 0) + len(sample)
            for name, value_of in fields:
                there = len(sample) - list(map(value_of, sample)).count(None)
                hour.present[name] = hour.present.get(name, 0) + there


def _by_hour(events: Sequence[Timed]) -> Iterator[tuple[int, Sequence[Timed]]]:
    """Cut events where an hour ends; one that is out of order counts in an hour of those beside it."""
    start = 0
    while start < len(events):
        hour = events[start].at_ms // HOUR_MS
        end = bisect_left(events, (hour + 1) * HOUR_MS, lo=start + 1, key=_AT_MS)
        yield hour, events[start:end]
        start = end
