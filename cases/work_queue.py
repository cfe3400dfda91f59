"""What agents do with cases: take the next, claim one, close it; and what they see of them."""

from collections.abc import Iterable

import orjson

from cases.case import Case, CaseFile, Entry, Lease, Outcome, Status, Task
from cases.database import Database, Row, as_json
from cases.errors import AlreadyClaimed, AlreadyClosed, AlreadyMerged, NotFound, NotYours, WrongUse
from cases.standing import by_case, circle_of
from cases.timeline import event
from domain.card_masking import mask_text
from domain.instants import iso


def next_case(db: Database, agent: str, now_ms: int, lease_ms: int) -> Case | None:
    """Claim the best case that is ready; None when there is none."""
    _check(agent, lease_ms)
    with db.writing():
        ready = db.rows("ready_case", now_ms=now_ms)
        return _lease(db, ready[0]["id"], agent, now_ms, lease_ms) if ready else None


def claim(db: Database, case_id: str, agent: str, now_ms: int, lease_ms: int) -> Case:
    """Claim one case, or renew the hold of an agent who has it."""
    _check(agent, lease_ms)
    with db.writing():
        return _lease(db, case_id, agent, now_ms, lease_ms)


def close(
    db: Database, case_id: str, agent: str, lease_no: int | None, outcome: Outcome, note: str, now_ms: int
) -> Case:
    """Close a case that the agent holds."""
    with db.writing():
        row = _live(db, case_id)
        closed = db.run(
            "close_case",
            id=case_id,
            agent=agent,
            lease_no=lease_no,
            outcome=Outcome(outcome).value,
            now_ms=now_ms,
        )
        if not closed:
            raise NotYours(_not_yours(row, agent, lease_no))
        db.run("end_tasks", case_id=case_id, at_ms=now_ms)
        db.run("drop_sightings_of_case", case_id=case_id)
        db.run("free_subjects", case_id=case_id)
        # Agents type what customers read out to them; a card number must not stay.
        kept = mask_text(note) or None
        done = event(case_id, now_ms, agent, "closed", new=Outcome(outcome).value, note=kept)
        db.run("add_event", **done)
        return _case(db, case_id)


def list_cases(db: Database, statuses: Iterable[Status], limit: int | None) -> tuple[Case, ...]:
    """Give cases in the order of their rank."""
    with db.reading():
        # SQLite reads a negative limit as none.
        rows = db.rows("list_cases", statuses=as_json(statuses), limit=-1 if limit is None else limit)
        return _cases(db, rows)


def show(db: Database, case_id: str) -> CaseFile:
    """Give everything about one case."""
    with db.reading():
        return CaseFile(
            case=_case(db, case_id),
            evidence=tuple(orjson.loads(row["record"]) for row in db.rows("case_alerts", case_id=case_id)),
            tasks=tuple(Task(**row) for row in db.rows("case_tasks", case_id=case_id)),
            timeline=tuple(Entry(**row) for row in db.rows("case_events", case_id=case_id)),
        )


def _lease(db: Database, case_id: str, agent: str, now_ms: int, lease_ms: int) -> Case:
    row = _live(db, case_id)
    until_ms = now_ms + lease_ms
    if not db.run("lease_case", id=case_id, agent=agent, now_ms=now_ms, until_ms=until_ms):
        raise AlreadyClaimed(
            f"{case_id} is with {row['lease_by']} until {iso(row['lease_until_ms'])}; take another case"
        )
    holder, note = row["lease_by"], f"until {iso(until_ms)}"
    if holder is None or holder == agent:
        what = "renewed" if holder else "claimed"
        db.run("add_event", **event(case_id, now_ms, agent, what, note=note))
    else:
        db.run("add_event", **event(case_id, now_ms, agent, "taken_over", old=holder, new=agent, note=note))
    return _case(db, case_id)


def _live(db: Database, case_id: str) -> Row:
    """Give a case that can still be worked, or say why it cannot."""
    row = _row(db, case_id)
    if row["status"] == Status.CLOSED:
        raise AlreadyClosed(
            f"{case_id} was closed as {row['outcome']} by {row['closed_by']} at {iso(row['closed_at_ms'])}"
        )
    if row["status"] == Status.MERGED:
        raise AlreadyMerged(f"{case_id} went into {row['merged_into']}; work on that one")
    return row


def _not_yours(row: Row, agent: str, lease_no: int | None) -> str:
    if row["lease_by"] is None:
        return f"nobody holds {row['id']}; claim it before you close it"
    if row["lease_by"] != agent:
        until = iso(row["lease_until_ms"])
        return f"{row['id']} is with {row['lease_by']} until {until}; {agent} does not hold it"
    return (
        f"{row['id']} was taken over since: lease {lease_no} is stale, {agent} now holds it under lease "
        f"{row['lease_no']}; look at it again before you close it"
    )


def _check(agent: str, lease_ms: int) -> None:
    if not agent.strip() or len(agent) > 64:
        raise WrongUse("an agent needs a name of 1 to 64 characters")
    if lease_ms <= 0:
        raise WrongUse(f"a lease of {lease_ms} ms has run out before it begins; give it at least 1 ms")


def _row(db: Database, case_id: str) -> Row:
    rows = db.rows("placed_case", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    return rows[0]


def _case(db: Database, case_id: str) -> Case:
    return _cases(db, [_row(db, case_id)])[0]


def _cases(db: Database, rows: list[Row]) -> tuple[Case, ...]:
    ids = as_json(row["id"] for row in rows)
    subjects = by_case(db.rows("subjects", ids=ids))
    reasons = by_case(db.rows("reasons", ids=ids))
    return tuple(_value(row, subjects[row["id"]], reasons[row["id"]]) for row in rows)


def _value(row: Row, subjects: list[Row], reasons: list[Row]) -> Case:
    circle = circle_of(subjects)
    lease = row["lease_by"] and Lease(
        by=row["lease_by"], until_ms=row["lease_until_ms"], number=row["lease_no"]
    )
    return Case(
        id=row["id"],
        rank=row["place"],
        subject=row["words"],
        band=row["band"],
        due_ms=row["due_ms"],
        opened_at_ms=row["opened_at_ms"],
        status=Status(row["status"]),
        alerts=row["alerts"],
        reasons=tuple(reason["reason"] for reason in reasons),
        members=circle.cards,
        customers=circle.customers,
        probability=row["probability"],
        exposure_minor=row["exposure_minor"],
        currency=row["currency"],
        expected_loss_minor=row["expected_loss_minor"],
        breakdown=orjson.loads(row["breakdown"]),
        lease=lease,
        outcome=row["outcome"] and Outcome(row["outcome"]),
        merged_into=row["merged_into"],
    )
