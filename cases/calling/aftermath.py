"""What an attempt leads to: the task waits, ends or goes to a lead, and the case closes when it may."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from cases.calling.cadence import Exhausted, NoNumber, Try
from cases.calling.dispositions import DISPOSITIONS, OUTCOMES_BY_WEIGHT, Disposition, Step
from cases.calling.parties import Situation
from cases.database import Database
from cases.device_cases.closing import CloseReason
from cases.outbox import publish
from cases.who import Who
from cases.work.common_point import tell_readers
from cases.work.journal import enter
from cases.work.moves import add_task, close_case, escalate, exhaust, finish, wait
from domain.instants import iso, span_ms

# What others do for the desk: the bank's message gateway, and the branches' post.
CUSTOMER_MESSAGE = "customer_message"
BRANCH_LETTER = "branch_letter"
BRANCH = "branch"
UNREACHABLE = "unreachable"


class Ended(NamedTuple):
    """How an attempt ended: its disposition, the callback agreed on, and what the agent noted."""

    how: Disposition
    callback_at_ms: int | None
    note: str

    @property
    def words(self) -> str:
        """The note, or what the disposition says by itself."""
        return self.note or self.how.words


class Next(Struct, frozen=True, kw_only=True):
    """What comes next, in words; until when the task waits, or which number to ring at once."""

    words: str
    wake_at_ms: int | None = None
    reference: str | None = None
    case_closed_as: str | None = None


def follow(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    """Do what a disposition leads to; inside the transaction that recorded it, of which `call` knows."""
    message_if_due(db, call, who)
    if ended.how.gives_card_back:
        returned = {"case_id": call.case_id, "customer": call.party.customer}
        db.run("retained_cards_returned", **returned, handled_by=who.name, now_ms=call.now_ms)
    return _STEPS[ended.how.next](db, call, ended, who)


def no_number(db: Database, call: Situation, who: Who) -> Next:
    """Let the call wait for a number that somebody is asked to find."""
    ask_for_number(db, call, who)
    wake_at_ms = call.now_ms + span_ms(call.rules.policy.contact_data_wait)
    wait(db, call.task_id, "customer_docs", wake_at_ms, who, call.now_ms)
    words = f"no number of {call.subject} can be rung: one is asked for, this waits until {iso(wake_at_ms)}"
    return Next(words=words, wake_at_ms=wake_at_ms)


def ask_for_number(db: Database, call: Situation, who: Who) -> None:
    """Open the task to find or correct a number, unless it is open."""
    add_task(db, call.case_id, "contact_data", call.subject, who, call.now_ms)


def give_up(db: Database, call: Situation, why: str, who: Who) -> Next:
    """Let a lead decide, and say why nobody calls any more."""
    enter(db, call.case_id, who, "gave_up_calling", call.now_ms, old=call.subject, note=why)
    exhaust(db, call.task_id, who, call.now_ms)
    return Next(words=f"{why}: a lead looks at it now")


def message_if_due(db: Database, call: Situation, who: Who) -> None:
    """Send the message that goes with this number of attempts, if the cadence has one."""
    made = sum(each.how.counts for each in call.tried)
    if made == call.rules.cadence.message_after and call.tried[-1].how.counts:
        _send(db, call, CUSTOMER_MESSAGE, f"{call.task_id}:{made}", who)


def _again(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    planned = call.next
    if isinstance(planned, Exhausted):
        return _after_the_last(db, call, planned.why, who)
    if isinstance(planned, NoNumber):
        return no_number(db, call, who)
    return _try_again(db, call, planned, who)


def _try_again(db: Database, call: Situation, planned: Try, who: Who) -> Next:
    if planned.at_ms <= call.now_ms:
        # The agent has the customer's case before them: the next number is rung by the same person.
        return Next(words=f"ring {planned.reference} now", reference=planned.reference)
    wait(db, call.task_id, planned.reason, planned.at_ms, who, call.now_ms)
    return Next(
        words=f"again at {iso(planned.at_ms)} on {planned.reference}",
        wake_at_ms=planned.at_ms,
        reference=planned.reference,
    )


def _after_the_last(db: Database, call: Situation, why: str, who: Who) -> Next:
    then = call.rules.cadence.then
    if "message" in then:
        _send(db, call, CUSTOMER_MESSAGE, f"{call.task_id}:last", who)
    if "branch" in then:
        _send(db, call, BRANCH_LETTER, f"{call.task_id}:last", who)
    if "lead_review" in then:
        return give_up(db, call, why, who)
    return _settle(db, call, UNREACHABLE, why, who)


def _end(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    if ended.how.outcome is None:
        raise TypeError(f"{ended.how.code} ends a call and needs an outcome")
    return _settle(db, call, ended.how.outcome, ended.words, who)


def _settle(db: Database, call: Situation, outcome: str, note: str, who: Who) -> Next:
    """End this call; the case closes with the last of those that hold it open.

    In a ring everybody is called: what one member says decides nothing about the others. A lead who knows
    enough closes the case by hand.
    """
    others = [row for row in db.rows("holding_tasks", case_id=call.case_id) if row["id"] != call.task_id]
    if others:
        finish(db, call.task_id, who, call.now_ms)
        left = ", ".join(f"{row['kind'].replace('_', ' ')} {row['subject']}" for row in others)
        return Next(words=f"this call is done; the case stays open for: {left}")
    found = {**_results(db, call.case_id), call.subject: outcome}
    together = min(found.values(), key=OUTCOMES_BY_WEIGHT.index)
    reason = _close_reason(call, together)
    close_case(db, call.case_id, who, together, note, call.now_ms, reason=reason)
    tell_readers(db, call.case_id, who, together, call.now_ms)
    return Next(words=f"the case is closed as {together}", case_closed_as=together)


def _close_reason(call: Situation, outcome: str) -> str | None:
    """Give why a device's case closes: what the last of its calls said, if that is what it came to."""
    if call.case_kind != "device":
        return None
    how = call.tried[-1].how
    return (how.close_reason if how.outcome == outcome else None) or CloseReason.UNDETERMINED


def _results(db: Database, case_id: str) -> dict[str, str]:
    """Give what the finished calls of a case came to, by subject; the latest counts."""
    found: dict[str, str] = {}
    for row in db.rows("last_results", case_id=case_id):
        how = DISPOSITIONS.get(row["disposition"] or "")
        found[row["subject"]] = (how.outcome if how else None) or UNREACHABLE
    return found


def _call_back(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    callback_at_ms = ended.callback_at_ms
    if callback_at_ms is None:
        raise TypeError(f"{ended.how.code} needs the time of the callback")
    wait(
        db,
        call.task_id,
        "callback",
        callback_at_ms,
        who,
        call.now_ms,
        prefer_agent=who.name,
        prefer_until_ms=callback_at_ms + span_ms(call.rules.policy.callback_grace),
    )
    return Next(
        words=f"called back at {iso(callback_at_ms)}, by you if you are there", wake_at_ms=callback_at_ms
    )


def _hand_over(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    # The call comes back should the customer not come: nothing waits for ever.
    wake_at_ms = call.now_ms + span_ms(call.rules.policy.branch_wait)
    wait(db, call.task_id, "customer_docs", wake_at_ms, who, call.now_ms)
    escalate(db, call.case_id, who, BRANCH, ended.words, call.now_ms)
    return Next(
        words=f"handed over to the branch; the call comes back at {iso(wake_at_ms)}", wake_at_ms=wake_at_ms
    )


def _review(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    return give_up(db, call, ended.how.words, who)


def _technician(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    wake_at_ms = call.now_ms + span_ms(call.rules.policy.technician_wait)
    wait(db, call.task_id, "technician", wake_at_ms, who, call.now_ms)
    return Next(words=f"waits for the technician until {iso(wake_at_ms)}", wake_at_ms=wake_at_ms)


def _at_once(db: Database, call: Situation, ended: Ended, who: Who) -> Next:
    return Next(words="nobody was rung: dial again", reference=call.tried[-1].reference)


_STEPS: dict[Step, Callable[[Database, Situation, Ended, Who], Next]] = {
    Step.END: _end,
    Step.CALL_BACK: _call_back,
    Step.HAND_OVER: _hand_over,
    Step.REVIEW: _review,
    Step.CADENCE: _again,
    Step.SOON: _again,
    Step.LATER: _again,
    Step.NEXT_NUMBER: _again,
    Step.AT_ONCE: _at_once,
    Step.TECHNICIAN: _technician,
}


def _send(db: Database, call: Situation, topic: str, key: str, who: Who) -> None:
    """Ask for a message or a letter; it says to call the number on the card, and nothing else."""
    payload: dict[str, Any] = {
        "case": call.case_id,
        "customer": call.party.customer,
        "subject": call.subject,
        "text": "call_the_number_on_your_card",
    }
    publish(db, topic, key, payload, call.now_ms)
    enter(db, call.case_id, who, "asked_for_message", call.now_ms, new=topic.replace("_", " "))
