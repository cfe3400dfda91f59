"""Tells at every use of a terminal how many it has had."""

from dataclasses import dataclass
from typing import ClassVar

from detectors.base import Scope
from domain.events import Transaction
from tests.flows.made import Counting


@dataclass(frozen=True, kw_only=True)
class UsesOfTerminal(Counting):
    """Counts the uses of a terminal, from whatever partition they come."""

    scope: Scope = Scope.TERMINAL
    reads: ClassVar[tuple[type, ...]] = (Transaction,)
