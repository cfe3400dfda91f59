"""What the telephone system says of a call that is open: that it rings, was taken up, and is over."""

from enum import StrEnum

from cases.audit.log import record
from cases.calling.attempts import Attempt
from cases.calling.results import check_recording
from cases.database import Database
from cases.errors import NotFound, NotPossible, WrongUse
from cases.who import Right, Who
from cases.work.agent_states import follow_answer
from domain.instants import iso

# Clocks differ; more than this is a mistake.
_AHEAD_MS = 60_000


class LineEvent(StrEnum):
    """What happened on the line."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


def tell(
    db: Database,
    attempt_id: int,
    event: LineEvent,
    at_ms: int,
    recording: str | None,
    who: Who,
    now_ms: int,
) -> Attempt:
    """Keep what happened on the line of an open call, and what its recording is called; inside `writing`.

    Said again, the first time counts. It need not come from who holds the task: a telephone system hears
    every call. Raises NotAllowed, NotFound, WrongUse for a time that cannot be, and NotPossible for a call
    that is on record as over.
    """
    who.require(Right.WORK_CASES)
    rows = db.rows("attempt_by_id", id=attempt_id)
    if not rows:
        raise NotFound(f"there is no call {attempt_id}; the answer to beginning one says its number")
    row = rows[0]
    if row["ended_at_ms"] is not None:
        raise NotPossible(f"call {attempt_id} is on record as over since {iso(row['ended_at_ms'])}")
    if not row["started_at_ms"] - _AHEAD_MS <= at_ms <= now_ms + _AHEAD_MS:
        raise WrongUse(
            f"{iso(at_ms)} does not lie between the call's beginning at {iso(row['started_at_ms'])} and now"
        )
    check_recording(recording)
    at_ms = min(max(at_ms, row["started_at_ms"]), now_ms)
    db.run("tell_attempt", id=attempt_id, event=event.value, at_ms=at_ms, recording=recording)
    if event is LineEvent.ANSWERED:
        follow_answer(db, row["agent"], at_ms)
    record(db, who, f"line_{event}", f"case:{row['case_id']}", now_ms, after={"attempt": attempt_id})
    (row,) = db.rows("attempt_by_id", id=attempt_id)
    return Attempt(**{name: row[name] for name in Attempt.__struct_fields__})
