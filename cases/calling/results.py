"""Recording how a call ended: the attempt itself, what it tells about the number, and what follows."""

import orjson
from msgspec import Struct
from msgspec.structs import replace

from cases.calling.aftermath import Ended, Next, ask_for_number, follow
from cases.calling.call_scripts import IDENTITY
from cases.calling.calls import end_lost, known_reference, open_attempt
from cases.calling.dispositions import Disposition, Step, disposition
from cases.calling.parties import Situation, situation
from cases.calling.policy import CallingPolicy
from cases.database import Database
from cases.errors import OnTheLine, WrongUse
from cases.who import Right, Who
from cases.work.journal import enter
from cases.work.leases import held
from domain.card_masking import mask_text
from domain.card_numbers import holds_card_number
from domain.instants import iso, span_ms, span_words

_LONGEST_RECORDING = 200


class Report(Struct, frozen=True, kw_only=True):
    """What an agent says about a call.

    `reference` is the number rung, for a call that was not begun here (else the open call's). `checked` are
    the steps ticked on the script's checklist. The call was answered and ended when the two times say,
    or, where they are unknown, at its start and now. `recording` is what the recorder calls its recording.
    """

    task_id: int
    disposition: str
    reference: str | None = None
    lease_no: int | None = None
    note: str = ""
    callback_at_ms: int | None = None
    checked: tuple[str, ...] = ()
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    recording: str | None = None


class Recorded(Struct, frozen=True, kw_only=True):
    """An attempt on record, and what comes next."""

    attempt_id: int
    task_id: int
    case_id: str
    reference: str
    disposition: str
    next: Next


def record_attempt(db: Database, policy: CallingPolicy, report: Report, who: Who, now_ms: int) -> Recorded:
    """Put an attempt on record and do what it leads to, inside `writing`.

    A call made by hand is recorded in one step, also when it was made outside the window: it was made.
    Raises NotYours, NotFound, and WrongUse for a report that cannot be.
    """
    who.require(Right.WORK_CASES)
    task = held(db, report.task_id, who, report.lease_no, now_ms)
    call = situation(db, report.task_id, policy, now_ms)
    end_lost(db, call)
    how = disposition(report.disposition, call.case_kind)
    ticked = call.script.ticked(report.checked)
    _check_identity(how, ticked)
    _check_callback(how, report, policy, now_ms)
    check_recording(report.recording)
    report = _as_heard(db, report)
    note = mask_text(report.note.strip())
    attempt_id, reference, began_ms = _attempt(db, call, report, who, task["lease_no"])
    _end(db, attempt_id, began_ms, how, report, note, ticked, now_ms)
    db.run("mark_calling", id=report.task_id, calling=0)
    _keep(db, call, how, reference, began_ms, note, who)
    after = situation(db, report.task_id, policy, now_ms)
    if how.number_unusable:
        ask_for_number(db, after, who)
    following = follow(db, after, Ended(how, report.callback_at_ms, note), who)
    return Recorded(
        attempt_id=attempt_id,
        task_id=report.task_id,
        case_id=call.case_id,
        reference=reference,
        disposition=how.code,
        next=following,
    )


def _check_identity(how: Disposition, ticked: tuple[str, ...]) -> None:
    if how.needs_identity and IDENTITY not in ticked:
        raise WrongUse(
            f"{how.code} needs the step {IDENTITY!r}: verify the person and tick it, or choose another"
        )


def _check_callback(how: Disposition, report: Report, policy: CallingPolicy, now_ms: int) -> None:
    at_ms = report.callback_at_ms
    if (how.next is Step.CALL_BACK) != (at_ms is not None):
        if at_ms is None:
            raise WrongUse(f"{how.code} needs the time to call back, which the customer sets")
        raise WrongUse(f"{how.code} has no time to call back; for that choose callback_later")
    if at_ms is not None and not now_ms < at_ms <= now_ms + span_ms(policy.callback_latest):
        longest = span_words(span_ms(policy.callback_latest))
        raise WrongUse(f"a callback lies within the next {longest}; {iso(at_ms)} does not")


def check_recording(recording: str | None) -> None:
    """Raise WrongUse for what no recording is called."""
    if recording is None:
        return
    if not 1 <= len(recording) <= _LONGEST_RECORDING or not recording.isprintable():
        raise WrongUse(f"a recording is named by 1 to {_LONGEST_RECORDING} printable characters")
    if holds_card_number(recording):
        raise WrongUse("the name of the recording holds a card number; name it as the recorder does")


def _attempt(db: Database, call: Situation, report: Report, who: Who, lease_no: int) -> tuple[int, str, int]:
    """Give the task's open call, or put the one that was made by hand on record: id, number and start."""
    for row in db.rows("open_attempt", task_id=report.task_id):
        if report.reference not in (None, row["reference"]):
            raise WrongUse(
                f"the open call is to {row['reference']}, not {report.reference}; leave the number out"
            )
        return row["id"], row["reference"], row["started_at_ms"]
    reference, began_ms = _rung(call, report.reference), call.now_ms
    if report.answered_at_ms is not None:
        began_ms = min(report.answered_at_ms, began_ms)
    attempt_id = open_attempt(db, call, reference, began_ms, who, lease_no)
    if attempt_id is None:
        raise OnTheLine(f"another call to {call.subject} is open; record how that one ended first")
    return attempt_id, reference, began_ms


def _as_heard(db: Database, report: Report) -> Report:
    """Let what the telephone system said of the open call stand for what the report does not say."""
    for row in db.rows("open_attempt", task_id=report.task_id):
        heard = {"answered_at_ms": row["answered_at_ms"], "ended_at_ms": row["hung_up_at_ms"]}
        heard["recording"] = row["recording_ref"]
        return replace(
            report, **{name: value for name, value in heard.items() if getattr(report, name) is None}
        )
    return report


def _rung(call: Situation, reference: str | None) -> str:
    """Give the number of a call made by hand: the one named, or the only one there is."""
    if reference is not None:
        return known_reference(call, reference)
    known = [number.reference for number in call.numbers] or list(call.callable)
    if len(known) == 1:
        return known[0]
    raise WrongUse(
        f"say which number of {call.subject} was rung; on record are: {', '.join(known) or 'none'}"
    )


def _end(
    db: Database,
    attempt_id: int,
    began_ms: int,
    how: Disposition,
    report: Report,
    note: str,
    ticked: tuple[str, ...],
    now_ms: int,
) -> None:
    ended_ms = max(began_ms, min(report.ended_at_ms or now_ms, now_ms))
    answered_ms = report.answered_at_ms if report.answered_at_ms is not None else began_ms
    db.run(
        "end_attempt",
        id=attempt_id,
        answered_at_ms=min(max(answered_ms, began_ms), ended_ms) if how.human else None,
        ended_at_ms=ended_ms,
        wrapup_until_ms=max(now_ms, ended_ms),
        disposition=how.code,
        callback_at_ms=report.callback_at_ms,
        note=note or None,
        checklist=orjson.dumps(ticked).decode(),
        recording=report.recording,
    )


def _keep(
    db: Database, call: Situation, how: Disposition, reference: str, began_ms: int, note: str, who: Who
) -> None:
    """Write down what the attempt says about its number, its task and its case."""
    said = f"{call.subject} on {reference}"
    outside = ", outside the hours of calls" if call.opens_ms is not None else ""
    enter(
        db,
        call.case_id,
        who,
        "attempt" if how.counts else "failed_to_dial",
        call.now_ms,
        old=said + outside,
        new=how.code,
        note=note or None,
    )
    if how.number_unusable and call.party.customer is not None:
        db.run(
            "put_number_state",
            customer=call.party.customer,
            reference=reference,
            reason=how.words,
            now_ms=call.now_ms,
            agent=who.name,
        )
    if how.counts:
        db.run("count_attempt", id=call.task_id)
        contact_ms = began_ms if how.right_party else None
        db.run("note_first_attempt", id=call.case_id, attempt_at_ms=began_ms, contact_at_ms=contact_ms)
