"""The faults of a device: what is one, those of the last day, the habit, and what speaks for a change."""

from typing import Any

from msgspec import Struct, field

from domain.conditions import Condition
from domain.gamma_poisson import Gamma
from domain.level_scorer import LevelState
from domain.telemetry import Telemetry

DAY_MS = 86_400_000
_MOST_CONDITIONS = 24
# What fails in a device: no supplies, no links, no power, and nothing that a detector says.
FAULT_CODES = (
    "app_fault",
    "camera_fail",
    "card_issuer_fault",
    "card_jam",
    "card_reader_fault",
    "cassette_fault",
    "cdm_fatal",
    "cim_fatal",
    "clock_stopped",
    "coin_fault",
    "depository_fault",
    "disk_fault",
    "display_fail",
    "ej_backlog",
    "epp_fail",
    "journal_fault",
    "keys_lost",
    "module_fault",
    "note_jam",
    "receipt_fault",
    "receipt_jam",
    "shutter_jam",
    "statement_fault",
    "transport_inop",
)


class FaultEdges(Struct):
    """When each condition of a device was raised last (ms); the oldest of more than 24 goes."""

    raised: dict[Condition, int] = {}

    def begins(self, report: Telemetry, same_ms: int) -> bool:
        """Tell whether a report begins a fault, rather than repeat one within `same_ms` of the last time."""
        if report.edge != "raise":
            return False
        condition, at_ms = Condition.of(report), report.at_ms
        before_ms = self.raised.get(condition)
        self.raised[condition] = max(at_ms, before_ms or 0)
        if len(self.raised) > _MOST_CONDITIONS:
            del self.raised[min(self.raised, key=self.raised.__getitem__)]
        return before_ms is None or abs(at_ms - before_ms) > same_ms

    def dump(self) -> list[tuple[Any, ...]]:
        """Give it as plain values."""
        return [(*condition, at_ms) for condition, at_ms in self.raised.items()]

    @classmethod
    def load(cls, dumped: list[Any]) -> "FaultEdges":
        """Read what `dump` wrote."""
        return cls({Condition(*known): at_ms for *known, at_ms in dumped})


class Rates(Struct):
    """What is known of a device's faults.

    `faults` are those of the last day (ms). `own` is the habit: faults and the days in which they came; while
    `told_ms`, since when it is too often, is set, they are collected in `raised` instead. `drift` is how much
    speaks for a lasting rise since `drift_ms`, and `back` for its end (natural logs).
    """

    newest_ms: int = 0
    slot: int = 0
    faults: list[int] = []
    own: Gamma = Gamma(0.0, 0.0)
    raised: Gamma = Gamma(0.0, 0.0)
    drift: float = 0.0
    drift_ms: int = 0
    told_ms: int | None = None
    told_rate: float = 0.0
    back: float = 0.0
    edges: FaultEdges = field(default_factory=FaultEdges)
    level: LevelState | None = None
