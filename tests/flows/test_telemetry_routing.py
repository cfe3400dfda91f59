"""Device reports cross the exchange to the scopes whose detectors read them, and to no others."""

import pickle
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from detectors.base import Detector, Scope
from domain.events import Telemetry, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import from_ms
from domain.tables import Tables
from flows.plan import plan_scopes
from tests.flows.made import batches_of

AT_MS = 1_772_323_200_000


@dataclass(frozen=True, kw_only=True)
class Watch(Detector[Any, list[Any]]):
    """Reads reports of devices."""

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.LOW
    prior = 0.5

    def start(self) -> list[Any]:
        return []

    def step(self, state: list[Any], event: Any) -> tuple[Finding, ...]:
        return QUIET

    def dump(self, state: list[Any]) -> tuple[Any, ...]:
        return ()

    def load(self, dumped: list[Any], state_version: int) -> list[Any]:
        return []

    @property
    def memory(self) -> timedelta:
        return timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class WatchCards(Watch):
    """Reads what cards do."""

    scope = Scope.CARD
    reads = (Transaction,)


def routed(*detectors: Detector[Any, Any]) -> dict[str, list[str]]:
    """Give the ids of the events that reach each scope, across a process boundary."""
    report = Telemetry(
        event_id="r1",
        at=from_ms(AT_MS),
        at_ms=AT_MS,
        device="atm-17",
        component="door",
        code="tamper",
        edge="raise",
        severity=4,
    )
    paid = Transaction(
        event_id="t1",
        at=from_ms(AT_MS),
        at_ms=AT_MS,
        card="c1",
        device="atm-17",
        amount_minor=1,
        currency="CNY",
        channel="atm",
    )
    scopes = plan_scopes(detectors, Tables(), log_scope=Scope.CARD, partitions=1)
    found: dict[str, list[str]] = {scope.scope.value: [] for scope in scopes}
    for address, sent in batches_of(scopes, "p", [report, paid], False):
        batch = pickle.loads(pickle.dumps(sent))
        assert batch.events == sent.events
        found[address] += [event.event_id for event in batch.events]
    return found


def test_a_report_goes_to_the_scope_that_reads_it_alone():
    assert routed(Watch(), WatchCards()) == {"card": ["t1"], "device": ["r1"]}


def test_where_nobody_reads_reports_nothing_of_them_is_sent():
    assert routed(WatchCards()) == {"card": ["t1"]}
