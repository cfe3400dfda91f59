"""What of devices takes too long goes before a lead, by the escalation time of its code's handling."""

from collections.abc import Sequence

from cases import outbox
from cases.database import Database, Row
from cases.device_cases.items import Item, items_words
from cases.device_cases.next_steps import items_on
from cases.who import DESK_ITSELF
from cases.work.journal import enter
from cases.work.moves import LEADS, add_task
from domain.instants import iso


def escalate_late(db: Database, cases: Sequence[Row], now_ms: int) -> int:
    """Let a lead look at what is still on in these cases and late, each item once; gives how many cases.

    Inside the caller's `writing`. What is over by now, and waits for somebody to close its case, is not late.
    """
    escalated = 0
    for case in cases:
        late = [item for item in items_on(db, case["id"]) if _is_late(item, now_ms)]
        db.run("items_escalated", case_id=case["id"], now_ms=now_ms)
        db.run("next_escalation", case_id=case["id"])
        if late:
            _tell_a_lead(db, case, late, now_ms)
            escalated += 1
    return escalated


def _is_late(item: Item, now_ms: int) -> bool:
    return item.escalate_at_ms is not None and item.escalate_at_ms <= now_ms and item.escalated_at_ms is None


def _tell_a_lead(db: Database, case: Row, late: Sequence[Item], now_ms: int) -> None:
    words = items_words("several places", late)
    add_task(db, case["id"], "review", f"late:{case['id']}", DESK_ITSELF, now_ms, skill=LEADS)
    since_ms = min(item.annunciated_at_ms for item in late)
    note = f"{words}; before the desk since {iso(since_ms)}"
    enter(db, case["id"], DESK_ITSELF, "late", now_ms, new=LEADS, note=note)
    told = {"case": case["id"], "what": words, "since": iso(since_ms)}
    outbox.publish(db, outbox.ALARM, f"device_case_late:{case['id']}:{since_ms}", told, now_ms)
