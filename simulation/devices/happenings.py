"""What happens to a fleet beside its daily life, as plain values: reports, uses and stretches of time."""

from dataclasses import dataclass, field
from typing import NamedTuple

from devices.registry import Maintenance
from domain.telemetry import Component, Edge
from simulation.devices.truth import Truth

# What a use of a card is; the order is that of `USE_TYPES` on the wire.
WITHDRAWAL, DEPOSIT, INQUIRY, TRANSFER, REVERSAL = range(5)
EVERYTHING = -1
NO_BRANCH = -1


class Said(NamedTuple):
    """A report. `by_host` comes by the transaction host's line, whatever the monitoring line does."""

    at_ms: int
    device: int
    component: Component
    code: str
    edge: Edge
    severity: int
    unit: int
    by_host: bool


class Used(NamedTuple):
    """A use of a card that belongs to a plot; `paid` says whether its notes left the machine."""

    at_ms: int
    device: int
    customer: int
    type: int
    notes: int
    paid: bool


class Span(NamedTuple):
    """A stretch of a machine's time, with what it is about (a type of use) or by how much (a factor)."""

    device: int
    from_ms: int
    to_ms: int
    what: float = EVERYTHING


@dataclass(kw_only=True)
class Weather:
    """All that happens to a fleet beside its daily life.

    `dark` is when nothing is heard from a machine, `missed` when only its heartbeat is lost, `halted` when
    it cannot be used, `misread` and `misfed` by how much more often cards and notes go wrong. `drained` are
    notes that left without any use (at, device, notes), `counted` when counters are reported out of turn,
    `short` with how few notes machines begin.
    """

    said: list[Said] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    dark: list[Span] = field(default_factory=list)
    missed: list[Span] = field(default_factory=list)
    halted: list[Span] = field(default_factory=list)
    misread: list[Span] = field(default_factory=list)
    misfed: list[Span] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)
    drained: list[tuple[int, int, int]] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)
    short: dict[int, int] = field(default_factory=dict)
    planned: list[Maintenance] = field(default_factory=list)
