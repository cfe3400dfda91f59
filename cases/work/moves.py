"""What happens to cases and tasks: each function moves them by the tables of `states` and writes it down.

All of them run inside the caller's transaction. Those that end or hand over a case check the right of `who`;
those that move one task leave that to the caller, who has seen who holds it.
"""

from cases.alarms.acknowledging import case_closed
from cases.case import Outcome, Status
from cases.database import Database, Row, as_json
from cases.device_cases.closing import checked_reason
from cases.device_cases.next_steps import steps_after_reset, steps_again
from cases.device_cases.routing import GENERAL
from cases.errors import AlreadyClosed, AlreadyMerged, NotFound, NotPossible, NotYours, WrongUse
from cases.feedback import publish_disposition
from cases.rings import see_again
from cases.subjects import Circle
from cases.who import Right, Who
from cases.work.journal import enter
from cases.work.leases import task_row
from cases.work.settling import settle
from cases.work.states import Event, TaskState, case_after, task_after
from cases.work.to_do import task_of
from cases.work_orders.live import refuse_live_orders
from domain.card_masking import mask_text
from domain.instants import iso

# Who looks at what nobody else can bring to an end.
LEADS = "lead"
WAITING_REASONS = ("cadence", "callback", "window", "technician", "legal", "customer_docs")


def wait(
    db: Database,
    task_id: int,
    reason: str,
    wake_at_ms: int,
    who: Who,
    now_ms: int,
    *,
    prefer_agent: str | None = None,
    prefer_until_ms: int | None = None,
) -> None:
    """Put a task off until `wake_at_ms`; a preferred agent has it to themselves until `prefer_until_ms`."""
    if reason not in WAITING_REASONS:
        raise WrongUse(f"{reason!r} is no reason to wait; there are: {', '.join(WAITING_REASONS)}")
    if (prefer_agent is None) != (prefer_until_ms is None):
        raise WrongUse("an agent is preferred until some time: give both, or neither")
    row = _step(db, task_id, Event.WAIT)
    db.run(
        "put_off_task",
        id=task_id,
        reason=reason,
        wake_at_ms=wake_at_ms,
        prefer_agent=prefer_agent,
        prefer_until_ms=prefer_until_ms,
    )
    _settle(db, row["case_id"], Event.WAIT)
    kept = f"until {iso(wake_at_ms)}" + (f", for {prefer_agent}" if prefer_agent else "")
    enter(db, row["case_id"], who, "put_off", now_ms, old=row["subject"], new=reason, note=kept)


def finish(db: Database, task_id: int, who: Who, now_ms: int, *, note: str = "") -> None:
    """End a task that has done its work; the last one of a case leaves a review, for somebody to close it."""
    row = _step(db, task_id, Event.FINISH)
    _end(db, row, TaskState.DONE, now_ms)
    if row["kind"] == "remote_reset":
        case = live_case(db, row["case_id"])
        for work in steps_after_reset(db, case["id"], row["subject"]):
            _add(db, case, *work, now_ms)
    if not db.rows("live_tasks", case_id=row["case_id"]):
        _ask_to_conclude(db, row["case_id"], who, now_ms)
    _settle(db, row["case_id"], Event.FINISH)
    kept = mask_text(note) or None
    enter(db, row["case_id"], who, "finished", now_ms, old=row["kind"], new=row["subject"], note=kept)


def make_ready(db: Database, task_id: int, who: Who, now_ms: int) -> None:
    """Put a task that waits, or that somebody gives back, among those to claim."""
    row = task_row(db, task_id)
    happened = Event.WAKE if row["state"] == TaskState.WAITING else Event.RELEASE
    task_after(TaskState(row["state"]), happened)
    db.run("ready_task", id=task_id, lost=0)
    _settle(db, row["case_id"], happened)
    what, note = ("woke", row["waiting_reason"]) if happened is Event.WAKE else ("released", row["lease_by"])
    enter(db, row["case_id"], who, what, now_ms, new=row["subject"], note=note)


def exhaust(db: Database, task_id: int, who: Who, now_ms: int) -> None:
    """Give a task up and let a lead look at it."""
    row = _step(db, task_id, Event.GIVE_UP)
    _end(db, row, TaskState.DEAD, now_ms)
    _add(db, live_case(db, row["case_id"]), "review", row["subject"], LEADS, now_ms)
    _settle(db, row["case_id"], Event.GIVE_UP)
    enter(db, row["case_id"], who, "given_up", now_ms, old=row["kind"], new=row["subject"])


def add_task(
    db: Database,
    case_id: str,
    kind: str,
    subject: str,
    who: Who,
    now_ms: int,
    *,
    skill: str = GENERAL,
    band: int | None = None,
    rank_ms: int | None = None,
) -> int:
    """Add something to do to a live case, ranked as the case unless said otherwise, and give its id.

    What is still to be done already is not added again. Raises NotFound, AlreadyClosed, AlreadyMerged.
    """
    case = live_case(db, case_id)
    added = _add(db, case, kind, subject, skill, now_ms, band=band, rank_ms=rank_ms)
    found = db.rows("live_task_of", case_id=case_id, kind=kind, subject=subject)[0]
    if added:
        _settle(db, case_id, Event.NEW_TASK)
        enter(db, case_id, who, "task_added", now_ms, new=f"{kind} {subject}", note=skill)
    return int(found["id"])


def close_case(
    db: Database,
    case_id: str,
    who: Who,
    outcome: str,
    note: str,
    now_ms: int,
    *,
    reason: str | None = None,
) -> None:
    """Close a case with its outcome, and all that was still to be done with it.

    The case of a device needs a reason, too, one of CloseReason: WrongUse says so. Raises NotFound,
    AlreadyClosed, AlreadyMerged; NotPossible while a department works for it; NotYours while somebody else is
    at it, whom only a lead can pass over, and nobody who is on the phone.
    """
    who.require(Right.WORK_CASES)
    case = live_case(db, case_id)
    _nobody_else(db, case_id, who)
    case_after(Status(case["status"]), Event.RESOLVE)
    refuse_live_orders(db, case_id)
    found, why = Outcome(outcome).value, checked_reason(reason, case["kind"])
    db.run("end_tasks", case_id=case_id, now_ms=now_ms)
    db.run("close_case", id=case_id, agent=who.name, outcome=found, reason=why, now_ms=now_ms)
    db.run("close_retained_cards", case_id=case_id, handled_by=who.name, now_ms=now_ms)
    case_closed(db, case_id, who, now_ms)
    db.run("drop_sightings_of_case", case_id=case_id)
    db.run("free_subjects", case_id=case_id)
    # Agents type what customers read out to them; a card number must not stay.
    said = found if why is None else f"{found}, {why}"
    enter(db, case_id, who, "closed", now_ms, new=said, note=mask_text(note) or None)
    publish_disposition(db, case_id, now_ms)


def escalate(db: Database, case_id: str, who: Who, team: str, note: str, now_ms: int) -> None:
    """Hand a case to a team: what `who` holds of it is free again, and everything left is the team's."""
    who.require(Right.WORK_CASES)
    if not team.strip() or len(team) > 64:
        raise WrongUse("a team needs a name of 1 to 64 characters")
    case = live_case(db, case_id)
    for task in db.rows("live_tasks", case_id=case_id):
        if task["lease_by"] == who.name and not task["calling"]:
            db.run("ready_task", id=task["id"], lost=0)
    db.run("give_tasks_to", case_id=case_id, skill=team, had=None)
    _add(db, case, "review", case["subject"], team, now_ms)
    _settle(db, case_id, Event.ESCALATE, team=team)
    enter(db, case_id, who, "escalated", now_ms, old=case["team"], new=team, note=mask_text(note) or None)


def hand_back(db: Database, case_id: str, who: Who, note: str, now_ms: int) -> None:
    """Return a case from the team that it was escalated to; the reason is kept."""
    who.require(Right.WORK_CASES)
    case = live_case(db, case_id)
    case_after(Status(case["status"]), Event.RETURN, (TaskState.READY,))
    for task in db.rows("live_tasks", case_id=case_id):
        if task["lease_by"] == who.name and not task["calling"]:
            db.run("ready_task", id=task["id"], lost=0)
    db.run("give_tasks_to", case_id=case_id, skill=GENERAL, had=case["team"])
    _settle(db, case_id, Event.RETURN)
    enter(db, case_id, who, "returned", now_ms, old=case["team"], note=mask_text(note) or None)


def reopen(db: Database, case_id: str, who: Who, reason: str, now_ms: int) -> None:
    """Take back that a case was closed: everybody it concerns is to be called again.

    Raises NotFound, NotPossible for a case that is not closed or whose people are in a newer case by now.
    """
    who.require(Right.WORK_FOR_OTHERS)
    if not reason.strip():
        raise WrongUse("say why the case is to be reopened")
    case = case_row(db, case_id)
    case_after(Status(case["status"]), Event.REOPEN)
    elsewhere = db.rows("subjects_elsewhere", case_id=case_id)
    if elsewhere:
        subject, newer = elsewhere[0]["subject"], elsewhere[0]["case_id"]
        raise NotPossible(f"{case_id} stays closed: {subject} is in {newer} by now; work on that one")
    restore(db, case, who, mask_text(reason), now_ms)
    rows = db.rows("subjects", ids=as_json([case_id]))
    circle = Circle.of((row["subject"], row["customer"], row["last4"]) for row in rows)
    steps = steps_again(db, case_id)
    for subject in circle.parties if steps else circle.to_call:
        kind, name = task_of(subject)
        _add(db, case, kind, name, GENERAL, now_ms)
    for work in steps:
        _add(db, case, *work, now_ms)


def restore(db: Database, case: Row, who: Who, reason: str, now_ms: int) -> None:
    """Make a closed case live again, with the subjects it had; the caller adds what is to be done."""
    db.run("reopen_case", id=case["id"])
    db.run("reopen_retained_cards", case_id=case["id"])
    db.run("take_subjects_again", case_id=case["id"])
    see_again(db, case["id"])
    enter(db, case["id"], who, "reopened", now_ms, old=case["outcome"], note=reason)
    publish_disposition(db, case["id"], now_ms)


def case_row(db: Database, case_id: str) -> Row:
    """Give a case, kept from others until the transaction ends. Raises NotFound."""
    rows = db.rows("case_for_change", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    return rows[0]


def live_case(db: Database, case_id: str) -> Row:
    """Give a case that can still be worked, or say why it cannot."""
    row = case_row(db, case_id)
    if row["status"] == Status.CLOSED:
        raise AlreadyClosed(
            f"{case_id} was closed as {row['outcome']} by {row['closed_by']} at {iso(row['closed_at_ms'])}"
        ).known_as("closed", case=case_id, by=row["closed_by"], at_ms=row["closed_at_ms"])
    if row["status"] == Status.MERGED:
        raise AlreadyMerged(f"{case_id} went into {row['merged_into']}; work on that one").known_as(
            "merged", case=case_id, into=row["merged_into"]
        )
    return row


def _settle(db: Database, case_id: str, event: Event, *, team: str | None = None) -> None:
    case = case_row(db, case_id)
    settle(db, case, event, db.rows("live_tasks", case_id=case_id), team=team)


def _step(db: Database, task_id: int, event: Event) -> Row:
    """Give a task that the event can happen to."""
    row = task_row(db, task_id)
    task_after(TaskState(row["state"]), event)
    return row


def _end(db: Database, row: Row, state: TaskState, now_ms: int) -> None:
    db.run("end_task", id=row["id"], state=state.value, now_ms=now_ms)


def _add(
    db: Database,
    case: Row,
    kind: str,
    subject: str,
    skill: str,
    now_ms: int,
    *,
    band: int | None = None,
    rank_ms: int | None = None,
) -> bool:
    """Add a task unless the same is still to be done; says whether it was added."""
    added = db.run(
        "add_task",
        case_id=case["id"],
        kind=kind,
        subject=subject,
        skill=skill,
        band=case["band"] if band is None else band,
        rank_ms=case["rank_ms"] if rank_ms is None else rank_ms,
        now_ms=now_ms,
    )
    return bool(added)


def _ask_to_conclude(db: Database, case_id: str, who: Who, now_ms: int) -> None:
    case = live_case(db, case_id)
    _add(db, case, "review", case["subject"], case["team"] or GENERAL, now_ms)


def _nobody_else(db: Database, case_id: str, who: Who) -> None:
    """Make sure that no work of others is cut off."""
    for task in db.rows("live_tasks", case_id=case_id):
        if task["lease_by"] in (None, who.name):
            continue
        if task["calling"]:
            raise NotYours(
                f"{task['lease_by']} is on the phone with {task['subject']} of {case_id}; wait for the end"
            )
        if not who.may(Right.WORK_FOR_OTHERS):
            until = iso(task["lease_until_ms"])
            raise NotYours(f"{case_id} is with {task['lease_by']} until {until}; {who.name} cannot close it")
