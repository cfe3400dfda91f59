"""Cases and tasks as values, read inside the caller's transaction."""

from collections.abc import Sequence

import orjson

from cases.case import Case, CaseFile, Entry, Lease, Outcome, Status, Task
from cases.database import Database, Row, as_json
from cases.device_cases.reading import items_at_branches, items_of_case
from cases.errors import NotFound
from cases.standing import by_case, circle_of

# So many sentences tell of a case; a flood's has thousands, of which the worst come first.
_MOST_REASONS = 100


def read_case(db: Database, case_id: str) -> Case:
    """Give one case with its place in the queue. Raises NotFound."""
    rows = db.rows("placed_case", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    return read_cases(db, rows)[0]


def read_cases(db: Database, rows: Sequence[Row]) -> tuple[Case, ...]:
    """Give the cases of these rows, in their order."""
    ids = as_json(row["id"] for row in rows)
    subjects = by_case(db.rows("subjects", ids=ids))
    reasons = by_case(db.rows("reasons", ids=ids))
    leases = by_case(db.rows("leases", ids=ids))
    return tuple(_case(row, subjects[row["id"]], reasons[row["id"]], leases[row["id"]]) for row in rows)


def read_file(db: Database, case_id: str) -> CaseFile:
    """Give everything about one case. Raises NotFound."""
    tasks = tuple(task_from(row) for row in db.rows("case_tasks", case_id=case_id))
    return CaseFile(
        case=read_case(db, case_id),
        evidence=tuple(orjson.loads(row["record"]) for row in db.rows("case_alerts", case_id=case_id)),
        tasks=tasks,
        timeline=tuple(
            Entry(**{name: row[name] for name in row.keys()})  # noqa: SIM118 - a row is no dict
            for row in db.rows("case_events", case_id=case_id)
        ),
        items=items_of_case(db, case_id),
        at_branches=items_at_branches(db, case_id, tasks),
    )


def read_task(db: Database, task_id: int) -> Task:
    """Give one task that is on record."""
    return task_from(db.rows("task", id=task_id)[0])


def task_from(row: Row) -> Task:
    """Give the task that a row holds."""
    return Task(**{name: row[name] for name in Task.__struct_fields__})


def _case(row: Row, subjects: Sequence[Row], reasons: Sequence[Row], leases: Sequence[Row]) -> Case:
    circle = circle_of(subjects)
    return Case(
        id=row["id"],
        rank=row["place"],
        kind=row["kind"],
        subject=row["words"],
        band=row["band"],
        due_ms=row["due_ms"],
        rank_ms=row["rank_ms"],
        opened_at_ms=row["opened_at_ms"],
        status=Status(row["status"]),
        alerts=row["alerts"],
        reasons=tuple(reason["reason"] for reason in reasons[:_MOST_REASONS]),
        members=circle.cards,
        customers=circle.customers,
        probability=row["probability"],
        exposure_minor=row["exposure_minor"],
        currency=row["currency"],
        expected_loss_minor=row["expected_loss_minor"],
        breakdown=orjson.loads(row["breakdown"]),
        leases=tuple(
            Lease(
                task=lease["id"],
                by=lease["lease_by"],
                until_ms=lease["lease_until_ms"],
                number=lease["lease_no"],
            )
            for lease in leases
        ),
        waiting_reason=row["waiting_reason"],
        wake_at_ms=row["wake_at_ms"],
        team=row["team"],
        outcome=row["outcome"] and Outcome(row["outcome"]),
        close_reason=row["close_reason"],
        merged_into=row["merged_into"],
        linked_to=row["linked_to"],
        reopened=row["reopened"],
        version=row["version"],
    )
