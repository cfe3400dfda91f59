"""What a detector says when something is wrong."""

from enum import IntEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.alarms import Alarm
from domain.instants import iso, span_words


class Severity(IntEnum):
    """How bad it would be if the finding were true; 0 is the worst."""

    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A card that takes part in a finding about several, with its customer where known."""

    card: str
    customer: str | None = None
    last4: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, with evidence a person can read.

    `probability` (0 to 1) that it is true; `exposure_minor` is the money that can still go, in minor
    units of `currency`. `members` are the cards concerned where they are more than the event's own.
    `ring` names what alerts of different customers share when they belong to one case ("" for none).
    `anchor` stands in for the triggering event's id in the alert's id where a window start identifies
    the finding better ("" for the event's id). `severity` overrides the detector's own. `alarm` is what of a
    device begins or is over, for findings about devices; one that is over says so with an anchor of its own.
    """

    reason: str
    probability: float
    exposure_minor: int = 0
    currency: str = ""
    evidence: dict[str, Any]
    severity: Severity | None = None
    members: tuple[Member, ...] = ()
    ring: str = ""
    anchor: str = ""
    alarm: Alarm | None = None


QUIET: tuple[Finding, ...] = ()


def over(raised: Alarm, what: str, at_ms: int) -> Finding:
    """Say that what an alarm told of under its own anchor is over since `at_ms`; `what` names it.

    >>> jam = Alarm(code="note_jam", component="dispenser", since_ms=0)
    >>> over(jam, "note jam (dispenser)", 840_000).reason
    'Note jam (dispenser) is over after 14 minutes.'
    """
    lasted_ms = max(0, at_ms - raised.since_ms)
    return Finding(
        reason=f"{what[0].upper()}{what[1:]} is over after {span_words(lasted_ms)}.",
        probability=1.0,
        severity=Severity.LOW,
        anchor=f"{raised.anchor}:over",
        evidence={
            "code": raised.code,
            "component": raised.component,
            "unit": raised.unit,
            "since": iso(raised.since_ms),
            "over_at": iso(at_ms),
            "lasted_s": lasted_ms / 1000,
        },
        alarm=replace(raised, over=True),
    )
