"""What is kept of every change to a case: a line of its timeline and a row of the audit, or neither."""

from typing import Any

from cases.audit.log import record
from cases.database import Database
from cases.outbox import CHANGES, tell_subscribers
from cases.timeline import event
from cases.who import Who


def enter(
    db: Database,
    case_id: str,
    who: Who,
    what: str,
    now_ms: int,
    *,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
) -> None:
    """Write down that `who` did `what`; inside the transaction of the change. `note` has no card numbers.

    A note may name people, who may ask to be forgotten: the audit, which nothing can change, has its hash.
    """
    line: dict[str, Any] = event(case_id, now_ms, who.name, what, old=old, new=new, note=note)
    db.run("add_event", **line)
    tell_subscribers(db, CHANGES, [(case_id, {"what": what})], now_ms)
    record(db, who, what, f"case:{case_id}", now_ms, before=old, after=[new, note])
