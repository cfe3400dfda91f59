"""An alert: a finding with its detector, its subject and an id that is the same in every replay."""

from hashlib import blake2b
from typing import Any

from msgspec import Struct

from domain.alarms import Alarm
from domain.findings import Member, Severity
from domain.instants import iso


class Alert(Struct, frozen=True, kw_only=True):
    """A finding as the desk receives it; written by orjson or msgspec field by field.

    `at_ms` is the event time of the trigger in milliseconds since 1970. `version` is the rule's version
    and `parameters` what was in force; neither is part of the id, so that two versions can be compared
    alert by alert. `alarm` is there for devices: what of one begins or is over. `told_ms` is where in the
    order of its log the flow told of it: `at_ms`, unless the trigger came later than anybody waited for it.
    """

    id: str
    detector: str
    version: int
    parameters: dict[str, Any]
    scope: str
    key: str
    at_ms: int
    event_id: str
    severity: Severity
    probability: float
    exposure_minor: int
    currency: str
    reason: str
    evidence: dict[str, Any]
    card: str | None = None
    last4: str | None = None
    customer: str | None = None
    tier: str | None = None
    members: tuple[Member, ...] = ()
    ring: str = ""
    alarm: Alarm | None = None
    told_ms: int = 0


class Reached(Struct, frozen=True):
    """Word from one source of alerts: it has told everything up to `at_ms` of event time."""

    source: str
    at_ms: int


def alert_id(detector: str, key: str, anchor: str) -> str:
    """Give the stable id: blake2b of detector, scope key and triggering event id or window start.

    32 hexadecimal digits; the parts are joined by a byte that no token can hold.
    """
    return blake2b("\x1f".join((detector, key, anchor)).encode(), digest_size=16).hexdigest()


def alert_record(alert: Alert) -> dict[str, Any]:
    """Give an alert as the one JSON object that files, the queue and interfaces show.

    Times are ISO 8601 in UTC, the severity is its name in lower case, empty optional fields stay as null;
    only alerts about devices have an `alarm`.
    """
    record: dict[str, Any] = {
        "id": alert.id,
        "detector": alert.detector,
        "at": iso(alert.at_ms),
        "severity": alert.severity.name.lower(),
        "probability": alert.probability,
        "exposure_minor": alert.exposure_minor,
        "currency": alert.currency,
        "scope": alert.scope,
        "key": alert.key,
        "card": alert.card,
        "last4": alert.last4,
        "customer": alert.customer,
        "tier": alert.tier,
        "event_id": alert.event_id,
        "reason": alert.reason,
        "ring": alert.ring,
        "members": [
            {"card": member.card, "customer": member.customer, "last4": member.last4}
            for member in alert.members
        ],
        "evidence": alert.evidence,
        "version": alert.version,
        "parameters": alert.parameters,
    }
    if alert.alarm is not None:
        record["alarm"] = {
            "code": alert.alarm.code,
            "component": alert.alarm.component,
            "unit": alert.alarm.unit,
            "device": alert.alarm.device or None,
            "since": iso(alert.alarm.since_ms),
            "over": alert.alarm.over,
        }
    return record
