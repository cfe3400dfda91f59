"""A case as the desk sees it: frozen values that the store hands out."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.findings import Member
from domain.instants import iso


class Status(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # something of it can be claimed
    WORKING = "working"  # an agent is at it
    WAITING = "waiting"  # until its time comes
    ESCALATED = "escalated"  # a team has it
    CLOSED = "closed"  # has its outcome
    MERGED = "merged"  # went into an older case


LIVE = (Status.OPEN, Status.WORKING, Status.WAITING, Status.ESCALATED)


class CaseKind(StrEnum):
    """What a case is about."""

    FRAUD = "fraud"
    DEVICE = "device"
    STORM = "storm"  # a detector that goes off too often


class Outcome(StrEnum):
    """What the desk found; every closed case has one."""

    CONFIRMED_FRAUD = "confirmed_fraud"
    GENUINE = "genuine"
    UNREACHABLE = "unreachable"
    DEVICE_RESOLVED = "device_resolved"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"


class Lease(Struct, frozen=True, kw_only=True):
    """Who holds a task until when; `number` grows with each holder, so a stale one is noticed."""

    task: int
    by: str
    until_ms: int
    number: int


class Case(Struct, frozen=True, kw_only=True):
    """One case with its rank.

    `rank` is the place in the queue counted from 1, None once the case is closed or merged. `reasons`
    are the distinct sentences of its alerts, the worst 100 first; `members` its cards with their customers.
    `breakdown` says how band, due and `rank_ms`, where it stands inside its band, came about; of a device's
    case `close_reason` says what it was. `leases` are those of its tasks. While it waits it has a
    `waiting_reason` and `wake_at_ms`, while it is escalated a
    `team`. `linked_to` is an older case about the same, and `version` grows with each change.
    """

    id: str
    rank: int | None
    subject: str
    band: int
    due_ms: int
    rank_ms: int
    opened_at_ms: int
    status: Status
    alerts: int
    reasons: tuple[str, ...]
    members: tuple[Member, ...]
    customers: tuple[str, ...]
    probability: float
    exposure_minor: int
    currency: str
    expected_loss_minor: int
    breakdown: dict[str, Any]
    kind: str = "fraud"
    leases: tuple[Lease, ...] = ()
    waiting_reason: str | None = None
    wake_at_ms: int | None = None
    team: str | None = None
    outcome: Outcome | None = None
    close_reason: str | None = None
    merged_into: str | None = None
    linked_to: str | None = None
    reopened: int = 0
    version: int = 1

    @property
    def lease(self) -> Lease | None:
        """The first of its leases: all there is, unless several people are called at once."""
        return self.leases[0] if self.leases else None


class Task(Struct, frozen=True, kw_only=True):
    """Something to do in a case: `kind` says what, `subject` about whom, `skill` who can."""

    id: int
    kind: str
    subject: str
    skill: str
    state: str
    wake_at_ms: int | None
    waiting_reason: str | None
    attempt_no: int
    lease_by: str | None
    lease_until_ms: int | None
    lease_no: int


class DeviceItem(Struct, frozen=True, kw_only=True):
    """Something wrong with a device or branch, in words and by its code; `on` until its condition is over."""

    case_id: str
    words: str
    code: str
    device: str | None
    branch: str | None
    component: str
    unit: int
    priority: int
    since_ms: int
    due_ms: int
    on: bool


class Entry(Struct, frozen=True, kw_only=True):
    """One line of a case's timeline; `at_ms` is event time for what alerts did, desk time for people."""

    at_ms: int
    actor: str
    what: str
    old: str | None
    new: str | None
    note: str | None


class CaseFile(Struct, frozen=True, kw_only=True):
    """Everything on record about one case; `evidence` holds its alerts as `alert_record` writes them.

    `items` is what of devices it is about, and `at_branches` what other cases want of the branches that it
    calls: one call to a branch carries all that is open there.
    """

    case: Case
    evidence: tuple[dict[str, Any], ...]
    tasks: tuple[Task, ...]
    timeline: tuple[Entry, ...]
    items: tuple[DeviceItem, ...] = ()
    at_branches: tuple[DeviceItem, ...] = ()


def case_record(case: Case) -> dict[str, Any]:
    """Give a case as the one JSON object that the queue prints; times are ISO 8601 in UTC."""
    return {
        "rank": case.rank,
        "case": case.id,
        "subject": case.subject,
        "band": case.band,
        "due": iso(case.due_ms),
        "status": case.status.value,
        "alerts": case.alerts,
        "reasons": list(case.reasons),
        "members": [
            {"card": member.card, "customer": member.customer, "last4": member.last4}
            for member in case.members
        ],
        "customers": list(case.customers),
        "cards": [member.card for member in case.members],
        "probability": case.probability,
        "exposure_minor": case.exposure_minor,
        "currency": case.currency,
        "expected_loss_minor": case.expected_loss_minor,
        "breakdown": case.breakdown,
    }


def case_file_record(file: CaseFile) -> dict[str, Any]:
    """Give everything about a case as one JSON object."""
    case = file.case
    lease = case.lease
    return {
        **case_record(case),
        "kind": case.kind,
        "lease": lease and {"by": lease.by, "until": iso(lease.until_ms), "number": lease.number},
        "waiting_reason": case.waiting_reason,
        "wake_at": _iso(case.wake_at_ms),
        "team": case.team,
        "outcome": case.outcome,
        "close_reason": case.close_reason,
        "merged_into": case.merged_into,
        "linked_to": case.linked_to,
        "reopened": case.reopened,
        "version": case.version,
        "evidence": list(file.evidence),
        "items": [item_record(item) for item in file.items],
        "at_branches": [item_record(item) for item in file.at_branches],
        "tasks": [task_record(task) for task in file.tasks],
        "timeline": [
            {
                "at": iso(entry.at_ms),
                "actor": entry.actor,
                "what": entry.what,
                "old": entry.old,
                "new": entry.new,
                "note": entry.note,
            }
            for entry in file.timeline
        ],
    }


def item_record(item: DeviceItem) -> dict[str, Any]:
    """Give what is wrong with a device as one JSON object."""
    return {
        "case": item.case_id,
        "words": item.words,
        "code": item.code,
        "device": item.device,
        "branch": item.branch,
        "component": item.component,
        "unit": item.unit,
        "priority": item.priority,
        "since": iso(item.since_ms),
        "due": iso(item.due_ms),
        "on": item.on,
    }


def task_record(task: Task) -> dict[str, Any]:
    """Give a task as one JSON object."""
    return {
        "task": task.id,
        "kind": task.kind,
        "subject": task.subject,
        "skill": task.skill,
        "state": task.state,
        "wake_at": _iso(task.wake_at_ms),
        "waiting_reason": task.waiting_reason,
        "attempts": task.attempt_no,
        "held_by": task.lease_by,
        "held_until": _iso(task.lease_until_ms),
        "lease_no": task.lease_no,
    }


def _iso(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)
