"""When a branch is to be called: while it is open, and not again and again."""

from datetime import timedelta

from cases.database import Database, Row
from cases.who import DESK_ITSELF
from cases.work.moves import wait
from cases.work.states import TaskState
from devices.registry import Fleet
from devices.service import Windows, local_day, service_spans_ms
from domain.instants import span_ms

_DAY_MS = span_ms(timedelta(days=1))
# Over the longest holidays; a branch that does not open by then is called at once.
_DAYS_AHEAD = 14
# Between two calls to one branch about what is not of the highest priority.
_BETWEEN_CALLS_MS = span_ms(timedelta(minutes=15))
_HIGHEST, _LOWEST = 0, 2


def opens_ms(fleet: Fleet, branch: str | None, at_ms: int) -> int | None:
    """Give when a branch that is closed at `at_ms` opens next; None for one that is open or not on record."""
    if branch is None or any(begin <= at_ms < end for begin, end in _open_ms(fleet, branch, at_ms)):
        return None
    days = (at_ms + day * _DAY_MS for day in range(_DAYS_AHEAD))
    begins = (begin for day_ms in days for begin, _ in _open_ms(fleet, branch, day_ms))
    return next((begin for begin in begins if begin > at_ms), None)


def put_off_calls(db: Database, case_id: str, fleet: Fleet, at_ms: int) -> None:
    """Let the calls of a case to branches wait until they open, and for a while after the last call.

    What is out of service or worse is called about whenever somebody may be there; only the lowest band waits
    for the morning. Inside the caller's `writing`.
    """
    for task in db.rows("live_tasks", case_id=case_id):
        if task["kind"] == "call_site" and task["state"] == TaskState.READY and task["band"] > _HIGHEST:
            _put_off(db, task, fleet, at_ms)


def _put_off(db: Database, task: Row, fleet: Fleet, at_ms: int) -> None:
    kind, _, branch = task["subject"].partition(":")
    if kind != "site":
        return
    (last,) = db.rows("last_call_to_site", subject=task["subject"])
    again_ms = (last["ended_at_ms"] or 0) + _BETWEEN_CALLS_MS
    opening_ms = opens_ms(fleet, branch, at_ms) if task["band"] == _LOWEST else None
    if opening_ms is not None:
        wait(db, task["id"], "window", max(opening_ms, again_ms), DESK_ITSELF, at_ms)
    elif again_ms > at_ms:
        wait(db, task["id"], "cadence", again_ms, DESK_ITSELF, at_ms)


def _open_ms(fleet: Fleet, branch: str, at_ms: int) -> Windows:
    site = fleet.sites.at(branch, at_ms)
    if site is None:
        return ((at_ms, at_ms + 1),)
    return service_spans_ms(site.open, local_day(at_ms, site.time_zone), site.holidays, site.time_zone)
