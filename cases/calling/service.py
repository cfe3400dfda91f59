"""Calling as a service: the one way in for the command line, the web desk and whoever hands tasks out."""

from dataclasses import dataclass

from msgspec import Struct

from cases.audit.log import record
from cases.calling.attempts import Attempt, attempts_of_case
from cases.calling.cadence import Try
from cases.calling.call_scripts import Script, script_for
from cases.calling.calls import Begun, LaidAside, begin
from cases.calling.contacts import DO_NOT_CALL, Number, Wish
from cases.calling.parties import Situation, attempts_of, opening_ms, situation
from cases.calling.policy import CallingPolicy
from cases.calling.results import Recorded, Report, record_attempt
from cases.calling.sentence import tried_sentence
from cases.calling.telephone import LineEvent, tell
from cases.database import Database, Row, as_json
from cases.errors import CannotCall, NotFound, NotPossible, NotYours, WrongUse
from cases.who import Right, Who
from cases.work.agent_states import Called, follow_answer, follow_call, follow_work
from cases.work.journal import enter
from cases.work.leases import held, keep_draft, task_row
from cases.work.moves import finish, make_ready
from domain.card_masking import mask_text
from domain.instants import iso


class Calling(Struct, frozen=True, kw_only=True):
    """One call of a case: whom, on which numbers, what was tried, and what comes next.

    `opens_ms` is None when a call may be made now, else when it may. `next` is the number whose turn it is.
    """

    task_id: int
    subject: str
    state: str
    zone: str
    numbers: tuple[Number, ...]
    wishes: tuple[Wish, ...]
    tried: str
    opens_ms: int | None
    next: str | None
    script: Script


class OpenCall(Struct, frozen=True, kw_only=True):
    """A call that goes on; `answered_at_ms` is None until somebody said that it was taken up."""

    attempt_id: int
    reference: str
    agent: str
    started_at_ms: int
    answered_at_ms: int | None


@dataclass(frozen=True)
class SqlCalling:
    """Calls in an SQL database. Times are milliseconds since 1970; every method is one transaction."""

    db: Database
    policy: CallingPolicy

    def begin_call(
        self,
        task_id: int,
        who: Who,
        now_ms: int,
        *,
        reference: str | None = None,
        lease_no: int | None = None,
    ) -> Begun:
        """Open a call on a task that `who` holds, on `reference` or the number whose turn it is.

        Where nobody may be called now (the window, the customer's wish, no number) the task is laid aside,
        which lasts, and CannotCall says until when. Raises NotYours, NotFound, OnTheLine and WrongUse too.
        """
        with self.db.writing():
            begun = begin(self.db, self.policy, task_id, reference, lease_no, who, now_ms)
            follow_work(self.db, who.name, now_ms)
        if isinstance(begun, LaidAside):
            raise CannotCall(begun.words)
        return begun

    def open_call(self, task_id: int) -> OpenCall | None:
        """Give the call of a task that has not ended; None without one."""
        with self.db.reading():
            rows = self.db.rows("open_attempt", task_id=task_id)
        return _open_call(rows[0]) if rows else None

    def answered(self, task_id: int, who: Who, now_ms: int, *, lease_no: int | None = None) -> OpenCall:
        """Note that somebody took up the open call; said again, the first time counts.

        Raises NotYours, NotFound, and NotPossible without an open call.
        """
        who.require(Right.WORK_CASES)
        with self.db.writing():
            held(self.db, task_id, who, lease_no, now_ms)
            self.db.run("answer_attempt", task_id=task_id, now_ms=now_ms)
            if not (rows := self.db.rows("open_attempt", task_id=task_id)):
                raise NotPossible("no call is open; dial first").known_as("no_call")
            follow_answer(self.db, who.name, now_ms)
            return _open_call(rows[0])

    def line(
        self,
        attempt_id: int,
        event: LineEvent,
        who: Who,
        at_ms: int,
        now_ms: int,
        recording: str | None = None,
    ) -> Attempt:
        """Keep what the telephone system says of an open call. Raises as `telephone.tell`."""
        with self.db.writing():
            return tell(self.db, attempt_id, event, at_ms, recording, who, now_ms)

    def record(self, report: Report, who: Who, now_ms: int) -> Recorded:
        """Put an attempt on record, of an open call or one made by hand, and do what it leads to.

        Raises NotFound, WrongUse for a disposition, step, number or time that cannot be, and NotYours when
        somebody else has taken the task over: what was noted is then kept in the timeline.
        """
        try:
            with self.db.writing():
                recorded = record_attempt(self.db, self.policy, report, who, now_ms)
                (times,) = self.db.rows("attempt_times", id=recorded.attempt_id)
                called = Called(times["started_at_ms"], times["answered_at_ms"], times["ended_at_ms"])
                follow_call(self.db, who.name, called, now_ms)
                return recorded
        except NotYours:
            with self.db.writing():
                task = task_row(self.db, report.task_id)
                keep_draft(self.db, task["case_id"], who, f"{report.disposition}: {report.note}", now_ms)
            raise

    def held_call(self, case_id: str, who: Who) -> int:
        """Give the call of a case that `who` holds. Raises NotYours without one, WrongUse for several."""
        with self.db.reading():
            rows = self.db.rows("call_tasks", case_id=case_id)
        held_by = [row["id"] for row in rows if row["state"] == "leased" and row["lease_by"] == who.name]
        if not held_by:
            raise NotYours(f"{who.name} holds no call of {case_id}; claim it first")
        if len(held_by) > 1:
            raise WrongUse(f"{who.name} holds several calls of {case_id}: {held_by}; say which task")
        return int(held_by[0])

    def calls(self, case_id: str, who: Who, now_ms: int) -> tuple[Calling, ...]:
        """Give the calls of a case as they stand. Raises NotFound."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            rows = self.db.rows("call_tasks", case_id=case_id)
            if not rows and not self.db.rows("known_cases", ids=as_json([case_id])):
                raise NotFound(
                    f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live"
                )
            return tuple(
                _calling(situation(self.db, row["id"], self.policy, now_ms), row["state"]) for row in rows
            )

    def attempts(self, case_id: str, who: Who) -> tuple[Attempt, ...]:
        """Give every attempt of a case, the first one first; none for a case that there is not."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return attempts_of_case(self.db, case_id)

    def sentences(self, case_id: str, now_ms: int) -> tuple[tuple[str, str], ...]:
        """Give, for each (subject) that a case calls, the sentence of what was tried."""
        with self.db.reading():
            rows = self.db.rows("attempts_of_case", case_id=case_id)
            found = {}
            for task in self.db.rows("call_tasks", case_id=case_id):
                zone = situation(self.db, task["id"], self.policy, now_ms).rules.zone
                own = attempts_of(row for row in rows if row["subject"] == task["subject"])
                found[task["subject"]] = tried_sentence(own, zone)
            return tuple(found.items())

    def script(self, case_id: str) -> Script:
        """Give the script by which this case is called: that of its worst finding's detector."""
        with self.db.reading():
            return script_for(row["detector"] for row in self.db.rows("case_detectors", case_id=case_id))

    def may_call(self, task: Row, now_ms: int) -> int | None:
        """Give None when a task may be called now, else when its customer's window opens.

        For the work queue, which asks before it wakes a task or hands it out: inside its transaction.
        """
        return opening_ms(self.db, task, self.policy, now_ms)

    def wish(
        self,
        case_id: str,
        customer: str,
        who: Who,
        now_ms: int,
        *,
        reference: str = "",
        until_ms: int | None = None,
        note: str = "",
    ) -> None:
        """Keep that a customer does not want to be called, on one number or on any, until then or for good.

        Raises WrongUse for a time that is over.
        """
        who.require(Right.WORK_CASES)
        if until_ms is not None and until_ms <= now_ms:
            raise WrongUse(
                f"a wish until {iso(until_ms)} is over already; want a later time, or none for good"
            )
        kept = mask_text(note)
        with self.db.writing():
            self.db.run(
                "put_wish",
                customer=customer,
                kind=DO_NOT_CALL,
                reference=reference,
                until_ms=until_ms,
                note=kept or None,
                agent=who.name,
                now_ms=now_ms,
            )
            words = f"customer {customer}" + (f" on {reference}" if reference else "")
            enter(
                self.db,
                case_id,
                who,
                "do_not_call",
                now_ms,
                old=words,
                new=_until(until_ms),
                note=kept or None,
            )

    def end_wish(self, customer: str, who: Who, now_ms: int, *, reference: str = "") -> None:
        """Forget a wish that the customer took back. Raises NotFound without one."""
        who.require(Right.WORK_CASES)
        with self.db.writing():
            if not self.db.run("drop_wish", customer=customer, kind=DO_NOT_CALL, reference=reference):
                raise NotFound(f"customer {customer} has no such wish")
            record(self.db, who, "ended_wish", "wish:", now_ms, before=[customer, reference])

    def contact_restored(
        self,
        task_id: int,
        who: Who,
        now_ms: int,
        *,
        reference: str | None = None,
        lease_no: int | None = None,
    ) -> None:
        """End a `contact_data` task: the bank's record has a number now, or `reference` is right after all.

        Calls of the same subject that wait for it are ready at once. Raises NotYours, NotFound and WrongUse.
        """
        who.require(Right.WORK_CASES)
        with self.db.writing():
            task = held(self.db, task_id, who, lease_no, now_ms)
            if task["kind"] != "contact_data":
                raise WrongUse(f"task {task_id} is {task['kind'].replace('_', ' ')}, not about a number")
            for call in self.db.rows("live_tasks", case_id=task["case_id"]):
                if (call["kind"], call["subject"]) == ("call_customer", task["subject"]):
                    self._mark_right(call["id"], reference, now_ms)
                    if call["waiting_reason"] == "customer_docs":
                        make_ready(self.db, call["id"], who, now_ms)
            finish(self.db, task_id, who, now_ms)
            follow_work(self.db, who.name, now_ms)

    def _mark_right(self, task_id: int, reference: str | None, now_ms: int) -> None:
        customer = situation(self.db, task_id, self.policy, now_ms).party.customer
        if reference is not None and customer is not None:
            self.db.run("drop_number_state", customer=customer, reference=reference)


def _open_call(row: Row) -> OpenCall:
    return OpenCall(
        attempt_id=row["id"],
        reference=row["reference"],
        agent=row["agent"],
        started_at_ms=row["started_at_ms"],
        answered_at_ms=row["answered_at_ms"],
    )


def _calling(call: Situation, state: str) -> Calling:
    return Calling(
        task_id=call.task_id,
        subject=call.subject,
        state=state,
        zone=call.rules.zone,
        numbers=call.numbers,
        wishes=call.wishes,
        tried=tried_sentence(call.tried, call.rules.zone),
        opens_ms=call.opens_ms,
        next=call.next.reference if isinstance(call.next, Try) else None,
        script=call.script,
    )


def _until(until_ms: int | None) -> str:
    return "for good" if until_ms is None else f"until {iso(until_ms)}"
