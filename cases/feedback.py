"""What the desk found out, told to whoever learns from it: one disposition for each alert of a case.

A closed case says its outcome; a reopened one takes back what it said, and says the next outcome when it
is closed again. Nothing that was said is changed: a later disposition corrects an earlier one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from cases import outbox
from cases.case import Status
from cases.database import Database, Row
from domain.combining import ClosedCase
from domain.events import Disposition
from domain.instants import from_ms, iso

TOPIC = "disposition"
_PAGE = 2000
# Where reading begins: before every disposition.
_START = {"after_ms": -1, "after_case": "", "after_number": 0, "after_alert": ""}


def publish_disposition(db: Database, case_id: str, now_ms: int) -> None:
    """Say what is now known about a case, inside the caller's `writing`; once, however often it is called.

    Called after a case was closed, it says the outcome; after one was reopened, it takes it back.
    """
    case = db.rows("feedback_case", case_id=case_id)[0]
    standing = case["said"] if case["number"] and not case["retracted"] else None
    found = case["outcome"] if case["status"] == Status.CLOSED else None
    if standing == found:
        return
    number = (case["number"] or 0) + 1
    # A clock that was set back must not let a correction come before what it corrects.
    at_ms = max(now_ms, case["at_ms"] or 0)
    if standing is not None:
        _say(db, case_id, number, at_ms, standing, retracted=True)
        number += 1
    if found is not None:
        _say(db, case_id, number, at_ms, found, retracted=False)


def disposition_id(case_id: str, number: int, alert_id: str) -> str:
    """Give the id of what was said about an alert: the same at every export, 32 hexadecimal digits."""
    parts = "\x1f".join((TOPIC, case_id, str(number), alert_id))
    return blake2b(parts.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class SqlFeedback:
    """What the desk of a store found out."""

    db: Database

    def closed_cases(self, since_ms: int, until_ms: int) -> tuple[ClosedCase, ...]:
        """Give the cases of which it became known in that time, and held at its end, whether it was fraud.

        They come in the order in which that became known. An outcome that says neither, such as that nobody
        was reached, is none of these.
        """
        found: dict[str, ClosedCase] = {}
        with self.db.reading():
            rows = self.db.rows("closed_cases", since_ms=since_ms, until_ms=until_ms)
        for row in rows:
            fraud = row["outcome"] == "confirmed_fraud"
            told = found.setdefault(row["case_id"], ClosedCase(row["case_id"], row["at_ms"], fraud, {}))
            told.findings[row["detector"]] = row["probability"]
        return tuple(found.values())

    def dispositions(self, since_ms: int, until_ms: int) -> Iterator[Disposition]:
        """Give what became known from `since_ms` on and before `until_ms`, in that order.

        The order and the ids are the same each time, so that two stretches of time, one after the other or
        overlapping, can be put together without a repeat.
        """
        after: dict[str, Any] = dict(_START)
        while True:
            with self.db.reading():
                rows = self.db.rows("dispositions", since_ms=since_ms, until_ms=until_ms, page=_PAGE, **after)
            yield from map(_event, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1]
            after = {
                "after_ms": last["at_ms"],
                "after_case": last["case_id"],
                "after_number": last["number"],
                "after_alert": last["alert_id"],
            }


def _say(db: Database, case_id: str, number: int, at_ms: int, outcome: str, *, retracted: bool) -> None:
    said = {"case_id": case_id, "number": number}
    db.run("add_disposition", **said, at_ms=at_ms, outcome=outcome, retracted=int(retracted))
    # A case that was reopened may have had more alerts since: only what was said is taken back.
    db.run("repeat_disposition_alerts" if retracted else "add_disposition_alerts", **said)
    payload = {
        "case": case_id,
        "number": number,
        "known_at": iso(at_ms),
        "outcome": outcome,
        "retracted": retracted,
        "alerts": [row["alert_id"] for row in db.rows("disposition_alerts", **said)],
    }
    outbox.publish(db, TOPIC, f"{case_id}:{number}", payload, at_ms)


def _event(row: Row) -> Disposition:
    alert = orjson.loads(row["record"])
    return Disposition(
        event_id=disposition_id(row["case_id"], row["number"], row["alert_id"]),
        at=from_ms(row["at_ms"]),
        case=row["case_id"],
        outcome=row["outcome"],
        alert=row["alert_id"],
        alert_at=datetime.fromisoformat(alert["at"]),
        detector=alert["detector"],
        scope=alert["scope"],
        key=alert["key"],
        trigger=alert["event_id"] or None,
        card=alert["card"],
        customer=alert["customer"],
        retracted=bool(row["retracted"]),
    )
