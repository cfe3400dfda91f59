"""What time does by itself: what waits wakes, what nobody is at comes back, what takes long moves up."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from cases.case import Status
from cases.database import Database, Row
from cases.device_cases.annunciate import settle_returned
from cases.device_cases.late import escalate_late
from cases.ranking import BAND_NAMES, PROMOTED_BAND
from cases.who import DESK_ITSELF
from cases.work.agent_states import leave
from cases.work.journal import enter
from cases.work.moves import LEADS, add_task, case_row, make_ready, wait
from cases.work.policy import WorkPolicy
from cases.work.settling import settle
from cases.work.states import Event, TaskState, task_after
from domain.instants import iso

# When a task may be called about next, None for now: the window of the customer's country decides.
MayCall = Callable[[Row, int], int | None]

# One sweep changes no more than this of each kind, so that no transaction grows long; the next one goes on.
_AT_ONCE = 500


def at_any_time(task: Row, now_ms: int) -> int | None:
    """Let everybody be called now: for desks without contact windows, and for tests."""
    return None


class Swept(Struct, frozen=True, kw_only=True):
    """What one sweep did, in numbers of tasks, and of cases for `promoted` and `escalated`."""

    woken: int = 0
    put_off: int = 0
    expired: int = 0
    flagged: int = 0
    promoted: int = 0
    escalated: int = 0

    def __bool__(self) -> bool:
        """Whether anything was done."""
        return any(getattr(self, name) for name in self.__struct_fields__)


def sweep(db: Database, now_ms: int, policy: WorkPolicy, may_call: MayCall = at_any_time) -> Swept:
    """Bring everything up to `now_ms`, inside the caller's transaction, which is to write alone.

    A task whose holder's time has run out is free again under a new lease number. One with an open call
    never is: it is flagged to the leads as a review.
    """
    woken = put_off = expired = flagged = promoted = 0
    for task in db.rows("due_waiting", now_ms=now_ms, limit=_AT_ONCE):
        if park(db, task, now_ms, may_call):
            put_off += 1
        else:
            make_ready(db, task["id"], DESK_ITSELF, now_ms)
            woken += 1
    for task in db.rows("due_leases", now_ms=now_ms, limit=_AT_ONCE):
        if task["calling"]:
            _flag(db, task, now_ms)
            flagged += 1
        else:
            _expire(db, task, now_ms)
            expired += 1
    if policy.promote_after is not None:
        promoted = _promote(db, db.rows("due_promotions", now_ms=now_ms, limit=_AT_ONCE), now_ms)
    return Swept(
        woken=woken,
        put_off=put_off,
        expired=expired,
        flagged=flagged,
        promoted=promoted,
        escalated=escalate_late(db, db.rows("due_escalations", now_ms=now_ms, limit=_AT_ONCE), now_ms),
    )


def park(db: Database, task: Row, now_ms: int, may_call: MayCall) -> bool:
    """Let a task wait that nobody may be called about now; says whether it must."""
    next_ms = may_call(task, now_ms)
    if next_ms is None:
        return False
    preferred = {name: task[name] for name in ("prefer_agent", "prefer_until_ms")}
    wait(db, task["id"], "window", next_ms, DESK_ITSELF, now_ms, **preferred)
    return True


def _expire(db: Database, task: Row, now_ms: int) -> None:
    task_after(TaskState(task["state"]), Event.LEASE_EXPIRED)
    db.run("ready_task", id=task["id"], lost=1)
    case = case_row(db, task["case_id"])
    settle(db, case, Event.LEASE_EXPIRED, db.rows("live_tasks", case_id=case["id"]))
    note = f"ran out at {iso(task['lease_until_ms'])}"
    enter(db, case["id"], DESK_ITSELF, "lease_expired", now_ms, old=task["lease_by"], note=note)
    if not db.rows("tasks_of_agent", agent=task["lease_by"]):
        leave(db, task["lease_by"], task["lease_until_ms"], "their lease ran out")
    settle_returned(db, case["id"], now_ms)


def _flag(db: Database, task: Row, now_ms: int) -> None:
    """Let a lead look at a call that outlived its lease."""
    case_id, subject = task["case_id"], task["subject"]
    add_task(db, case_id, "review", subject, DESK_ITSELF, now_ms, skill=LEADS)
    note = f"a call is open since the lease ran out at {iso(task['lease_until_ms'])}"
    enter(db, case_id, DESK_ITSELF, "call_overran", now_ms, old=task["lease_by"], new=subject, note=note)


def _promote(db: Database, cases: Iterable[Row], now_ms: int) -> int:
    count = 0
    for case in cases:
        db.run("promote_case", id=case["id"], band=PROMOTED_BAND)
        db.run("rank_tasks", case_id=case["id"], band=PROMOTED_BAND, rank_ms=case["rank_ms"])
        names = {"old": BAND_NAMES[case["band"]], "new": BAND_NAMES[PROMOTED_BAND]}
        enter(db, case["id"], DESK_ITSELF, "promoted", now_ms, **names, note=f"still {Status.OPEN}")
        count += 1
    return count
