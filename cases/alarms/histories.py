"""What the alarms of a device were over a time: for pictures, not for deciding."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from cases.alarms.live import LiveAlarm
from cases.alarms.view import AlarmView, view
from cases.database import Database, Row

_BEGINS, _ENDS = frozenset({"raised", "reopened"}), frozenset({"returned", "closed"})


class Spell(NamedTuple):
    """A time in which the worst of a device's conditions had a priority; 1 is the worst."""

    begin_ms: int
    end_ms: int
    priority: int


class DeviceHistory(NamedTuple):
    """The alarms of a device, the newest first, and its spells in the order of time."""

    alarms: tuple[AlarmView, ...]
    spells: tuple[Spell, ...]


def read_history(db: Database, device: str, from_ms: int, to_ms: int, limit: int) -> DeviceHistory:
    """Read what a device had in [from_ms, to_ms), inside `reading`."""
    rows = db.rows("alarms_of_device", device=device, from_ms=from_ms, to_ms=to_ms, limit=limit)
    alarms = tuple(view(LiveAlarm.of(row)) for row in rows)
    events = db.rows("alarm_events_of_device", device=device, from_ms=from_ms, to_ms=to_ms)
    return DeviceHistory(alarms, tuple(spells(events, from_ms, to_ms)))


def spells(events: Iterable[Row], from_ms: int, to_ms: int) -> Sequence[Spell]:
    """Give when the worst condition had which priority.

    The rows have `alarm`, `priority`, `at_ms` and `what`, each alarm's in the order of time.
    """
    by_alarm: defaultdict[str, list[Row]] = defaultdict(list)
    for row in events:
        by_alarm[row["alarm"]].append(row)
    lasted = [span for rows in by_alarm.values() for span in _lasted(rows, from_ms, to_ms)]
    cuts = sorted({moment for begin_ms, end_ms, _ in lasted for moment in (begin_ms, end_ms)})
    found: list[Spell] = []
    for begin_ms, end_ms in pairwise(cuts):
        there = [priority for begin, end, priority in lasted if begin <= begin_ms and end >= end_ms]
        if not there:
            continue
        if found and (found[-1].end_ms, found[-1].priority) == (begin_ms, min(there)):
            found[-1] = found[-1]._replace(end_ms=end_ms)
        else:
            found.append(Spell(begin_ms, end_ms, min(there)))
    return found


def _lasted(rows: Sequence[Row], from_ms: int, to_ms: int) -> Iterable[Spell]:
    """Give the times in which one condition was there."""
    begun_ms: int | None = None
    for row in rows:
        if row["what"] in _BEGINS and begun_ms is None:
            begun_ms = row["at_ms"]
        elif row["what"] in _ENDS and begun_ms is not None:
            if max(begun_ms, from_ms) < min(row["at_ms"], to_ms):
                yield Spell(max(begun_ms, from_ms), min(row["at_ms"], to_ms), row["priority"])
            begun_ms = None
    if begun_ms is not None and max(begun_ms, from_ms) < to_ms:
        yield Spell(max(begun_ms, from_ms), to_ms, rows[0]["priority"])
