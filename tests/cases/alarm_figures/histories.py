"""Alarms with what happened to them, written short, in memory and into a store."""

from collections.abc import Iterable, Iterator
from typing import Any

from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.report import AlarmFigures, Period, alarm_figures
from cases.alarm_figures.rows import AlarmRow, EventRow, History
from cases.store import Store
from devices.codes import catalogue

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# Noon, UTC: what `at` of an event counts from.
NOON_MS = 1_793_016_000_000 // DAY_MS * DAY_MS + 12 * HOUR_MS

# What an event leaves an alarm as, where it changes that.
_STATES = {
    "raised": "pending",
    "reopened": "pending",
    "annunciated": "unacknowledged",
    "suppressed": "pending",
    "acknowledged": "acknowledged",
    "returned": "returned",
    "closed": "closed",
}
_EMPTY = (
    "suppressed_by",
    "parent",
    "annunciate_at_ms",
    "acknowledged_at_ms",
    "acknowledged_by",
    "returned_at_ms",
    "shelved_until_ms",
    "shelved_by",
    "shelve_reason",
    "case_id",
    "due_ms",
)

Event = tuple[float, str] | tuple[float, str, str]


def history(name: str, *events: Event, **fields: Any) -> History:
    """Give an alarm; its events are (minute, what) or (minute, what, into what)."""
    known = {"device": "atm-1", "component": "cash_dispenser", "code": "note_jam", "priority": 2, **fields}
    known = {"place": known["device"] or "b1", **known}
    rows = (EventRow(name, NOON_MS + round(minute * MINUTE_MS), *rest) for minute, *rest in events)
    return History(AlarmRow(id=name, **known), tuple(rows))


def told(minutes: Iterable[float], **fields: Any) -> list[History]:
    """Give alarms that were raised and annunciated at these minutes, one each."""
    return [
        history(f"a{index}", (at, "raised"), (at, "annunciated"), **{"device": f"atm-{index}", **fields})
        for index, at in enumerate(minutes)
    ]


def figures(histories: Iterable[History], minutes: float = 60, **fields: Any) -> AlarmFigures:
    """Give the figures of so many minutes from noon on."""
    end_ms = NOON_MS + round(minutes * MINUTE_MS)
    period = Period(
        from_ms=NOON_MS,
        to_ms=end_ms,
        **{"now_ms": end_ms, "never_suppressed": catalogue().never_suppressed, **fields},
        histories=tuple(histories),
    )
    return alarm_figures(period, AlarmFigurePolicy())


def minutes(at_ms: float) -> float:
    """Give how many minutes after noon something was."""
    return (at_ms - NOON_MS) / MINUTE_MS


def write(store: Store, histories: Iterable[History], settled_minute: float, **fields: Any) -> None:
    """Write alarms and their events into a store, settled up to so many minutes after noon.

    `fields` are columns of every alarm.
    """
    known = list(histories)
    with store.db.writing():
        store.db.run_all("keep_alarm", [_row(each, fields) for each in known])
        events = sorted((each for alarm in known for each in _events(alarm)), key=lambda each: each["at_ms"])
        (clock,) = store.db.rows("count_alarm_events", added=len(events))
        first = clock["last_event"] - len(events) + 1
        store.db.run_all("add_alarm_event", [{"id": first + at, **event} for at, event in enumerate(events)])
        settled_ms = NOON_MS + round(settled_minute * MINUTE_MS)
        store.db.run("move_alarm_clock", settled_ms=settled_ms, flood_since_ms=None, gate="{}")


def _row(known: History, fields: dict[str, Any]) -> dict[str, Any]:
    """Give the row that these events leave behind."""
    last = {event.what: event.at_ms for event in known.events}
    began_ms = max(last["raised"], last.get("reopened", 0))
    stands = [event.what for event in known.events if event.what in _STATES] or ["raised"]
    alarm = known.alarm
    row = dict.fromkeys(_EMPTY) | {
        "id": alarm.id,
        "place": alarm.place,
        "device": alarm.device,
        "branch": "b1",
        "component": alarm.component,
        "unit": alarm.unit,
        "code": alarm.code,
        "detector": "component_down",
        "priority": alarm.priority,
        "state": _STATES[stands[-1]],
        "since_ms": began_ms,
        "raised_at_ms": began_ms,
        "annunciated_at_ms": last.get("annunciated"),
        "closed_at_ms": last["closed"] if stands[-1] == "closed" else None,
        "occurrences": 1,
        "alert_id": alarm.id,
        "words": "it does not work",
    }
    return row | fields


def _events(known: History) -> Iterator[dict[str, Any]]:
    stands = "normal"
    for event in known.events:
        yield {**event._asdict(), "old": stands, "actor": "riskdesk", "note": None}
        stands = _STATES.get(event.what, stands)
