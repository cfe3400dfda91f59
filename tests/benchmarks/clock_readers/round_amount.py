"""Tells of uses of a card for a round amount, and of nothing but the event."""

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.events import Transaction
from domain.findings import QUIET, Finding
from tests.flows.made import Counting, found

ROUND_MINOR = 50_000


@dataclass(frozen=True, kw_only=True)
class RoundAmount(Counting):
    """Fires on any multiple of a round amount."""

    reads: ClassVar[tuple[type, ...]] = (Transaction,)

    def step(self, state: list[int], event: Any) -> tuple[Finding, ...]:
        return QUIET if event.amount_minor % ROUND_MINOR else found(amount_minor=event.amount_minor)
