"""Tells at every use of a card which tables are in force."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from detectors.base import Scope
from domain.events import Transaction
from domain.findings import Finding
from domain.tables import History, RiskModel, Tables, TerminalRisk
from tests.flows.made import Counting, found


@dataclass(frozen=True, kw_only=True)
class ModelInForce(Counting):
    """Counts the uses of a card, and names the versions by which it would score."""

    scope: Scope = Scope.CARD
    reads: ClassVar[tuple[type, ...]] = (Transaction,)

    def bound(self, tables: Tables) -> Callable[[Any, Any], tuple[Finding, ...]]:
        return partial(self._step, tables.risk_model, tables.terminal_risk)

    def _step(
        self,
        models: History[RiskModel],
        terminals: History[TerminalRisk],
        state: list[int],
        event: Transaction,
    ) -> tuple[Finding, ...]:
        state[0] += 1
        model, known = models.at(event.at_ms), terminals.at(event.at_ms)
        return found(
            seen=state[0], model=model and model.version, terminals=known and sorted(known.terminals)
        )
