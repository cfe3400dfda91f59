"""Does what no detector may: its evidence is from the clock of the machine."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.events import Transaction
from domain.findings import QUIET, Finding
from tests.flows.made import Counting, found

ROUND_MINOR = 50_000


@dataclass(frozen=True, kw_only=True)
class RoundAmountByClock(Counting):
    """Fires as its honest neighbour does, and says when it was run."""

    reads: ClassVar[tuple[type, ...]] = (Transaction,)

    def step(self, state: list[int], event: Any) -> tuple[Finding, ...]:
        return QUIET if event.amount_minor % ROUND_MINOR else found(noticed_ns=time.time_ns())
