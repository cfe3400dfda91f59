"""The work queue as a service: what people at the desk do, each in a transaction of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from cases.case import Case, Outcome, Task
from cases.database import Database
from cases.device_cases.annunciate import settle_returned
from cases.errors import NotYours
from cases.reading import read_case, read_task, task_from
from cases.who import Right, Who
from cases.work import moves
from cases.work.agent_states import AgentNow, AgentState, enter_state, follow_work, leave
from cases.work.claims import end_shift, extend, give_back, record_claim, skills_of, take, take_next
from cases.work.common_point import tell_readers
from cases.work.leases import held, in_other_session, keep_draft, task_row
from cases.work.notes import add_note
from cases.work.policy import WorkPolicy
from cases.work.seen import check_seen
from cases.work.states import TaskState
from cases.work.sweeper import MayCall, Swept, at_any_time, park, sweep
from cases.work_orders.steps import late
from domain.card_masking import mask_text
from domain.instants import span_ms

# What a sweep looks for.
_WHAT_IS_DUE = ("due_waiting", "due_leases", "due_promotions", "due_escalations", "late_work_orders")


class Claimed(Struct, frozen=True, kw_only=True):
    """A case to work on, and what is to be done in it."""

    case: Case
    task: Task


class _NotNow(Exception):  # noqa: N818 - it undoes a claim and is no error
    """The best task is about somebody who may not be called at this hour."""

    def __init__(self, task_id: int) -> None:
        super().__init__(task_id)
        self.task_id = task_id


@dataclass(frozen=True)
class SqlWork:
    """The work queue in an SQL database. Times are milliseconds since 1970; the caller says what time it is.

    `may_call` says when a task's customer may be called next. Every method checks the right of `who` and
    raises NotAllowed without it.
    """

    db: Database
    policy: WorkPolicy = field(default_factory=WorkPolicy)
    may_call: MayCall = at_any_time

    def next(
        self, who: Who, now_ms: int, *, skills: Sequence[str] = (), lease_ms: int | None = None
    ) -> Claimed | None:
        """Claim the best task that is ready and may be done now; None without one.

        Raises WrongUse for an agent without a name or a lease that is no time, and NotPossible for somebody
        who holds as much as the policy allows.
        """
        self.sweep_if_due(now_ms)
        skills, lease_ms = skills or skills_of(who), self._lease_ms(lease_ms)
        while True:
            try:
                with self.db.writing(alone=False):
                    task = take_next(self.db, who, skills, now_ms, lease_ms, self.policy)
                    if task is None:
                        return None
                    if self.may_call(task, now_ms) is not None:
                        raise _NotNow(task["id"])
                    record_claim(self.db, task, who, now_ms)
                    follow_work(self.db, who.name, now_ms)
                    return self._claimed(task["id"])
            except _NotNow as asleep:
                # Its case is changed alone: two claims that put off each other's cases would lock for ever.
                with self.db.writing():
                    row = task_row(self.db, asleep.task_id)
                    if row["state"] == TaskState.READY:
                        park(self.db, row, now_ms, self.may_call)

    def claim(
        self,
        case_id: str,
        who: Who,
        now_ms: int,
        *,
        skills: Sequence[str] = (),
        lease_ms: int | None = None,
        seen: int | None = None,
    ) -> Claimed:
        """Claim the best task of one case, waiting ones too; who holds one of it keeps that for longer.

        Raises Outdated (here as below, when a version was `seen` that is no more), NotFound, AlreadyClaimed,
        AlreadyClosed, AlreadyMerged, NotPossible.
        """
        self.sweep_if_due(now_ms)
        with self.db.writing():
            check_seen(self.db, case_id, seen)
            task_id = take(
                self.db,
                case_id,
                who,
                skills or skills_of(who),
                now_ms,
                self._lease_ms(lease_ms),
                self.policy,
            )
            follow_work(self.db, who.name, now_ms)
            return self._claimed(task_id)

    def renew(
        self, task_id: int, who: Who, lease_no: int | None, now_ms: int, *, lease_ms: int | None = None
    ) -> Claimed:
        """Keep a task for longer. Raises NotFound, NotYours, and NotPossible once the cap is reached."""
        with self.db.writing():
            extend(self.db, task_id, who, lease_no, now_ms, self._lease_ms(lease_ms), self.policy)
            return self._claimed(task_id)

    def release(self, case_id: str, who: Who, reason: str, now_ms: int, *, seen: int | None = None) -> Case:
        """Free what `who` holds of a case; a lead who holds nothing frees what others hold, with a reason.

        Raises NotFound, NotYours, AlreadyClosed, AlreadyMerged, WrongUse, and NotPossible during a call.
        """
        with self.db.writing():
            check_seen(self.db, case_id, seen)
            holders = self._holders(case_id)
            give_back(self.db, case_id, who, reason, now_ms)
            self._follow(holders, now_ms)
            settle_returned(self.db, case_id, now_ms)
            return read_case(self.db, case_id)

    def end_shift(self, agent: str, who: Who, now_ms: int) -> tuple[str, ...]:
        """Free all that an agent holds but what they are on the phone about, and give the cases."""
        with self.db.writing():
            freed = end_shift(self.db, agent, who, now_ms)
            leave(self.db, agent, now_ms, "end of shift")
            for case_id in freed:
                settle_returned(self.db, case_id, now_ms)
            return freed

    def complete(self, task_id: int, who: Who, lease_no: int | None, note: str, now_ms: int) -> Case:
        """End a task that is done. Raises NotFound; NotYours for who came too late, and keeps their note."""
        who.require(Right.WORK_CASES)
        try:
            with self.db.writing():
                row = held(self.db, task_id, who, lease_no, now_ms)
                moves.finish(self.db, task_id, who, now_ms, note=note)
                follow_work(self.db, who.name, now_ms)
                settle_returned(self.db, row["case_id"], now_ms)
                return read_case(self.db, row["case_id"])
        except NotYours:
            with self.db.writing():
                keep_draft(self.db, task_row(self.db, task_id)["case_id"], who, note, now_ms)
            raise

    def close(
        self,
        case_id: str,
        who: Who,
        lease_no: int | None,
        outcome: Outcome,
        note: str,
        now_ms: int,
        *,
        reason: str | None = None,
        seen: int | None = None,
    ) -> Case:
        """Close a case of which `who` holds a task; also when the lease has run out, if nobody took it since.

        With a `lease_no`, only under that lease. A lead need not hold it. That of a device needs a `reason`,
        one of CloseReason. Raises WrongUse without it, NotFound, NotYours (and then keeps the note),
        AlreadyClosed, AlreadyMerged.
        """
        who.require(Right.WORK_CASES)
        try:
            with self.db.writing():
                check_seen(self.db, case_id, seen)
                moves.live_case(self.db, case_id)
                self._holds(case_id, who, lease_no, now_ms)
                holders = self._holders(case_id)
                moves.close_case(self.db, case_id, who, outcome, note, now_ms, reason=reason)
                tell_readers(self.db, case_id, who, outcome, now_ms)
                self._follow(holders, now_ms)
                return read_case(self.db, case_id)
        except NotYours:
            with self.db.writing():
                keep_draft(self.db, case_id, who, note, now_ms)
            raise

    def escalate(
        self, case_id: str, who: Who, team: str, note: str, now_ms: int, *, seen: int | None = None
    ) -> Case:
        """Hand a case over to a team. Raises NotFound, NotYours, AlreadyClosed, AlreadyMerged, WrongUse."""
        who.require(Right.WORK_CASES)
        with self.db.writing():
            check_seen(self.db, case_id, seen)
            moves.live_case(self.db, case_id)
            self._holds(case_id, who, None, now_ms)
            holders = self._holders(case_id)
            moves.escalate(self.db, case_id, who, team, note, now_ms)
            self._follow(holders, now_ms)
            return read_case(self.db, case_id)

    def hand_back(self, case_id: str, who: Who, note: str, now_ms: int) -> Case:
        """Return an escalated case from its team. Raises NotFound, NotPossible."""
        with self.db.writing():
            moves.hand_back(self.db, case_id, who, note, now_ms)
            return read_case(self.db, case_id)

    def reopen(self, case_id: str, who: Who, reason: str, now_ms: int) -> Case:
        """Take back that a case was closed. Raises NotFound, NotPossible, WrongUse without a reason."""
        with self.db.writing():
            moves.reopen(self.db, case_id, who, reason, now_ms)
            return read_case(self.db, case_id)

    def note(self, case_id: str, text: str, who: Who, now_ms: int) -> None:
        """Put a note into the timeline of a case. Raises NotAllowed, NotFound, WrongUse."""
        with self.db.writing():
            add_note(self.db, case_id, text, who, now_ms)

    def sweep(self, now_ms: int) -> Swept:
        """Bring everything up to `now_ms`: wake, free, promote, escalate, and tell of late work orders."""
        with self.db.writing():
            late(self.db, now_ms)
            return sweep(self.db, now_ms, self.policy, self.may_call)

    def sweep_if_due(self, now_ms: int) -> None:
        """Sweep unless nothing is due, which costs five look-ups."""
        with self.db.reading():
            due = any(self.db.rows(name, now_ms=now_ms, limit=1) for name in _WHAT_IS_DUE)
        if due:
            self.sweep(now_ms)

    def _holds(self, case_id: str, who: Who, lease_no: int | None, now_ms: int) -> None:
        """Make sure that `who` is at the case. A lead may act without."""
        tasks = [task for task in self.db.rows("live_tasks", case_id=case_id) if task["lease_by"] is not None]
        mine = [task for task in tasks if task["lease_by"] == who.name]
        if mine:
            fits = [task for task in mine if lease_no in (None, task["lease_no"])]
            held(self.db, (fits or mine)[0]["id"], who, lease_no, now_ms)
        elif not who.may(Right.WORK_FOR_OTHERS):
            if not tasks:
                raise NotYours(f"nobody holds {case_id}; claim it before you go on").known_as(
                    "nobody_holds", case=case_id
                )
            held(self.db, tasks[0]["id"], who, lease_no, now_ms)

    def say_state(self, agent: str, state: AgentState, who: Who, now_ms: int, reason: str = "") -> None:
        """Note what an agent does from now on; what follows from claims and calls is noted by itself.

        Raises NotAllowed for anybody else but a lead, WrongUse for a clock that is behind.
        """
        who.require(Right.WORK_CASES if agent == who.name else Right.WORK_FOR_OTHERS)
        with self.db.writing():
            enter_state(self.db, agent, state, now_ms, mask_text(reason))

    def mine(self, who: Who, *, elsewhere: bool = False) -> tuple[Claimed, ...]:
        """Give what `who` holds, the oldest task first; with `elsewhere` what they hold in other sessions.

        Raises NotAllowed.
        """
        who.require(Right.WORK_CASES)
        with self.db.reading():
            return tuple(
                Claimed(case=read_case(self.db, row["case_id"]), task=task_from(row))
                for row in self.db.rows("tasks_of_agent", agent=who.name)
                if in_other_session(row, who) is elsewhere
            )

    def states(self, who: Who) -> tuple[AgentNow, ...]:
        """Give what every agent does now who is not gone. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return tuple(AgentNow(**dict(row)) for row in self.db.rows("agents_now"))

    def _holders(self, case_id: str) -> set[str]:
        rows = self.db.rows("live_tasks", case_id=case_id)
        return {row["lease_by"] for row in rows if row["lease_by"] is not None}

    def _follow(self, agents: Iterable[str], now_ms: int) -> None:
        for agent in sorted(agents):
            follow_work(self.db, agent, now_ms)

    def _claimed(self, task_id: int) -> Claimed:
        task = read_task(self.db, task_id)
        return Claimed(case=read_case(self.db, task_row(self.db, task_id)["case_id"]), task=task)

    def _lease_ms(self, lease_ms: int | None) -> int:
        return span_ms(self.policy.lease) if lease_ms is None else lease_ms
