"""Tasks and calls for programs: keeping, ending, calling, and what a telephone system sees."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from cases.accounts.tokens import Scope
from cases.calling.attempts import Attempt
from cases.calling.results import Recorded, Report
from cases.calling.telephone import LineEvent
from desk.api.case_values import CaseTold, ClaimedTold
from desk.api.once import once
from desk.api.programs import Program, doing, scoped
from desk.api.values import (
    Asked,
    CaseId,
    Given,
    Handle,
    Instant,
    Name,
    Number,
    TaskId,
    Text,
    Told,
    instant,
    instant_or_none,
    ms_or_none,
)
from domain.instants import to_ms

router = APIRouter(tags=["tasks"])

_AttemptId = Annotated[int, Path(ge=1, le=2**53 - 1, description="A call, as beginning it gave it")]
_LeaseS = Annotated[int | None, Field(ge=10, le=3600, description="For how long it is held, in seconds")]


class RenewAsked(Asked):
    """Under which lease a task is kept, and for how long."""

    lease_no: Number | None = None
    lease_s: _LeaseS = None


class CompleteAsked(Asked):
    """What was done."""

    lease_no: Number | None = None
    note: Text = ""


class CallAsked(Asked):
    """Which number is rung, by the bank's handle; without one, the one whose turn it is."""

    reference: Handle | None = None
    lease_no: Number | None = None


class CallTold(Told):
    """An open call: which number to ring, by the bank's handle, and what to keep in mind."""

    attempt: int
    task: int
    case: str
    customer: str | None
    reference: str
    started_at: Instant
    caution: str
    script: str
    script_version: int


class LineAsked(Asked):
    """What happened on the line, when, and what the recorder calls its recording."""

    event: LineEvent
    at: Given
    recording: Handle | None = None


class AttemptAsked(Asked):
    """How a call ended. What is not said is taken from the open call and from what was told of its line."""

    disposition: Name
    reference: Handle | None = None
    lease_no: Number | None = None
    note: Text = ""
    callback_at: Given | None = None
    checked: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    answered_at: Given | None = None
    ended_at: Given | None = None
    recording: Handle | None = None


class RecordedTold(Told):
    """An attempt on record, and what comes next."""

    attempt: int
    task: int
    case: str
    reference: str
    disposition: str
    next: str
    wake_at: Instant | None
    next_reference: str | None
    case_closed_as: str | None

    @classmethod
    def of(cls, recorded: Recorded) -> "RecordedTold":
        """Tell what was recorded."""
        return cls(
            attempt=recorded.attempt_id,
            task=recorded.task_id,
            case=recorded.case_id,
            reference=recorded.reference,
            disposition=recorded.disposition,
            next=recorded.next.words,
            wake_at=instant_or_none(recorded.next.wake_at_ms),
            next_reference=recorded.next.reference,
            case_closed_as=recorded.next.case_closed_as,
        )


class AttemptTold(Told):
    """A call; one that is open has no end and no disposition."""

    attempt: int
    task: int
    subject: str
    reference: str
    agent: str
    started_at: Instant
    answered_at: Instant | None
    ended_at: Instant | None
    disposition: str | None
    callback_at: Instant | None
    note: str | None
    recording: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptTold":
        """Tell a call."""
        return cls(
            attempt=attempt.id,
            task=attempt.task_id,
            subject=attempt.subject,
            reference=attempt.reference,
            agent=attempt.agent,
            started_at=instant(attempt.started_at_ms),
            answered_at=instant_or_none(attempt.answered_at_ms),
            ended_at=instant_or_none(attempt.ended_at_ms),
            disposition=attempt.disposition,
            callback_at=instant_or_none(attempt.callback_at_ms),
            note=attempt.note,
            recording=attempt.recording_ref,
        )


class AttemptsTold(Told):
    """The calls of a case, the first one first."""

    attempts: tuple[AttemptTold, ...]


@router.post("/tasks/{task_id}/renew", response_model=ClaimedTold)
@once
def renew(
    here: Annotated[Program, doing(Scope.CASES_WORK)], task_id: TaskId, asked: RenewAsked
) -> ClaimedTold:
    """Keep a task for longer."""
    lease_ms = None if asked.lease_s is None else asked.lease_s * 1000
    claimed = here.store.work.renew(task_id, here.who, asked.lease_no, here.now_ms, lease_ms=lease_ms)
    here.viewed(f"case:{claimed.case.id}")
    here.tag(claimed.case.id)
    return ClaimedTold.of(claimed)


@router.post("/tasks/{task_id}/complete", response_model=CaseTold)
@once
def complete(
    here: Annotated[Program, doing(Scope.CASES_WORK)], task_id: TaskId, asked: CompleteAsked
) -> CaseTold:
    """End a task that is done."""
    case = here.store.work.complete(task_id, here.who, asked.lease_no, asked.note, here.now_ms)
    here.tag(case.id)
    return CaseTold.of(case, ranked=False)


@router.post("/tasks/{task_id}/call", response_model=CallTold, tags=["calls"])
@once
def begin_call(
    here: Annotated[Program, doing(Scope.CASES_WORK)], task_id: TaskId, asked: CallAsked
) -> CallTold:
    """Begin a call on a task that is held; where nobody may be called now, the task is laid aside (409)."""
    begun = here.store.calling.begin_call(
        task_id, here.who, here.now_ms, reference=asked.reference, lease_no=asked.lease_no
    )
    here.viewed(f"case:{begun.case_id}")
    return CallTold(
        attempt=begun.attempt_id,
        task=begun.task_id,
        case=begun.case_id,
        customer=begun.customer,
        reference=begun.reference,
        started_at=instant(begun.started_at_ms),
        caution=begun.caution,
        script=begun.script.name,
        script_version=begun.script.version,
    )


@router.post("/calls/{attempt_id}/events", response_model=AttemptTold, tags=["calls"])
@once
def tell_line(
    here: Annotated[Program, doing(Scope.CASES_WORK)], attempt_id: _AttemptId, asked: LineAsked
) -> AttemptTold:
    """Tell what happened on the line of an open call, whoever holds its task."""
    attempt = here.store.calling.line(
        attempt_id, asked.event, here.who, to_ms(asked.at), here.now_ms, asked.recording
    )
    return AttemptTold.of(attempt)


@router.post("/tasks/{task_id}/attempts", response_model=RecordedTold, tags=["calls"])
@once
def record_attempt(
    here: Annotated[Program, doing(Scope.CASES_WORK)], task_id: TaskId, asked: AttemptAsked
) -> RecordedTold:
    """Put on record how a call ended, and do what that leads to."""
    report = Report(
        task_id=task_id,
        disposition=asked.disposition,
        reference=asked.reference,
        lease_no=asked.lease_no,
        note=asked.note,
        callback_at_ms=ms_or_none(asked.callback_at),
        checked=asked.checked,
        answered_at_ms=ms_or_none(asked.answered_at),
        ended_at_ms=ms_or_none(asked.ended_at),
        recording=asked.recording,
    )
    return RecordedTold.of(here.store.calling.record(report, here.who, here.now_ms))


@router.get("/cases/{case_id}/attempts", tags=["calls"])
def read_attempts(here: Annotated[Program, scoped(Scope.CASES_READ)], case_id: CaseId) -> AttemptsTold:
    """Give every call of a case."""
    here.store.cases.mark(case_id)
    here.viewed(f"case:{case_id}")
    found = here.store.calling.attempts(case_id, here.who)
    return AttemptsTold(attempts=tuple(map(AttemptTold.of, found)))
