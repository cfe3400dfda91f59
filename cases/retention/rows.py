"""All that the store holds of a case, table by table: what an archive keeps and a purge deletes.

A case's family is the case itself and those that went into it: they are kept and purged together.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from cases.case import Status
from cases.database import Database, as_json

# Every table with rows of a case, each before those that refer to it.
TABLES = (
    "case_",
    "case_subject",
    "alert",
    "device_item",
    "retained_card",
    "task",
    "case_event",
    "attempt",
    "action",
    "work_order",
    "disposition",
    "disposition_alert",
)
# A purge of an older case clears it in the newer one, whose own rows have not changed otherwise.
_NOT_ITS_OWN = ("linked_to",)


class Family(NamedTuple):
    """A closed case with those that went into it, and whom they concern, as `case:ID` and `customer:ID`."""

    root: str
    ids: tuple[str, ...]
    status: Status
    outcome: str | None
    closed_at_ms: int
    subjects: frozenset[str]


class Line(NamedTuple):
    """One row of a family, as an archive writes it."""

    case: str
    table: str
    row: dict[str, Any]


def families(db: Database, roots: Iterable[str]) -> dict[str, Family]:
    """Give the families of cases, by the id of the case that stands for each; inside a transaction."""
    members: dict[str, list[Any]] = {}
    for row in db.rows("families", ids=as_json(roots)):
        members.setdefault(row["root"], []).append(row)
    ids = [row["id"] for rows in members.values() for row in rows]
    concerned: dict[str, set[str]] = {case_id: {f"case:{case_id}"} for case_id in ids}
    for row in db.rows("hold_subjects", ids=as_json(ids)):
        concerned[row["case_id"]].add(row["subject"])
        if row["customer"]:
            concerned[row["case_id"]].add(f"customer:{row['customer']}")
    found = {}
    for root, rows in members.items():
        itself = next(row for row in rows if row["id"] == root)
        found[root] = Family(
            root=root,
            ids=tuple(row["id"] for row in rows),
            status=Status(itself["status"]),
            outcome=itself["outcome"],
            closed_at_ms=itself["closed_at_ms"] or 0,
            subjects=frozenset().union(*(concerned[row["id"]] for row in rows)),
        )
    return found


def roots_of(db: Database, customer: str, subjects: Iterable[str]) -> list[str]:
    """Give the cases that stand for those which concern a customer or any of these subjects."""
    ids = [
        row["case_id"] for row in db.rows("cases_of_person", customer=customer, subjects=as_json(subjects))
    ]
    return sorted({row["root"] for row in db.rows("roots", ids=as_json(ids))})


def lines_of(db: Database, family: Family) -> list[Line]:
    """Give all rows of a family, always in the same order; inside a transaction."""
    ids = as_json(family.ids)
    return [
        Line(family.root, table, dict(row)) for table in TABLES for row in db.rows(f"kept_{table}", ids=ids)
    ]


def delete_rows(db: Database, family: Family) -> None:
    """Let a family leave the store; inside the caller's `writing`, with the timeline unlocked."""
    ids = as_json(family.ids)
    db.run("purge_swept_alert", ids=ids)
    db.run("purge_swept_merge", ids=ids)
    for table in reversed(TABLES[1:]):
        db.run(f"purge_{table}", ids=ids)
    db.run("purge_links", ids=ids)
    db.run("purge_alarm_links", ids=ids)
    db.run("purge_merged", ids=as_json([family.root]))
    db.run("purge_case_", ids=as_json([family.root]))


def written(line: Line) -> bytes:
    """Write a line of an archive, the same whichever database it comes from."""
    return orjson.dumps(line._asdict(), option=orjson.OPT_SORT_KEYS) + b"\n"


def read(raw: bytes) -> Line:
    """Read what `written` wrote."""
    found = orjson.loads(raw)
    return Line(found["case"], found["table"], found["row"])


def digest(lines: Sequence[Line]) -> str:
    """Give what tells whether the rows of a family are still the same."""
    summed = sha256()
    for case, table, row in lines:
        own = {name: value for name, value in row.items() if name not in _NOT_ITS_OWN}
        summed.update(written(Line(case, table, own)))
    return summed.hexdigest()


def by_case(lines: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Put the lines of each family together; those of one family follow each other."""
    case, gathered = "", list[Line]()
    for line in lines:
        if line.case != case and gathered:
            yield case, gathered
            gathered = []
        case = line.case
        gathered.append(line)
    if gathered:
        yield case, gathered
