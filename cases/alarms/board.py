"""The alarms that are not closed, in memory, and what of them is still to be written down."""

from collections.abc import Hashable, Iterable, Iterator
from heapq import heappop, heappush
from typing import Any, TypeVar

from cases.alarms.fingerprints import Fingerprint
from cases.alarms.live import LiveAlarm, event_row
from cases.alarms.outages import OUTAGES, Reached
from cases.alarms.places import Places

K = TypeVar("K", bound=Hashable)
# What hides an alarm that waits for the flood gate.
FLOOD = "flood"


class Board:
    """All alarms that are not closed, by what they are looked up by, and when time does something to them."""

    def __init__(
        self, places: Places, alarms: Iterable[LiveAlarm], modes: dict[tuple[str, str], int]
    ) -> None:
        """Begin with what was written down; `modes` are since when (ms), by device and code."""
        self.places = places
        self.modes = modes
        self.by_id: dict[str, LiveAlarm] = {}
        self.waiting: list[tuple[int, int, str]] = []  # for the flood gate, the first to go first
        self._current: dict[Fingerprint, LiveAlarm] = {}
        self._at_place: dict[str, set[str]] = {}
        self._outages: dict[Reached, set[str]] = {}
        self._reached: dict[str, Reached] = {}
        self._children: dict[str, set[str]] = {}
        self._of_case: dict[str, set[str]] = {}
        self._due: list[tuple[int, int, str]] = []
        self._changed: dict[str, LiveAlarm] = {}
        self._events: list[dict[str, Any]] = []
        self._changed_modes: dict[tuple[str, str], int | None] = {}
        self._done_with: list[str] = []
        for alarm in alarms:
            self.add(alarm)

    def add(self, alarm: LiveAlarm) -> None:
        """Take in an alarm that is not here."""
        self.by_id[alarm.id] = alarm
        self._current[alarm.fingerprint] = alarm
        self._at_place.setdefault(alarm.place, set()).add(alarm.id)
        if (reached := self._reach(alarm)) is not None:
            self._reached[alarm.id] = reached
            self._outages.setdefault(reached, set()).add(alarm.id)
        if alarm.parent is not None:
            self._children.setdefault(alarm.parent, set()).add(alarm.id)
        if alarm.case_id is not None:
            self._of_case.setdefault(alarm.case_id, set()).add(alarm.id)
        if alarm.due_ms is not None:
            heappush(self._due, (alarm.due_ms, alarm.priority, alarm.id))
        if _waits(alarm):
            self.let_wait(alarm)

    def drop(self, alarm: LiveAlarm) -> None:
        """Forget an alarm that was closed."""
        del self.by_id[alarm.id]
        if self._current.get(alarm.fingerprint) is alarm:
            del self._current[alarm.fingerprint]
        _take_out(self._at_place, alarm.place, alarm.id)
        _take_out(self._outages, self._reached.pop(alarm.id, None), alarm.id)
        _take_out(self._children, alarm.parent, alarm.id)
        _take_out(self._of_case, alarm.case_id, alarm.id)

    def current(self, fingerprint: Fingerprint) -> LiveAlarm | None:
        """Give the alarm that is about the same, active or over for less than the reopen window."""
        return self._current.get(fingerprint)

    def at_place(self, place: str) -> Iterator[LiveAlarm]:
        """Give the alarms of a device, or those of a branch as a whole, in the order of their ids."""
        return self._all(self._at_place.get(place, ()))

    def children(self, parent: str) -> Iterator[LiveAlarm]:
        """Give the alarms that another one hides."""
        return self._all(self._children.get(parent, ()))

    def of_case(self, case_id: str) -> Iterator[LiveAlarm]:
        """Give the alarms of a case."""
        return self._all(self._of_case.get(case_id, ()))

    def outages_at(self, reached: Reached | None) -> Iterator[LiveAlarm]:
        """Give the outages of one kind that reach a place, active or not, in the order of their ids."""
        return self._all(self._outages.get(reached, ()) if reached else ())

    def active(self) -> Iterator[LiveAlarm]:
        """Give every alarm whose condition is there."""
        return (alarm for alarm in self._all(self.by_id) if alarm.active)

    def changed(self, alarm: LiveAlarm) -> None:
        """Note that a row must be written."""
        self._changed[alarm.id] = alarm

    def plan(self, alarm: LiveAlarm, due_ms: int | None) -> None:
        """Let time do something to an alarm at `due_ms`, or never."""
        alarm.due_ms = due_ms
        if due_ms is not None:
            heappush(self._due, (due_ms, alarm.priority, alarm.id))
        self.changed(alarm)

    def hide(self, alarm: LiveAlarm, reason: str | None, parent: str | None) -> None:
        """Note what hides an alarm, and which other alarm that is."""
        if parent != alarm.parent:
            _take_out(self._children, alarm.parent, alarm.id)
            if parent is not None:
                self._children.setdefault(parent, set()).add(alarm.id)
        alarm.suppressed_by, alarm.parent = reason, parent
        self.changed(alarm)

    def put_into_case(self, alarm: LiveAlarm, case_id: str) -> None:
        """Note the case through which people were told."""
        _take_out(self._of_case, alarm.case_id, alarm.id)
        self._of_case.setdefault(case_id, set()).add(alarm.id)
        alarm.case_id = case_id
        self.changed(alarm)

    def move_case(self, merged: str, survivor: str) -> None:
        """Note that a case went into another one, with its alarms; the store has written it already."""
        for alarm in self.of_case(merged):
            alarm.case_id = survivor
            self._of_case.setdefault(survivor, set()).add(alarm.id)
        self._of_case.pop(merged, None)

    def cases(self) -> list[str]:
        """Give the cases of all alarms."""
        return sorted(self._of_case)

    def set_mode(self, mode: tuple[str, str], since_ms: int | None) -> None:
        """Note since when a device is in a mode (device, code), or with None that it has left it."""
        if since_ms is None:
            self.modes.pop(mode, None)
        else:
            self.modes[mode] = since_ms
        self._changed_modes[mode] = since_ms

    def done_with(self, alert_id: str) -> None:
        """Note that nothing can need any more what a signal said."""
        self._done_with.append(alert_id)

    def let_wait(self, alarm: LiveAlarm) -> None:
        """Put an alarm among those that wait for the flood gate."""
        heappush(self.waiting, _turn(alarm))

    def next_waiting(self) -> LiveAlarm | None:
        """Give the first that still waits for the flood gate, and leave it there."""
        while self.waiting:
            alarm = self.by_id.get(self.waiting[0][2])
            if alarm is not None and _waits(alarm) and self.waiting[0] == _turn(alarm):
                return alarm
            heappop(self.waiting)
        return None

    def count_waiting(self) -> int:
        """Count those that wait for the flood gate."""
        return sum(_waits(alarm) for alarm in self.by_id.values())

    def next_due(self) -> LiveAlarm | None:
        """Give the alarm that time does something to first, and leave it there."""
        while self._due:
            due_ms, _, id_ = self._due[0]
            alarm = self.by_id.get(id_)
            if alarm is not None and alarm.due_ms == due_ms:
                return alarm
            heappop(self._due)
        return None

    def event(
        self,
        alarm: LiveAlarm | None,
        at_ms: int,
        what: str,
        old: str | None = None,
        new: str | None = None,
        note: str | None = None,
    ) -> None:
        """Note what happened to an alarm, or without one to the desk."""
        self._events.append(event_row(alarm.id if alarm else None, at_ms, what, old=old, new=new, note=note))
        if alarm is not None:
            self.changed(alarm)

    def taken_changes(self) -> list[LiveAlarm]:
        """Give the alarms to write, in the order in which they first changed, and begin anew."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def taken_modes(self) -> dict[tuple[str, str], int | None]:
        """Give the modes to write, None for those that were left, and begin anew."""
        modes, self._changed_modes = self._changed_modes, {}
        return modes

    def taken_done_with(self) -> list[str]:
        """Give the signals whose words can be forgotten, and begin anew."""
        ids, self._done_with = self._done_with, []
        return ids

    def taken_events(self) -> list[dict[str, Any]]:
        """Give the events to write, and begin anew."""
        events, self._events = self._events, []
        return events

    def _all(self, ids: Iterable[str]) -> Iterator[LiveAlarm]:
        # In an order that does not depend on when they came to be in memory.
        return iter([self.by_id[id_] for id_ in sorted(ids)])

    def _reach(self, alarm: LiveAlarm) -> Reached | None:
        outage = OUTAGES.get(alarm.code)
        if outage is None:
            return None
        return self.places.reached(outage.reach, alarm.device, alarm.branch, alarm.since_ms, alarm.code)


def _waits(alarm: LiveAlarm) -> bool:
    return alarm.active and alarm.suppressed_by == FLOOD


def _turn(alarm: LiveAlarm) -> tuple[int, int, str]:
    return alarm.priority, alarm.annunciate_at_ms or 0, alarm.id


def _take_out(index: dict[K, set[str]], key: K | None, id_: str) -> None:
    if key is not None and (ids := index.get(key)) is not None:
        ids.discard(id_)
        if not ids:
            del index[key]
