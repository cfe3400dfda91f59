"""From a finding to the alert that the desk receives."""

from typing import Any

from detectors.base import Scope
from domain.alerts import Alert, alert_id
from domain.findings import Finding
from flows.exchange import Watched
from flows.plan import Watcher

# What is wrong with these is nobody's card: whom it concerns a finding names as members.
_OF_NO_CARD = frozenset({Scope.DEVICE.value, Scope.BRANCH.value})


def alert_on(watcher: Watcher, scope: str, key: str, finding: Finding, event: Any) -> Alert:
    """Make the alert of a finding that an event triggered."""
    return _alert(watcher, scope, key, finding, event.at_ms, event.event_id, event, told_ms=event.at_ms)


def alert_on_silence(
    watcher: Watcher, scope: str, key: str, finding: Finding, at_ms: int, told_ms: int
) -> Alert:
    """Make the alert of a finding that no event triggered, but that time passed."""
    return _alert(watcher, scope, key, finding, at_ms, "", None, told_ms=told_ms)


def _alert(
    watcher: Watcher,
    scope: str,
    key: str,
    finding: Finding,
    at_ms: int,
    event_id: str,
    event: Watched | None,
    *,
    told_ms: int,
) -> Alert:
    severity = watcher.detector.severity if finding.severity is None else finding.severity
    holder = None if scope in _OF_NO_CARD else event
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
        card=getattr(holder, "card", None),
        last4=getattr(holder, "last4", None),
        customer=getattr(holder, "customer", None),
        tier=getattr(holder, "tier", None),
        members=finding.members,
        ring=finding.ring,
        alarm=finding.alarm,
        told_ms=told_ms,
    )
