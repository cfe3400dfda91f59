"""Beginning a call: who holds the task rings a number that may be rung, at a time when it may be."""

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from cases.audit.log import record
from cases.calling.aftermath import give_up, no_number
from cases.calling.cadence import Exhausted, NoNumber, Try, standing_callback
from cases.calling.call_scripts import Script
from cases.calling.contacts import Wish
from cases.calling.parties import Situation, situation
from cases.calling.policy import CallingPolicy
from cases.database import Database
from cases.errors import CannotCall, OnTheLine, WrongUse
from cases.who import Right, Who
from cases.work.leases import held
from cases.work.moves import wait
from domain.card_numbers import holds_card_number
from domain.instants import from_ms, iso, span_ms

_TELEPHONE = re.compile(r"[0-9]{7}")
_LONGEST_REFERENCE = 64


class Begun(Struct, frozen=True, kw_only=True):
    """An open call: on which number, what to keep in mind about it, and what to say."""

    attempt_id: int
    task_id: int
    case_id: str
    customer: str | None
    reference: str
    started_at_ms: int
    caution: str
    script: Script


class LaidAside(NamedTuple):
    """The task was taken from its holder, because nobody may be called on it now."""

    words: str


def begin(
    db: Database,
    policy: CallingPolicy,
    task_id: int,
    reference: str | None,
    lease_no: int | None,
    who: Who,
    now_ms: int,
) -> Begun | LaidAside:
    """Open a call, inside `writing`; without a `reference` on the number whose turn it is.

    Where nobody may be called now the task waits until then, which must be committed. Raises NotYours,
    NotFound, WrongUse, OnTheLine, and CannotCall for a number that is not to be rung.
    """
    who.require(Right.WORK_CASES)
    task = held(db, task_id, who, lease_no, now_ms)
    call = situation(db, task_id, policy, now_ms)
    end_lost(db, call)
    _nobody_on_the_line(db, call)
    if laid_aside := _laid_aside(db, call, who):
        return laid_aside
    ringing = _number(call, reference)
    attempt_id = open_attempt(db, call, ringing, now_ms, who, task["lease_no"])
    if attempt_id is None:  # somebody began between our look and our call
        raise OnTheLine(f"somebody has just begun to call {call.subject}; take another task")
    db.run("mark_calling", id=task_id, calling=1)
    record(db, who, "began_call", f"task:{task_id}", now_ms, after={"number": ringing})
    caution = next((number.caution for number in call.numbers if number.reference == ringing), "")
    return Begun(
        attempt_id=attempt_id,
        task_id=task_id,
        case_id=call.case_id,
        customer=call.party.customer,
        reference=ringing,
        started_at_ms=now_ms,
        caution=caution,
        script=call.script,
    )


def open_attempt(
    db: Database, call: Situation, reference: str, began_ms: int, who: Who, lease_no: int
) -> int | None:
    """Put an attempt on record that has not ended; None when the customer has another open call."""
    opened = db.rows(
        "begin_attempt",
        task_id=call.task_id,
        case_id=call.case_id,
        customer=call.party.customer,
        reference=reference,
        agent=who.name,
        lease_no=lease_no,
        started_at_ms=began_ms,
        script=call.script.name,
        script_version=call.script.version,
    )
    return opened[0]["id"] if opened else None


def end_lost(db: Database, call: Situation) -> None:
    """End open calls that nobody can report on: the task was taken back, or the case closed meanwhile."""
    db.run("end_lost_attempts", customer=call.party.customer, task_id=call.task_id, now_ms=call.now_ms)


def known_reference(call: Situation, reference: str) -> str:
    """Give back a reference that is on record, or any handle where no number is. Raises WrongUse."""
    known = [number.reference for number in call.numbers] or list(call.callable)
    if reference in known:
        return reference
    if known:
        raise WrongUse(f"{call.subject} has no number {reference!r}; on record are: {', '.join(known)}")
    if not 1 <= len(reference) <= _LONGEST_REFERENCE or not reference.isprintable():
        raise WrongUse(f"a number's handle has 1 to {_LONGEST_REFERENCE} printable characters")
    if _TELEPHONE.search(reference) or holds_card_number(reference):
        raise WrongUse("a number is named by the bank's own handle, never by its digits")
    return reference


def _nobody_on_the_line(db: Database, call: Situation) -> None:
    """Raise OnTheLine when this task has an open call, or its customer one in any case."""
    found = db.rows("open_attempt", task_id=call.task_id)
    if not found and call.party.customer is not None:
        found = db.rows("open_call_to", customer=call.party.customer)
    if found:
        row = found[0]
        raise OnTheLine(
            f"{row['agent']} has been on the phone with {call.subject} since {iso(row['started_at_ms'])} "
            f"({row['case_id']}); record how that call ended first"
        )


def _laid_aside(db: Database, call: Situation, who: Who) -> LaidAside | None:
    """Put the task where it belongs when nobody may be called at all, and say so."""
    if call.wish is not None:
        return _unwanted(db, call, call.wish, who)
    if isinstance(call.next, NoNumber):
        return LaidAside(no_number(db, call, who).words)
    opens_ms = call.opens_ms
    if opens_ms is None:
        return None
    wait(db, call.task_id, "window", opens_ms, who, call.now_ms)
    return LaidAside(
        f"it is {_clock(call.now_ms, call)} for {call.subject}, outside the hours of calls like this; "
        f"the task waits until {_clock(opens_ms, call)} ({iso(opens_ms)}): take the next one"
    )


def _unwanted(db: Database, call: Situation, wish: Wish, who: Who) -> LaidAside:
    longest_ms = call.now_ms + span_ms(call.rules.policy.callback_latest)
    if wish.until_ms is None or wish.until_ms > longest_ms:
        give_up(db, call, wish.words, who)
        return LaidAside(f"{wish.words}: the task has gone to a lead; take the next one")
    wait(db, call.task_id, "legal", wish.until_ms, who, call.now_ms)
    return LaidAside(f"{wish.words}: the task waits; take the next one")


def _number(call: Situation, reference: str | None) -> str:
    """Give the number to ring: the one asked for, or the one whose turn it is."""
    if reference is None:
        agreed = standing_callback(call.tried, call.rules.policy, call.now_ms)
        if agreed is not None and agreed.reference in call.callable:
            return agreed.reference
        if isinstance(call.next, Try):
            return call.next.reference
        if isinstance(call.next, Exhausted) and not call.callable:
            raise CannotCall(f"there is no number of {call.subject} to ring")
        return call.callable[0]  # a lead wants it tried once more
    chosen = known_reference(call, reference)
    why_not = next((number.why_not for number in call.numbers if number.reference == chosen), None)
    if why_not is not None:
        others = ", ".join(call.callable) or "none"
        raise CannotCall(f"{chosen} is not to be rung: {why_not}; others: {others}")
    return chosen


def _clock(at_ms: int, call: Situation) -> str:
    local = from_ms(at_ms).astimezone(ZoneInfo(call.rules.zone))
    return f"{local:%H:%M} on {local:%Y-%m-%d} in {call.rules.zone}"
