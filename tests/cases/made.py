"""Alerts to take in, and what the tests ask about the cases they become."""

from collections.abc import Iterable
from typing import Any

from cases.store import CaseStore, open_store
from domain.alerts import Alert, alert_id
from domain.findings import Member, Severity

NOON_MS = 1_772_712_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def alert(
    name: str,
    card: str | None = None,
    customer: str | None = None,
    *,
    at_ms: int = 0,
    members: Iterable[tuple[str, str | None]] = (),
    **fields: Any,
) -> Alert:
    """Make an alert; `at_ms` counts from noon, `members` are (card, customer), `name` makes its id."""
    scope = fields.pop("scope", "card")
    key = fields.pop("key", card or customer or "k")
    given = {
        "detector": "impossible_travel",
        "version": 1,
        "parameters": {"max_kmh": 900},
        "event_id": f"event-{name}",
        "severity": Severity.MEDIUM,
        "probability": 0.5,
        "exposure_minor": 0,
        "currency": "CNY",
        "reason": f"reason {name}",
        "evidence": {"km": 686},
        **fields,
    }
    return Alert(
        id=alert_id("made", key, name),
        scope=scope,
        key=key,
        at_ms=NOON_MS + at_ms,
        card=card,
        customer=customer,
        members=tuple(Member(card=token, customer=holder) for token, holder in members),
        **given,
    )


def partition(cases: CaseStore) -> set[frozenset[str]]:
    """Give which alerts, by id, share a live case."""
    return {frozenset(record["id"] for record in cases.show(case.id).evidence) for case in cases.list()}


def claim_all(url: str, agent: str) -> list[str]:
    """Claim the next case until there is none; runs in a process of its own too."""
    claimed: list[str] = []
    with open_store(url) as store:
        while case := store.cases.next_case(agent, NOON_MS, HOUR_MS):
            claimed.append(case.id)
    return claimed


def take_in_one(url: str, name: str) -> int:
    """Open the store, which may not be there yet, and take in one alert."""
    with open_store(url) as store:
        return store.cases.take_in([alert(name, f"card-{name}", f"u-{name}")])
