"""Whom a task is to call and all that bounds the next attempt, as the store has it at an instant."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

import msgspec
import orjson
from msgspec import Struct

from cases.calling.cadence import (
    Exhausted,
    NoNumber,
    Rules,
    Tried,
    Try,
    next_try,
    standing_callback,
)
from cases.calling.call_scripts import Script, script_for
from cases.calling.contacts import SITE, Number, Unusable, Wish, numbers_of
from cases.calling.policy import CallingPolicy, rung
from cases.calling.windows import may_call, rest_days
from cases.database import Database, Row
from cases.errors import NotFound, WrongUse
from cases.subjects import Subject
from domain.instants import span_ms
from domain.reference import Card, Customer, PhoneNumber

_CALLS = ("call_customer", "call_site")
# Who was called earlier on the same local day was so within this.
_A_DAY_MS = span_ms(timedelta(hours=25))


class Party(NamedTuple):
    """Who is to be called; `customer` is None for a place, or while nobody knows whose the card is."""

    customer: str | None
    zone: str
    numbers: tuple[PhoneNumber, ...]


class Situation(Struct, frozen=True, kw_only=True, dict=True):
    """A call to make, at one instant: the task, who is called, and what has been tried."""

    task_id: int
    case_id: str
    case_kind: str
    task_kind: str
    subject: str
    party: Party
    rules: Rules
    tried: tuple[Tried, ...]
    elsewhere_ms: tuple[int, ...]
    numbers: tuple[Number, ...]
    wishes: tuple[Wish, ...]
    script: Script
    now_ms: int

    @property
    def callable(self) -> tuple[str, ...]:
        """The references that may be rung, the best first."""
        if self.task_kind == "call_site":
            return (SITE,)
        return tuple(number.reference for number in self.numbers if number.why_not is None)

    @cached_property
    def next(self) -> Try | Exhausted | NoNumber:
        """What the cadence says comes next."""
        return next_try(self.tried, self.callable, self.rules, self.now_ms, self.elsewhere_ms)

    @property
    def wish(self) -> Wish | None:
        """The customer's wish not to be called at all."""
        return next((wish for wish in self.wishes if not wish.reference), None)

    @property
    def opens_ms(self) -> int | None:
        """None when the customer may be called now, by window or by appointment, else when that is (ms)."""
        if standing_callback(self.tried, self.rules.policy, self.now_ms):
            return None
        return may_call(self.now_ms, self.rules.zone, self.rules.cadence.window, self.rules.resting)


def situation(db: Database, task_id: int, policy: CallingPolicy, now_ms: int) -> Situation:
    """Read a call to make; inside a transaction. Raises NotFound, and WrongUse for a task that is no call."""
    rows = db.rows("call_task", id=task_id)
    if not rows:
        raise NotFound(f"there is no task {task_id}; `riskdesk queue show CASE` lists those of a case")
    task = rows[0]
    if task["kind"] not in _CALLS:
        raise WrongUse(f"task {task_id} is {task['kind'].replace('_', ' ')}: nobody is called for it")
    party = _party(db, task, policy, now_ms)
    tried = _tried(db, task, party)
    cadence = policy.cadence(rung(orjson.loads(task["breakdown"])))
    if task["kind"] == "call_site":
        cadence = replace(cadence, window=None)  # somebody is on duty at a place of our own
    wishes = _wishes(db, party, now_ms)
    return Situation(
        task_id=task_id,
        case_id=task["case_id"],
        case_kind=task["case_kind"],
        task_kind=task["kind"],
        subject=task["subject"],
        party=party,
        rules=Rules(policy, cadence, party.zone, rest_days(policy.holidays)),
        tried=tried,
        elsewhere_ms=_elsewhere(db, party, task_id, now_ms),
        numbers=numbers_of(party.numbers, _unusable(db, party), wishes, tried, policy, now_ms),
        wishes=wishes,
        script=script_for(row["detector"] for row in db.rows("case_detectors", case_id=task["case_id"])),
        now_ms=now_ms,
    )


def opening_ms(db: Database, task: Row, policy: CallingPolicy, now_ms: int) -> int | None:
    """Give None when a task may be called now, else when its customer's window opens (ms).

    For whoever makes a task ready or hands it out; one that calls no customer is always open. Inside a
    transaction.
    """
    if task["kind"] != "call_customer":
        return None
    call = db.rows("call_task", id=task["id"])[0]
    party = _party(db, call, policy, now_ms)
    window = policy.cadence(rung(orjson.loads(call["breakdown"]))).window
    opens_ms = may_call(now_ms, party.zone, window, rest_days(policy.holidays))
    if opens_ms is None or standing_callback(_tried(db, call, party), policy, now_ms):
        return None
    return opens_ms


def attempts_of(rows: Iterable[Row]) -> tuple[Tried, ...]:
    """Give the attempts that rows hold; an open one is left out."""
    return tuple(
        Tried(
            row["started_at_ms"],
            row["ended_at_ms"],
            row["reference"],
            row["disposition"],
            row["callback_at_ms"],
        )
        for row in rows
        if row["ended_at_ms"] is not None
    )


def _tried(db: Database, task: Row, party: Party) -> tuple[Tried, ...]:
    asked = {"case_id": task["case_id"], "task_id": task["id"], "customer": party.customer}
    return attempts_of(db.rows("attempts_of_call", **asked))


def _party(db: Database, task: Row, policy: CallingPolicy, now_ms: int) -> Party:
    customer = _customer_id(db, task["case_id"], Subject.of(task["subject"]), now_ms)
    record = _reference(db, "customer", customer, now_ms)
    if record is None:
        return Party(customer, policy.time_zone, ())
    known = msgspec.json.decode(record, type=Customer)
    return Party(customer, known.time_zone, known.numbers)


def _customer_id(db: Database, case_id: str, subject: Subject, now_ms: int) -> str | None:
    if subject.kind == "customer":
        return subject.id
    if subject.kind != "card":
        return None
    card = _reference(db, "card", subject.id, now_ms)
    if card is not None:
        return msgspec.json.decode(card, type=Card).customer
    rows = db.rows("card_in_case", case_id=case_id, subject=subject.key)
    return rows[0]["customer"] if rows else None


def _reference(db: Database, kind: str, record_id: str | None, at_ms: int) -> str | None:
    if record_id is None:
        return None
    rows = db.rows("reference_at", kind=kind, id=record_id, at_ms=at_ms)
    return rows[0]["body"] if rows else None


def _unusable(db: Database, party: Party) -> dict[str, Unusable]:
    if party.customer is None:
        return {}
    return {
        row["reference"]: Unusable(row["unusable_reason"], row["since_ms"])
        for row in db.rows("number_states", customer=party.customer)
    }


def _wishes(db: Database, party: Party, now_ms: int) -> tuple[Wish, ...]:
    if party.customer is None:
        return ()
    rows = db.rows("wishes", customer=party.customer, now_ms=now_ms)
    return tuple(Wish(row["reference"], row["until_ms"]) for row in rows)


def _elsewhere(db: Database, party: Party, task_id: int, now_ms: int) -> tuple[int, ...]:
    if party.customer is None:
        return ()
    since_ms = now_ms - _A_DAY_MS
    rows = db.rows("attempts_elsewhere", customer=party.customer, since_ms=since_ms, task_id=task_id)
    return tuple(row["started_at_ms"] for row in rows)
