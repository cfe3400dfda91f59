"""An alarm as people see it."""

from typing import Any

from msgspec import Struct

from cases.alarms.live import LiveAlarm
from domain.instants import iso


class AlarmView(Struct, frozen=True, kw_only=True):
    """One alarm; its columns are those of the table, times are event times in ms since 1970."""

    id: str
    fingerprint: str
    device: str | None
    branch: str | None
    component: str
    unit: int
    code: str
    detector: str
    priority: int
    state: str
    live: bool
    suppressed_by: str | None
    parent: str | None
    since_ms: int
    raised_at_ms: int
    annunciate_at_ms: int | None
    annunciated_at_ms: int | None
    acknowledged_at_ms: int | None
    acknowledged_by: str | None
    returned_at_ms: int | None
    closed_at_ms: int | None
    occurrences: int
    shelved_until_ms: int | None
    shelved_by: str | None
    shelve_reason: str | None
    case_id: str | None
    words: str


_SHARED = frozenset(AlarmView.__struct_fields__) - {"fingerprint", "state", "live"}


def view(alarm: LiveAlarm) -> AlarmView:
    """Show an alarm."""
    shared: dict[str, Any] = {name: getattr(alarm, name) for name in _SHARED}
    return AlarmView(**shared, fingerprint=alarm.fingerprint.text, state=alarm.state.value, live=alarm.active)


def lasted_at(alarm: AlarmView, at_ms: int) -> bool:
    """Tell whether the condition of an alarm's latest occurrence was there at a time."""
    ended_ms = alarm.returned_at_ms or alarm.closed_at_ms
    return alarm.raised_at_ms <= at_ms and (ended_ms is None or at_ms < ended_ms)


def alarm_record(alarm: AlarmView) -> dict[str, Any]:
    """Give an alarm as one JSON object; times are ISO 8601 in UTC and lose the `_ms` of their names."""
    return {
        name.removesuffix("_ms"): iso(value) if name.endswith("_ms") and value is not None else value
        for name in alarm.__struct_fields__
        for value in (getattr(alarm, name),)
    }
