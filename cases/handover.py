"""What the next shift must know: built by itself, kept, and acknowledged by the lead who takes over."""

from dataclasses import dataclass
from typing import Any

import orjson
from msgspec import Struct

from cases.audit.log import record
from cases.database import Database, Row
from cases.errors import NotAllowed, NotFound, NotPossible
from cases.kpi.service import agents_at_work, measured_work
from cases.ranking import BAND_NAMES
from cases.timeline import event
from cases.who import Right, Who
from domain.card_masking import mask_text
from domain.instants import iso

# A shift; what wakes or ends within the next one is told.
SHIFT_MS = 8 * 3_600_000


class Handover(Struct, frozen=True, kw_only=True):
    """One handover. `body` is what it tells, as JSON; its times are ISO 8601 in UTC."""

    id: int
    shift_end_ms: int
    made_by: str
    made_at_ms: int
    body: dict[str, Any]
    acknowledged_by: str | None = None
    acknowledged_at_ms: int | None = None


@dataclass(frozen=True)
class SqlHandover:
    """The handovers of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database

    def make(self, who: Who, now_ms: int, *, note: str = "") -> Handover:
        """Write down what the next shift must know, as of now, and keep it.

        Raises NotAllowed for a role that does not lead.
        """
        who.require(Right.WORK_FOR_OTHERS)
        with self.db.writing():
            body = told(self.db, now_ms) | ({"note": mask_text(note)} if note.strip() else {})
            row = {"shift_end_ms": now_ms, "made_by": who.name, "made_at_ms": now_ms}
            added = self.db.rows("add_handover", **row, body=orjson.dumps(body).decode())
            found = self._get(added[0]["id"])
            record(self.db, who, "handover_made", f"handover:{found.id}", now_ms, after=body)
        return found

    def now(self, who: Who, now_ms: int) -> dict[str, Any]:
        """Give what a handover made now would tell, and keep nothing. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return told(self.db, now_ms)

    def acknowledge(self, handover_id: int, who: Who, now_ms: int) -> Handover:
        """Take a handover over: in the name of the incoming lead, on every urgent case it tells of.

        Raises NotFound; NotAllowed for a role that does not lead, or for the person who made it;
        NotPossible when somebody has taken it over.
        """
        who.require(Right.WORK_FOR_OTHERS)
        with self.db.writing():
            found = self._get(handover_id)
            if found.made_by == who.name:
                raise NotAllowed(f"{who.name} made handover {handover_id}; the incoming lead takes it over")
            if not self.db.run("acknowledge_handover", id=handover_id, by=who.name, now_ms=now_ms):
                raise NotPossible(
                    f"handover {handover_id} was taken over by {found.acknowledged_by} at "
                    f"{iso(found.acknowledged_at_ms or 0)}"
                )
            lines = [
                event(case["case_id"], now_ms, who.name, "handed_over", old=found.made_by, new=who.name)
                for case in found.body["urgent"]
            ]
            self.db.run_all("add_event", lines)
            record(self.db, who, "handover_acknowledged", f"handover:{handover_id}", now_ms, after=found.body)
            return self._get(handover_id)

    def latest(self, limit: int = 1) -> list[Handover]:
        """Give the latest handovers, the newest first."""
        with self.db.reading():
            return [_handover(row) for row in self.db.rows("latest_handovers", limit=limit)]

    def get(self, handover_id: int) -> Handover:
        """Give one. Raises NotFound."""
        with self.db.reading():
            return self._get(handover_id)

    def _get(self, handover_id: int) -> Handover:
        rows = self.db.rows("get_handover", id=handover_id)
        if not rows:
            raise NotFound(f"there is no handover {handover_id}; `riskdesk handover` shows the latest")
        return _handover(rows[0])


def told(db: Database, now_ms: int) -> dict[str, Any]:
    """Give what the next shift must know; the same for the same store and time. Inside a transaction."""
    until = {"until_ms": now_ms + SHIFT_MS}
    waking = _told(db.rows("handover_waking", **until))
    backlog = _told(db.rows("handover_backlog", now_ms=now_ms))
    return {
        "at": iso(now_ms),
        "urgent": _told(db.rows("handover_urgent")),
        "callbacks": [task for task in waking if task["waiting_reason"] == "callback"],
        "waking": [task for task in waking if task["waiting_reason"] != "callback"],
        "proposals": _told(db.rows("handover_proposals")),
        "unchecked": _told(db.rows("handover_unchecked")),
        "ending": _told(db.rows("handover_ending", **until)),
        "escalated": _told(db.rows("handover_escalated")),
        "late_orders": _told(db.rows("handover_late_orders", now_ms=now_ms)),
        "backlog": backlog,
        "held": _told(db.rows("handover_held"))[0],
        "staffing": _staffing(db, backlog, now_ms),
        "closed": {
            row["outcome"]: row["cases"]
            for row in db.rows("handover_closed", from_ms=now_ms - SHIFT_MS, to_ms=now_ms)
        },
    }


def handover_record(handover: Handover) -> dict[str, Any]:
    """Give a handover as one JSON object."""
    acknowledged_at_ms = handover.acknowledged_at_ms
    return {
        "handover": handover.id,
        "shift_end": iso(handover.shift_end_ms),
        "made_by": handover.made_by,
        "acknowledged_by": handover.acknowledged_by,
        "acknowledged_at": None if acknowledged_at_ms is None else iso(acknowledged_at_ms),
        **handover.body,
    }


def _staffing(db: Database, backlog: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    """Set the backlog, one call a case as long as this shift's were, against those who are at work."""
    agents, per_call = agents_at_work(db), measured_work(db, now_ms - SHIFT_MS, now_ms).value
    hours = None
    if agents and per_call is not None:
        hours = round(sum(band["cases"] for band in backlog) * per_call / agents / 3_600_000, 2)
    return {
        "agents_at_work": agents,
        "seconds_a_call": None if per_call is None else round(per_call / 1000, 1),
        "hours_of_backlog": hours,
    }


def _told(rows: list[Row]) -> list[dict[str, Any]]:
    """Write rows as a reader wants them: bands by name, times as ISO 8601 under names without `_ms`."""
    found = []
    for row in rows:
        line: dict[str, Any] = {}
        for column in row.keys():  # noqa: SIM118 - a row gives its columns by `keys` alone
            value = row[column]
            if column.endswith("_ms"):
                line[column.removesuffix("_ms")] = None if value is None else iso(value)
            else:
                line[column] = BAND_NAMES[value] if column == "band" else value
        found.append(line)
    return found


def _handover(row: Row) -> Handover:
    return Handover(**{**dict(row), "body": orjson.loads(row["body"])})
