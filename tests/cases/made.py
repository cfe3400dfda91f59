"""Alerts to take in, and what the tests ask about the cases they become."""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from cases.case import Case
from cases.policy import QueuePolicy
from cases.ports import CaseStore
from cases.store import Store, open_store
from cases.who import Who
from cases.work.policy import WorkPolicy
from domain.alerts import Alert, alert_id
from domain.findings import Member, Severity

NOON_MS = 1_772_712_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

# Agents who hold as many cases as they like.
GREEDY = QueuePolicy(work=WorkPolicy(tasks_per_agent=1000))


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


def next_case(store: Store, agent: str, now_ms: int = NOON_MS, lease_ms: int = HOUR_MS) -> Case | None:
    """Claim the best case for an agent; None without one."""
    claimed = store.work.next(Who(agent), now_ms, lease_ms=lease_ms)
    return claimed and claimed.case


def claim(store: Store, case_id: str, agent: str, now_ms: int = NOON_MS, lease_ms: int = HOUR_MS) -> Case:
    """Claim one case for an agent."""
    return store.work.claim(case_id, Who(agent), now_ms, lease_ms=lease_ms).case


def claim_all(url: str, agent: str) -> list[str]:
    """Claim the next case until there is none; runs in a process of its own too."""
    claimed: list[str] = []
    with open_store(url, policy=GREEDY) as store:
        while case := next_case(store, agent):
            claimed.append(case.id)
    return claimed


def take_in_one(url: str, name: str) -> int:
    """Open the store, which may not be there yet, and take in one alert."""
    with open_store(url) as store:
        return store.cases.take_in([alert(name, f"card-{name}", f"u-{name}")])


def processes(number: int) -> ProcessPoolExecutor:
    """Give that many processes of their own, which need not read the whole code each."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["cases.store"])
    # The server that forks them has the environment of the test that started it.
    return ProcessPoolExecutor(number, context, _take_environment, (dict(os.environ),))


def _take_environment(environment: dict[str, str]) -> None:
    os.environ.update(environment)
