"""A case as the desk sees it: frozen values that the store hands out."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.findings import Member
from domain.instants import iso


class Status(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # waits for an agent
    WORKING = "working"  # an agent holds it until the lease runs out
    CLOSED = "closed"  # has its outcome
    MERGED = "merged"  # went into an older case


LIVE = (Status.OPEN, Status.WORKING)


class Outcome(StrEnum):
    """What the desk found; every closed case has one."""

    CONFIRMED_FRAUD = "confirmed_fraud"
    GENUINE = "genuine"
    UNREACHABLE = "unreachable"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"


class Lease(Struct, frozen=True, kw_only=True):
    """Who holds a case until when; `number` grows with each holder, so a stale one is noticed."""

    by: str
    until_ms: int
    number: int


class Case(Struct, frozen=True, kw_only=True):
    """One case with its rank.

    `rank` is the place in the queue counted from 1, None once the case is closed or merged. `reasons`
    are the distinct sentences of its alerts, the worst first; `members` its cards with their customers.
    `breakdown` says how band and due came about.
    """

    id: str
    rank: int | None
    subject: str
    band: int
    due_ms: int
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
    lease: Lease | None = None
    outcome: Outcome | None = None
    merged_into: str | None = None


class Task(Struct, frozen=True, kw_only=True):
    """One call to make in a case: ready, done with the case, or void because its subject was renamed."""

    kind: str
    subject: str
    state: str


class Entry(Struct, frozen=True, kw_only=True):
    """One line of a case's timeline; `at_ms` is event time for what alerts did, desk time for people."""

    at_ms: int
    actor: str
    what: str
    old: str | None
    new: str | None
    note: str | None


class CaseFile(Struct, frozen=True, kw_only=True):
    """Everything on record about one case; `evidence` holds its alerts as `alert_record` writes them."""

    case: Case
    evidence: tuple[dict[str, Any], ...]
    tasks: tuple[Task, ...]
    timeline: tuple[Entry, ...]


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
        "lease": lease and {"by": lease.by, "until": iso(lease.until_ms), "number": lease.number},
        "outcome": case.outcome,
        "merged_into": case.merged_into,
        "evidence": list(file.evidence),
        "tasks": [{"kind": task.kind, "subject": task.subject, "state": task.state} for task in file.tasks],
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
