"""Cases, tasks and alerts as programs are given them."""

from collections.abc import Mapping
from typing import Any

from cases.case import Case, CaseFile, DeviceItem, Entry, Lease, Task
from cases.ranking import BAND_NAMES
from cases.work.service import Claimed
from desk.api.values import Instant, Told, instant, instant_or_none


class MemberTold(Told):
    """A card of a case by its token, with whose it is."""

    card: str | None
    customer: str | None
    last4: str | None


class LeaseTold(Told):
    """Who holds a task, and until when."""

    task: int
    by: str
    until: Instant
    number: int


class CaseTold(Told):
    """A case; `band` is 0 for the most urgent, `rank` its place in the queue, null once it has ended."""

    case: str
    kind: str
    subject: str
    status: str
    band: int
    band_name: str
    rank: int | None
    due: Instant
    opened_at: Instant
    alerts: int
    reasons: tuple[str, ...]
    members: tuple[MemberTold, ...]
    customers: tuple[str, ...]
    probability: float
    exposure_minor: int
    expected_loss_minor: int
    currency: str
    leases: tuple[LeaseTold, ...]
    waiting_reason: str | None
    wake_at: Instant | None
    team: str | None
    outcome: str | None
    close_reason: str | None
    merged_into: str | None
    linked_to: str | None
    reopened: int
    version: int

    @classmethod
    def of(cls, case: Case, *, ranked: bool = True) -> "CaseTold":
        """Tell a case; its rank changes with others, and only lists have it."""
        return cls(
            case=case.id,
            kind=case.kind,
            subject=case.subject,
            status=case.status.value,
            band=case.band,
            band_name=BAND_NAMES[case.band],
            rank=case.rank if ranked else None,
            due=instant(case.due_ms),
            opened_at=instant(case.opened_at_ms),
            alerts=case.alerts,
            reasons=case.reasons,
            members=tuple(
                MemberTold(card=each.card, customer=each.customer, last4=each.last4) for each in case.members
            ),
            customers=case.customers,
            probability=case.probability,
            exposure_minor=case.exposure_minor,
            expected_loss_minor=case.expected_loss_minor,
            currency=case.currency,
            leases=tuple(map(_lease, case.leases)),
            waiting_reason=case.waiting_reason,
            wake_at=instant_or_none(case.wake_at_ms),
            team=case.team,
            outcome=case.outcome and case.outcome.value,
            close_reason=case.close_reason,
            merged_into=case.merged_into,
            linked_to=case.linked_to,
            reopened=case.reopened,
            version=case.version,
        )


class TaskTold(Told):
    """Something to do in a case; `lease_no` is what whoever holds it says when acting."""

    task: int
    kind: str
    subject: str
    skill: str
    state: str
    attempts: int
    wake_at: Instant | None
    waiting_reason: str | None
    held_by: str | None
    held_until: Instant | None
    lease_no: int

    @classmethod
    def of(cls, task: Task) -> "TaskTold":
        """Tell a task."""
        return cls(
            task=task.id,
            kind=task.kind,
            subject=task.subject,
            skill=task.skill,
            state=task.state,
            attempts=task.attempt_no,
            wake_at=instant_or_none(task.wake_at_ms),
            waiting_reason=task.waiting_reason,
            held_by=task.lease_by,
            held_until=instant_or_none(task.lease_until_ms),
            lease_no=task.lease_no,
        )


class EntryTold(Told):
    """One line of a case's timeline."""

    at: Instant
    actor: str
    what: str
    old: str | None
    new: str | None
    note: str | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryTold":
        """Tell a line."""
        return cls(
            at=instant(entry.at_ms),
            actor=entry.actor,
            what=entry.what,
            old=entry.old,
            new=entry.new,
            note=entry.note,
        )


class ItemTold(Told):
    """Something wrong with a device or branch; `on` until its condition is over."""

    words: str
    code: str
    device: str | None
    branch: str | None
    component: str
    unit: int
    priority: int
    since: Instant
    due: Instant
    on: bool

    @classmethod
    def of(cls, item: DeviceItem) -> "ItemTold":
        """Tell what is wrong."""
        return cls(
            words=item.words,
            code=item.code,
            device=item.device,
            branch=item.branch,
            component=item.component,
            unit=item.unit,
            priority=item.priority,
            since=instant(item.since_ms),
            due=instant(item.due_ms),
            on=item.on,
        )


class CasesTold(Told):
    """A page of cases; `next` is the cursor of the page behind it, null on the last."""

    cases: tuple[CaseTold, ...]
    next: str | None


class CaseFileTold(Told):
    """A case with what is to do in it, what is wrong with devices, and its latest lines."""

    case: CaseTold
    tasks: tuple[TaskTold, ...]
    items: tuple[ItemTold, ...]
    timeline: tuple[EntryTold, ...]

    @classmethod
    def of(cls, file: CaseFile, lines: int) -> "CaseFileTold":
        """Tell a case with the last `lines` of its timeline."""
        return cls(
            case=CaseTold.of(file.case, ranked=False),
            tasks=tuple(map(TaskTold.of, file.tasks)),
            items=tuple(map(ItemTold.of, file.items)),
            timeline=tuple(map(EntryTold.of, file.timeline[-lines:])),
        )


class ClaimedTold(Told):
    """A case to work on, and the task that is held."""

    case: CaseTold
    task: TaskTold

    @classmethod
    def of(cls, claimed: Claimed) -> "ClaimedTold":
        """Tell what was claimed."""
        return cls(case=CaseTold.of(claimed.case, ranked=False), task=TaskTold.of(claimed.task))


class AlertTold(Told):
    """An alert; `evidence` and `parameters` are what its detector says, see docs/detectors.md."""

    id: str
    detector: str
    version: int
    at: Instant
    severity: str
    probability: float
    exposure_minor: int
    currency: str
    scope: str
    key: str
    card: str | None
    last4: str | None
    customer: str | None
    tier: str | None
    event_id: str | None
    reason: str
    ring: str | None
    members: tuple[MemberTold, ...]
    evidence: dict[str, Any]
    parameters: dict[str, Any]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "AlertTold":
        """Tell an alert by its record."""
        return cls.model_validate({name: record.get(name) for name in cls.model_fields})


class AlertsTold(Told):
    """The alerts of a case, the first one first."""

    alerts: tuple[AlertTold, ...]


def _lease(lease: Lease) -> LeaseTold:
    return LeaseTold(task=lease.task, by=lease.by, until=instant(lease.until_ms), number=lease.number)
