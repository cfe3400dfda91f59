"""Fraud on cards that were used at a reader that may have been tampered with: said in the case of the reader.

A reader that was changed harms nobody by itself. When cards that it read since turn out to be defrauded, what
was a suspicion is the point where they were copied, and whoever looks after the reader must know, even when
its case is closed.
"""

from datetime import timedelta

import orjson

from cases.case import Outcome, Status
from cases.database import Database, Row
from cases.who import Who
from cases.work.journal import enter
from cases.work.moves import LEADS, add_task, case_row, restore
from domain.instants import span_ms
from domain.wording import counted

# Fraud follows copying within days; later fraud says nothing of the reader any more.
FOLLOWS = timedelta(days=14)


def tell_readers(db: Database, case_id: str, who: Who, outcome: str, now_ms: int) -> tuple[str, ...]:
    """Tell the cases of suspected readers that cards used there were defrauded; gives these cases.

    Called after a case was closed, inside the caller's transaction. A reader's case that is closed is
    opened again; either way a lead is to look at it.
    """
    if outcome != Outcome.CONFIRMED_FRAUD:
        return ()
    cards = {row["card"] for row in db.rows("cards_of_case", case_id=case_id)}
    told = []
    for row in db.rows("suspected_readers", from_ms=now_ms - span_ms(FOLLOWS)) if cards else ():
        used = cards & {member["card"] for member in orjson.loads(row["record"])["members"]}
        if used and row["case_id"] not in told and row["case_id"] != case_id:
            told.append(row["case_id"])
            _tell(db, case_row(db, row["case_id"]), case_id, len(used), who, now_ms)
    return tuple(told)


def _tell(db: Database, reader: Row, case_id: str, cards: int, who: Who, now_ms: int) -> None:
    note = f"{counted(cards, 'card')} read there since were defrauded"
    if reader["status"] == Status.CLOSED:
        restore(db, reader, who, note, now_ms)
    add_task(db, reader["id"], "review", reader["subject"], who, now_ms, skill=LEADS)
    enter(db, reader["id"], who, "fraud_followed", now_ms, new=case_id, note=note)
