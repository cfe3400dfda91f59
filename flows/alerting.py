"""From a finding to the alert that the desk receives."""

from typing import Any

from domain.alerts import Alert, alert_id
from domain.events import CardIssued, Transaction
from domain.findings import Finding
from flows.plan import Watcher


def alert_on(watcher: Watcher, scope: str, key: str, finding: Finding, event: Any) -> Alert:
    """Make the alert of a finding that an event triggered."""
    return _alert(watcher, scope, key, finding, event.at_ms, event.event_id, event)


def alert_on_silence(watcher: Watcher, scope: str, key: str, finding: Finding, at_ms: int) -> Alert:
    """Make the alert of a finding that no event triggered, but that time passed."""
    return _alert(watcher, scope, key, finding, at_ms, "", None)


def _alert(
    watcher: Watcher,
    scope: str,
    key: str,
    finding: Finding,
    at_ms: int,
    event_id: str,
    event: Transaction | CardIssued | None,
) -> Alert:
    severity = watcher.detector.severity if finding.severity is None else finding.severity
    return Alert(
        id=alert_id(watcher.name, key, finding.anchor or event_id),
        detector=watcher.name,
        version=watcher.detector.version,
        parameters=watcher.parameters,
        scope=scope,
        key=key,
        at_ms=at_ms,
        event_id=event_id,
        severity=severity,
        probability=finding.probability,
        exposure_minor=finding.exposure_minor,
        currency=finding.currency or getattr(event, "currency", ""),
        reason=finding.reason,
        evidence=finding.evidence,
        card=getattr(event, "card", None),
        last4=getattr(event, "last4", None),
        customer=getattr(event, "customer", None),
        tier=getattr(event, "tier", None),
        members=finding.members,
        ring=finding.ring,
    )
