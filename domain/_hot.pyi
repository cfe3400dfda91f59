"""What native/ gives where it was built."""

from collections.abc import Sequence
from typing import Any, final

from domain.events import Transaction
from domain.quick import Step
from domain.risk_features import Values
from domain.risk_sums import Cross
from domain.tables import TerminalRecord

# A digest of the sources that it was built of.
SOURCES: str

@final
class Habits:
    @property
    def last_ms(self) -> int: ...

@final
class Sorter:
    def __init__(self, edges: Sequence[Sequence[float]]) -> None: ...
    def __call__(self, values: tuple[float | None, ...]) -> tuple[int, ...]: ...

@final
class Adder:
    def __init__(
        self, intercept: float, weights: Sequence[Sequence[float]], crosses: list[Cross]
    ) -> None: ...
    def __call__(self, bins: Sequence[int]) -> float: ...

def start() -> Habits: ...
def dump(habits: Habits) -> tuple[Any, ...]: ...
def load(dumped: list[Any]) -> Habits: ...
def measure(habits: Habits, event: Transaction, record: TerminalRecord | None) -> Values: ...
def weigh(
    habits: Habits,
    event: Transaction,
    record: TerminalRecord | None,
    bins: Sorter,
    score: Adder,
    unlikely: float,
) -> tuple[Values, float] | None: ...
def quick(name: str, step: Step, facts: tuple[Any, ...]) -> Step: ...
