"""Counts a detector's alerts, and sweeps what it fills the queue with into one case.

What holds: let two alerts be tied as cases are grouped. Where all alerts of one case are of one detector, and
each lies in an hour in which that detector gave too many, the case is swept into the flood of its first
alert's hour; every other case is what it would be without floods. So the order of arrival leaves no trace:
a case that was swept along stands by itself again, with all that it had, as soon as an alert ties it to
something else. But what somebody has begun to work on is never swept, and what a closed flood holds stays
there: people's doings have an order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cases.case import Status
from cases.database import Database, Row, as_json
from cases.floods.flood_case import Flood, restate_flood
from cases.floods.policy import FloodPolicy
from cases.outbox import CHANGES, publish_all
from cases.policy import QueuePolicy
from cases.subjects import Incoming
from cases.timeline import DESK, event
from cases.work.states import Event, case_after
from domain.instants import span_ms


class Hour(NamedTuple):
    """A detector, and from when on its alerts are counted (event time in ms)."""

    detector: str
    from_ms: int


class Counted(NamedTuple):
    """Which hours of a batch's alerts have too many, and which of them only since this batch."""

    flooded: tuple[Hour, ...] = ()
    begun: tuple[Hour, ...] = ()


NONE = Counted()


def count(db: Database, new: Iterable[Incoming], policy: FloodPolicy | None) -> Counted:
    """Count alerts that are not on record by their detectors and hours; inside the caller's `writing`."""
    if policy is None:
        return NONE
    hours = Counter(Hour(one.alert.detector, policy.from_ms(one.alert.at_ms)) for one in new)
    after = {}
    for hour, alerts in sorted(hours.items()):
        row = db.rows("count_in_hour", detector=hour.detector, from_ms=hour.from_ms, alerts=alerts)[0]
        after[hour] = row["alerts"]
    flooded = tuple(hour for hour in after if after[hour] > policy.alerts)
    return Counted(flooded, tuple(hour for hour in flooded if after[hour] - hours[hour] <= policy.alerts))


def bring_back(db: Database, swept: Sequence[Row], at_ms: int) -> set[str]:
    """Let cases that floods swept along stand by themselves again; gives the floods' cases they leave."""
    for row in swept:
        case_after(Status(row["status"]), Event.LEAVE)
    ids = as_json(row["id"] for row in swept)
    for name in ("return_alerts", "forget_swept_alerts", "return_merges", "forget_swept_merges"):
        db.run(name, ids=ids)
    db.run_all("return_case", [{"id": row["id"]} for row in swept])
    db.run_all("take_subjects_again", [{"case_id": row["id"]} for row in swept])
    db.run_all(
        "add_event",
        [event(row["id"], at_ms, DESK, "left_flood", old=row["merged_into"]) for row in swept],
    )
    return {row["merged_into"] for row in swept}


def settle_floods(
    db: Database,
    touched: Iterable[str],
    counted: Counted,
    left: Iterable[str],
    policy: QueuePolicy,
    now_ms: int | None,
    at_ms: int,
) -> None:
    """Sweep what is a flood's among the `touched` cases and those of hours that have too many only now.

    `left` are the cases of floods that others have left; `at_ms` is the event time of the batch. Inside the
    caller's `writing`, behind all that the batch did to cases.
    """
    changed = set(left)
    if policy.flood is not None and counted.flooded:
        ids = {*touched, *_cases_of(db, counted.begun, policy.flood)}
        for hour, swept in _to_sweep(db, ids, policy.flood).items():
            flood = Flood.of(db, hour.detector, hour.from_ms, now_ms)
            _sweep(db, flood, swept, at_ms)
            restate_flood(db, flood, policy, at_ms)
            changed.discard(flood.case_id)
    for case_id in sorted(changed):
        restate_flood(db, Flood.on_record(db, case_id), policy, at_ms)


def _cases_of(db: Database, hours: Iterable[Hour], policy: FloodPolicy) -> set[str]:
    per_ms = span_ms(policy.per)
    return {
        row["case_id"]
        for detector, from_ms in hours
        for row in db.rows("cases_of_hour", detector=detector, from_ms=from_ms, to_ms=from_ms + per_ms)
    }


def _to_sweep(db: Database, ids: Iterable[str], policy: FloodPolicy) -> dict[Hour, list[Row]]:
    """Give the cases that are a flood's, by the hour of their first alert."""
    found: defaultdict[Hour, list[Row]] = defaultdict(list)
    rows = db.rows("cases_to_sweep", ids=as_json(sorted(ids)), per_ms=span_ms(policy.per), most=policy.alerts)
    for row in rows:
        found[Hour(row["detector"], policy.from_ms(row["first_ms"]))].append(row)
    return found


def _sweep(db: Database, flood: Flood, swept: Sequence[Row], at_ms: int) -> None:
    """Let a flood's case have the alerts of others, which go into it."""
    for row in swept:
        case_after(Status(row["status"]), Event.MERGE)
    ids = as_json(row["id"] for row in swept)
    db.run("note_swept_alerts", ids=ids)
    db.run("sweep_alerts", ids=ids, flood=flood.case_id)
    db.run("note_swept_merges", ids=ids)
    db.run("sweep_merges", ids=ids, flood=flood.case_id)
    db.run("void_tasks", ids=ids, now_ms=at_ms)
    moves = [{"survivor": flood.case_id, "merged": row["id"]} for row in swept]
    db.run_all("end_merged", moves)
    db.run_all("free_subjects", [{"case_id": row["id"]} for row in swept])
    db.run_all("add_event", [event(row["id"], at_ms, DESK, "merged", new=flood.case_id) for row in swept])
    publish_all(db, CHANGES, [(row["id"], {}) for row in swept], at_ms)
