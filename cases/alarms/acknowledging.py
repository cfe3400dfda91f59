"""What people do with a case does something to its alarms; inside the caller's `writing`."""

from cases.alarms.live import LiveAlarm, event_row
from cases.alarms.memory import add_events
from cases.alarms.states import SHOWN, Event, State
from cases.database import Database
from cases.who import DESK_ITSELF, Who
from devices.codes import catalogue

# What hides an alarm whose condition is there though people have closed its case: they have dealt with it.
HANDLED = "handled"
# If it is there a day later all the same, people are told again: nothing is forgotten.
_HANDLED_FOR_MS = 24 * 3_600_000


def acknowledge(db: Database, case_id: str, who: Who, now_ms: int) -> None:
    """Note that somebody has taken up the alarms of a case, as they do by claiming a task of it."""
    changed, events = [], []
    for alarm in map(LiveAlarm.of, db.rows("alarms_of_case", case_id=case_id)):
        if alarm.state not in (State.UNACKNOWLEDGED, State.RETURNED_UNACKNOWLEDGED):
            continue
        old, new = alarm.move(Event.ACKNOWLEDGE)
        alarm.acknowledged_at_ms, alarm.acknowledged_by = now_ms, who.name
        changed.append(alarm.row)
        events.append(event_row(alarm.id, now_ms, "acknowledged", old=old, new=new, actor=who.name))
    if changed:
        db.run_all("keep_alarm", changed)
        add_events(db, events)


def case_closed(db: Database, case_id: str, who: Who, now_ms: int) -> None:
    """Note that somebody has closed a case: what only people can end is over with it.

    Of the others a condition that is still there a day later is shown again.
    """
    if who == DESK_ITSELF:
        return  # alarm management closes cases of which it knows what becomes of the alarms
    changed, events = [], []
    for alarm in map(LiveAlarm.of, db.rows("alarms_of_case", case_id=case_id)):
        if alarm.state not in SHOWN:
            continue
        if "desk" in catalogue()[alarm.code].cleared_by:
            old, new = alarm.move(Event.CLOSE)
            alarm.closed_at_ms, alarm.due_ms = now_ms, None
            events.append(event_row(alarm.id, now_ms, "closed", old=old, new=new, actor=who.name))
            db.run("empty_alarm_signal", id=alarm.alert_id)
        elif alarm.due_ms is None:
            alarm.move(Event.SUPPRESS)
            alarm.suppressed_by, alarm.due_ms = HANDLED, now_ms + _HANDLED_FOR_MS
            events.append(event_row(alarm.id, now_ms, "suppressed", new=HANDLED, actor=who.name))
        changed.append(alarm.row)
    if changed:
        db.run_all("keep_alarm", changed)
        add_events(db, events)
