"""The case of a flood: what it says of all the alerts in it, who looks at it, and who is told."""

from hashlib import blake2b
from typing import Any, NamedTuple, Self

import orjson

from cases.audit.log import record
from cases.case import LIVE, Outcome, Status
from cases.database import Database, Row, as_json
from cases.device_cases.routing import GENERAL
from cases.grouping import free_id, possible_ids
from cases.outbox import ALARM, CHANGES, publish, publish_all
from cases.policy import QueuePolicy
from cases.ranking import PROMOTED_BAND, Facts, Rank, rank
from cases.subjects import STORM, Subject
from cases.timeline import DESK, event
from cases.who import DESK_ITSELF
from cases.work.states import Event, case_after
from cases.work.to_do import task_of
from domain.findings import Severity
from domain.instants import iso
from domain.money import money_words
from domain.wording import counted

# So many of its alerts a flood's case shows at once: the worst.
_EXAMPLES = 5
# What a larger flood says of its alerts is put right each time it has grown by a tenth: reading all of them
# with every batch would make the flow slower the worse the flood is.
ALWAYS_RIGHT, _GROWN = 20_000, 0.1


class Flood(NamedTuple):
    """The live case of a detector's flood from one time on (event time in ms); `opens` when it is new."""

    case_id: str
    detector: str
    from_ms: int
    opens: bool = False

    @classmethod
    def of(cls, db: Database, detector: str, from_ms: int, now_ms: int | None) -> Self:
        """Give the case that the flood fills, a new one where none lives; `now_ms` is since when there is."""
        (row,) = db.rows("flood_of_hour", detector=detector, from_ms=from_ms)
        if row["status"] in LIVE:
            return cls(row["flood"], detector, from_ms)
        anchor = f"flood {detector} {from_ms} {row['floods']}"
        digits = blake2b(anchor.encode(), digest_size=16).hexdigest()
        taken = db.rows("known_cases", ids=as_json(possible_ids(digits)))
        flood = cls(free_id(digits, {case["id"] for case in taken}), detector, from_ms, opens=True)
        db.run("begin_flood", flood=flood.case_id, detector=detector, from_ms=from_ms)
        # Other cases can only point to one that is there; what it says follows when it has its alerts.
        db.run("save_case", **_empty(flood, row["flood"], from_ms if now_ms is None else now_ms))
        db.run("add_subject", case_id=flood.case_id, subject=flood.subject.key, customer=None, last4=None)
        return flood

    @classmethod
    def on_record(cls, db: Database, case_id: str) -> Self:
        """Give the flood that a case is of."""
        (row,) = db.rows("hour_of_flood", flood=case_id)
        return cls(case_id, row["detector"], row["from_ms"])

    @property
    def subject(self) -> Subject:
        """Give what the case is filed under."""
        return Subject(STORM, f"{self.detector}@{iso(self.from_ms)}")


def restate_flood(db: Database, flood: Flood, policy: QueuePolicy, at_ms: int) -> None:
    """Write what the flood's case says of its alerts, and end it when it has none any more.

    All is read again, so that no order of arrival leaves a trace; but for the count, what a flood above
    ALWAYS_RIGHT says may be what was so a tenth earlier. `at_ms` is the event time of what happened. Inside
    the caller's `writing`.
    """
    (before,) = db.rows("cases", ids=as_json([flood.case_id]))
    (now,) = db.rows("flood_count", id=flood.case_id)
    publish_all(db, CHANGES, [(flood.case_id, {})], at_ms)
    if not now["alerts"]:
        _end(db, before, at_ms)
        return
    said = orjson.loads(before["breakdown"]).get("flood", {"alerts": 0})["alerts"]
    if now["alerts"] > ALWAYS_RIGHT and abs(now["alerts"] - said) < _GROWN * said:
        db.run("recount_case", id=flood.case_id, alerts=now["alerts"])
        return
    (figures,) = db.rows("flood_figures", id=flood.case_id)
    (people,) = db.rows("flood_people", id=flood.case_id)
    rows = db.rows("flood_money", id=flood.case_id)
    money = {row["currency"]: max(row["single"], row["joint"]) for row in rows}
    ranked = rank(_facts(figures, money), policy.ranking)
    words = _words(flood, figures, people, money)
    row = _row(flood, words, figures, ranked, before)
    row["breakdown"] = orjson.dumps(ranked.breakdown | {"flood": _said(db, flood, figures, people)}).decode()
    db.run("save_case", **row)
    db.run("rank_tasks", case_id=flood.case_id, band=row["band"], rank_ms=row["rank_ms"])
    if flood.opens:
        _open(db, flood, row, at_ms)
    else:
        change = event(flood.case_id, at_ms, DESK, "concerns", old=before["words"], new=words)
        db.run("add_event", **change)


def _empty(flood: Flood, earlier: str | None, ready_at_ms: int) -> dict[str, Any]:
    """Give the row of a case that has nothing to say yet; `earlier` is the flood's case that was closed."""
    return {
        "id": flood.case_id,
        "kind": "storm",
        "subject": flood.subject.key,
        "words": f"flood of {flood.detector}",
        "band": 2,
        "due_ms": flood.from_ms,
        "rank_ms": flood.from_ms,
        "promoted": 0,
        "promote_at_ms": None,
        "escalate_at_ms": None,
        "opened_at_ms": flood.from_ms,
        "ready_at_ms": ready_at_ms,
        "tier": "standard",
        "linked_to": earlier,
        "alerts": 1,
        "probability": 0.0,
        "exposure_minor": 0,
        "currency": "",
        "expected_loss_minor": 0,
        "breakdown": "{}",
    }


def _row(flood: Flood, words: str, figures: Row, ranked: Rank, before: Row) -> dict[str, Any]:
    """Give the case's row; what was promoted once stays so."""
    promoted = before["promoted"]
    return _empty(flood, before["linked_to"], before["ready_at_ms"]) | {
        "words": words,
        "band": min(PROMOTED_BAND, ranked.band) if promoted else ranked.band,
        "due_ms": ranked.due_ms,
        "rank_ms": ranked.rank_ms,
        "promoted": promoted,
        "alerts": figures["alerts"],
        "probability": figures["probability"],
        "exposure_minor": ranked.exposure_minor,
        "currency": ranked.currency,
        "expected_loss_minor": ranked.expected_loss_minor,
    }


def _facts(figures: Row, money: dict[str, int]) -> Facts:
    # That many people are concerned makes it no ring: their alerts have nothing else in common.
    return Facts(
        severity=Severity(figures["severity"]),
        probability=figures["probability"],
        exposure_minor=money,
        first_at_ms=figures["first_ms"],
        tiers=frozenset(),
        people=1,
        cards=1,
    )


def _words(flood: Flood, figures: Row, people: Row, money: dict[str, int]) -> str:
    """Say what a flood holds, in one line.

    The money of different currencies is named one after the other.
    """
    parts = [
        f"flood of {flood.detector}: {counted(figures['alerts'], 'alert')} from {iso(flood.from_ms)} on",
        f"{counted(people['cards'], 'card')} of {counted(people['customers'], 'known customer')}",
        *(money_words(minor, currency) for currency, minor in sorted(money.items()) if minor),
    ]
    return ", ".join(parts)


def _said(db: Database, flood: Flood, figures: Row, people: Row) -> dict[str, Any]:
    """Give what the case says of its alerts beside its rank."""
    rows = db.rows("flood_examples", id=flood.case_id, limit=_EXAMPLES)
    return {
        "alerts": figures["alerts"],
        "cards": people["cards"],
        "customers": people["customers"],
        "examples": [{"alert": row["id"], "at": iso(row["at_ms"]), "reason": row["reason"]} for row in rows],
    }


def _open(db: Database, flood: Flood, row: dict[str, Any], at_ms: int) -> None:
    """Say loudly that a flood has begun: in the timeline, to somebody who looks at it, and to the lead."""
    kind, subject = task_of(flood.subject)
    db.run(
        "add_task",
        case_id=flood.case_id,
        kind=kind,
        subject=subject,
        skill=GENERAL,
        band=row["band"],
        rank_ms=row["rank_ms"],
        now_ms=at_ms,
    )
    note = f"{row['words']}; all are on record here, and no case was opened for each"
    db.run("add_event", **event(flood.case_id, at_ms, DESK, "flood", new=row["words"], note=note))
    told = {"what": "flood", "case": flood.case_id, "detector": flood.detector, "note": note}
    publish(db, ALARM, f"flood:{flood.case_id}", told, at_ms)
    record(db, DESK_ITSELF, "flood", f"case:{flood.case_id}", at_ms, after=row["words"])


def _end(db: Database, before: Row, at_ms: int) -> None:
    """Close a flood's case whose alerts all have cases of their own by now."""
    case_after(Status(before["status"]), Event.RESOLVE)
    case_id = before["id"]
    outcome = Outcome.DUPLICATE.value
    db.run("close_case", id=case_id, outcome=outcome, reason=None, agent=DESK, now_ms=at_ms)
    db.run("end_tasks", case_id=case_id, now_ms=at_ms)
    db.run("free_subjects", case_id=case_id)
    why = "all of its alerts belong to cases of their own by now"
    db.run("add_event", **event(case_id, at_ms, DESK, "closed", new=outcome, note=why))
    record(db, DESK_ITSELF, "closed", f"case:{case_id}", at_ms, after=[outcome, why])
