"""An alert: a finding with its detector, its subject and an id that is the same in every replay."""

from hashlib import blake2b
from typing import Any

from msgspec import Struct

from domain.findings import Member, Severity


class Alert(Struct, frozen=True, kw_only=True):
    """A finding as the desk receives it; written by orjson or msgspec field by field.

    `at_ms` is the event time of the trigger in milliseconds since 1970. `version` is the rule's version
    and `parameters` what was in force; neither is part of the id, so that two versions can be compared
    alert by alert.
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


def alert_id(detector: str, key: str, anchor: str) -> str:
    """Give the stable id: blake2b of detector, scope key and triggering event id or window start.

    32 hexadecimal digits; the parts are joined by a byte that no token can hold.
    """
    return blake2b("\x1f".join((detector, key, anchor)).encode(), digest_size=16).hexdigest()
