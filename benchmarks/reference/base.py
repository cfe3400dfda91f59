"""What the three detectors of the reference workload have in common."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from detectors.base import Detector, Scope
from domain.events import Transaction
from domain.findings import Severity

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class ReferenceDetector(Detector[Transaction, S], Generic[S]):
    """Watches a card and forgets nothing within the workload."""

    scope = Scope.CARD
    severity = Severity.HIGH
    prior = 0.5

    @property
    def memory(self) -> timedelta:
        return timedelta(days=10_000)
