"""Who holds a task: a lease with a number that grows with each holder, so that a stale one is noticed."""

from cases.database import Database, Row
from cases.errors import NotFound, NotYours
from cases.who import Who
from cases.work.journal import enter
from cases.work.states import TaskState
from domain.card_masking import mask_text
from domain.instants import iso


def held(db: Database, task_id: int, who: Who, lease_no: int | None, now_ms: int) -> Row:
    """Give a task that `who` holds (under `lease_no`, where given), inside the caller's transaction.

    A lease that has run out still holds as long as nobody took the task since. Raises NotFound, and NotYours
    with what has become of the task: "this case was taken over by X at 12:03".
    """
    row = task_row(db, task_id)
    if row["lease_by"] != who.name:
        raise _lost(row, who, lease_no)
    if lease_no is not None and lease_no != row["lease_no"]:
        raise NotYours(
            f"{row['case_id']} was taken over since: lease {lease_no} is stale, {who.name} holds it again "
            f"under lease {row['lease_no']}; look at it before you go on"
        ).known_as("stale", case=row["case_id"])
    if in_other_session(row, who):
        raise NotYours(
            f"{row['case_id']} was taken over by {who.name} in another session at "
            f"{moment(row['leased_at_ms'])}; go on there, or claim it here"
        ).known_as("other_session", case=row["case_id"], since_ms=row["leased_at_ms"])
    return row


def in_other_session(row: Row, who: Who) -> bool:
    """Tell whether a task that `who` holds was claimed in another session than this one."""
    return bool(who.session and row["lease_session"] and who.session != row["lease_session"])


def task_row(db: Database, task_id: int) -> Row:
    """Give a task, kept from others until the transaction ends. Raises NotFound."""
    rows = db.rows("task", id=task_id)
    if not rows:
        raise NotFound(f"there is no task {task_id}; `riskdesk queue show CASE` lists those of a case")
    return rows[0]


def keep_draft(db: Database, case_id: str, who: Who, note: str, now_ms: int) -> None:
    """Keep the note of somebody who came too late, in the timeline; in a transaction of its own."""
    kept = mask_text(note.strip())
    if kept:
        enter(db, case_id, who, "draft", now_ms, note=kept)


def moment(at_ms: int) -> str:
    """Say a time of day as a message does, 12:03 UTC."""
    return f"{iso(at_ms)[11:16]} UTC"


def _lost(row: Row, who: Who, lease_no: int | None) -> NotYours:
    """Say why a task is not theirs."""
    case_id, state, by = row["case_id"], row["state"], row["lease_by"]
    if by is not None and lease_no is not None and lease_no < row["lease_no"]:
        return NotYours(
            f"this case was taken over by {by} at {moment(row['leased_at_ms'])} ({case_id}); "
            "what you wrote is kept in its timeline"
        ).known_as("taken_over", case=case_id, by=by, since_ms=row["leased_at_ms"])
    if by is not None:
        until = iso(row["lease_until_ms"])
        return NotYours(f"{case_id} is with {by} until {until}; {who.name} does not hold it").known_as(
            "with_another", case=case_id, by=by, until_ms=row["lease_until_ms"]
        )
    if state in (TaskState.DONE, TaskState.VOID, TaskState.DEAD):
        return NotYours(
            f"task {row['id']} of {case_id} is {state} since {moment(row['ended_at_ms'])}; it is over"
        ).known_as("task_over", case=case_id, since_ms=row["ended_at_ms"])
    return NotYours(f"nobody holds {case_id}; claim it first").known_as("nobody_holds", case=case_id)
