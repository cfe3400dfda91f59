"""Who was seen with which ring key, put on record again when a case lives again."""

from collections.abc import Iterator
from typing import Any

import orjson

from cases.database import Database, Row, Values
from cases.subjects import Incoming
from domain.alerts import Alert
from domain.findings import Member, Severity


def see_again(db: Database, case_id: str) -> None:
    """Note anew what was forgotten when the case was closed: what its alerts showed, so that rings grow on.

    What lies close together is folded into one when the next alert with the key comes.
    """
    found = {
        tuple(each.values()): each for row in db.rows("ring_alerts", case_id=case_id) for each in _of(row)
    }
    db.run_all("add_sighting", list(found.values()))


def _of(row: Row) -> Iterator[Values]:
    record = orjson.loads(row["record"])
    # What is wrong with devices is tied by the places that they stand at.
    parties = () if "alarm" in record else Incoming.of(_alert(row, record)).parties
    for subject in parties:
        yield {
            "ring": row["ring"],
            "subject": subject.key,
            "first_ms": row["at_ms"],
            "last_ms": row["at_ms"],
        }


def _alert(row: Row, record: dict[str, Any]) -> Alert:
    """Give an alert as far as it says whom it concerns."""
    return Alert(
        id=row["id"],
        detector=record["detector"],
        version=record["version"],
        parameters={},
        scope=record["scope"],
        key=record["key"],
        at_ms=row["at_ms"],
        event_id=record["event_id"],
        severity=Severity[record["severity"].upper()],
        probability=record["probability"],
        exposure_minor=record["exposure_minor"],
        currency=record["currency"],
        reason="",
        evidence={},
        card=record["card"],
        last4=record["last4"],
        customer=record["customer"],
        members=tuple(Member(**member) for member in record["members"]),
        ring=row["ring"],
    )
