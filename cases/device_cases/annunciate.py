"""What alarm management puts before the desk becomes cases, and ends when their conditions are over.

All of it runs inside the caller's `writing`.
"""

from collections.abc import Sequence

from cases.case import LIVE, Outcome
from cases.database import Database, Row, as_json
from cases.device_cases.closing import CloseReason
from cases.device_cases.hours import put_off_calls
from cases.device_cases.items import item_of, items_from, still_on
from cases.device_cases.retained import register
from cases.device_cases.routing import incoming_of
from cases.intake import new_alerts, put_into_cases
from cases.policy import QueuePolicy
from cases.who import DESK_ITSELF
from cases.work.moves import case_row, close_case
from cases.work.states import TaskState
from devices.registry import Fleet
from domain.alerts import Alert

# What was done last says what has put it right, when a condition is over after it.
_REASONS = {
    "remote_reset": CloseReason.FIXED_REMOTELY,
    "call_site": CloseReason.FLM_FIXED,
    "dispatch": CloseReason.SLM_FIXED,
}


def annunciate(
    db: Database, alerts: Sequence[Alert], fleet: Fleet, policy: QueuePolicy, at_ms: int
) -> dict[str, str]:
    """Put alarms before the desk, and give the case of each alert by its id.

    Alerts that are on record stay where they are, so that a repeat changes nothing. `at_ms` is the event time
    of the annunciation, from which due times count.
    """
    new = [(alert, item_of(alert, fleet, at_ms)) for alert in new_alerts(db, alerts)]
    if new:
        put_into_cases(db, [incoming_of(alert, item) for alert, item in new], policy, at_ms)
    rows = db.rows("cases_of_alerts", ids=as_json(alert.id for alert in alerts))
    case_of = {row["id"]: row["case_id"] for row in rows}
    register(db, [(alert, item, case_of[alert.id]) for alert, item in new], at_ms)
    for case_id in sorted({case_of[alert.id] for alert, _ in new}):
        put_off_calls(db, case_id, fleet, at_ms)
    return case_of


def settle_returned(db: Database, case_id: str, at_ms: int) -> bool:
    """Close the case of a device of which every condition is over; says whether it was closed.

    It stays while somebody holds a task of it or a department works for it, and where a customer or security
    is concerned: people bring that to an end.
    """
    case = case_row(db, case_id)
    if case["kind"] != "device" or case["status"] not in LIVE:
        return False
    ids = as_json([case_id])
    items, tasks = items_from(db.rows("device_items", ids=ids)), db.rows("tasks_of_cases", ids=ids)
    if any(item.is_evidence for item in items) or still_on(items, db.rows("alarms_of_cases", ids=ids)):
        return False
    held = any(task["state"] == TaskState.LEASED for task in tasks)
    if held or db.rows("live_work_orders", case_id=case_id):
        return False
    note = "its alarm is over" if len(items) == 1 else "every alarm of it is over"
    last_ms = max(item.annunciated_at_ms for item in items)
    reason = _reason([task for task in tasks if (task["ended_at_ms"] or 0) >= last_ms])
    close_case(db, case_id, DESK_ITSELF, Outcome.DEVICE_RESOLVED, note, at_ms, reason=reason)
    return True


def _reason(tasks: Sequence[Row]) -> CloseReason:
    """Give why a condition is over, from what has ended since it came before the desk."""
    done = [task["kind"] for task in tasks if task["state"] == TaskState.DONE and task["kind"] in _REASONS]
    return _REASONS[done[-1]] if done else CloseReason.CLEARED_ITSELF
