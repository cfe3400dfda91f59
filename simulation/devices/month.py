"""Puts a month of a fleet together: its machines, its weather, its uses and cash, and what it reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from devices.registry import FleetRecord
from domain.reference import Record
from simulation.devices.cash import keep_books
from simulation.devices.counts import Tallies, misreads, tallies
from simulation.devices.estate import Estate, build
from simulation.devices.happenings import REVERSAL, WITHDRAWAL
from simulation.devices.plan import DevicePlan, Step
from simulation.devices.register import fleet_line, fleet_records, reference_records
from simulation.devices.reports import Reports, Sayings, other_reports, slices
from simulation.devices.stage import Stage
from simulation.devices.truth import Truth, truth_lines
from simulation.devices.uses import Uses, draw_uses
from simulation.devices.weather import make_weather
from simulation.devices.wire import TelemetryWriter, transaction_lines

# The host takes back what was not paid out so soon.
_REVERSED_MS = 25_000


@dataclass(frozen=True, kw_only=True)
class DeviceMonth:
    """A simulated fleet over its window. The lines come in pieces of many, each line with its newline."""

    plan: DevicePlan
    stage: Stage
    uses: Uses
    tallies: Tallies
    sayings: Sayings
    others: Reports

    @property
    def estate(self) -> Estate:
        """Give the machines, probes, branches and customers."""
        return self.stage.estate

    @cached_property
    def truths(self) -> tuple[Truth, ...]:
        """Give what really happened, in the order in which it began."""
        found = sorted(self.stage.weather.truths, key=lambda truth: truth.begins)
        return tuple(replace(truth, id=f"truth-{number}") for number, truth in enumerate(found, 1))

    def telemetry_lines(self) -> Iterator[bytes]:
        """Give what machines and probes report, in the order it arrives."""
        writer = TelemetryWriter(self.plan, self.estate, self.sayings, self.tallies)
        before: Reports | None = None
        for rows in slices(self.stage, self.others):
            if before is not None and len(rows):
                yield writer.write(before, int(rows["at_ms"].min()))
            before = rows
        if before is not None:
            yield writer.write(before, None)

    def transaction_lines(self) -> Iterator[bytes]:
        """Give the uses of cards at the machines, in the order they arrive."""
        return transaction_lines(self.plan, self.estate, self.uses)

    def fleet_records(self) -> Iterator[FleetRecord]:
        """Give sites, devices and planned work."""
        return fleet_records(self.plan, self.estate, self.stage.weather.planned)

    def fleet_lines(self) -> Iterator[bytes]:
        """Give the register as lines that `connectors.fleet_files` reads."""
        return map(fleet_line, self.fleet_records())

    def reference_records(self) -> Iterator[Record]:
        """Give branches, terminals, customers and cards."""
        return reference_records(self.plan, self.estate)

    def truth_lines(self) -> Iterator[bytes]:
        """Give what really happened as lines of JSON."""
        return truth_lines(self.truths)


def simulate(plan: DevicePlan) -> DeviceMonth:
    """Simulate a fleet.

    Raises BadPlanError for incidents that are not known, and DoesNotFitError when the plan asks for more of
    them than there is room for.
    """
    estate = build(plan)
    stage = Stage(plan, estate, plan.random(Step.WEATHER))
    make_weather(stage)
    uses = draw_uses(plan, estate, stage.weather)
    books, possible = keep_books(stage, uses)
    uses = uses[possible]
    errors = misreads(stage, uses)
    counted = tallies(stage, uses, errors, books)
    sayings = Sayings()
    others = other_reports(stage, sayings, uses, errors, counted)
    return DeviceMonth(
        plan=plan,
        stage=stage,
        uses=np.concatenate((uses, _taken_back(uses, plan.window.end_ms))),
        tallies=counted,
        sayings=sayings,
        others=others,
    )


def _taken_back(uses: Uses, end_ms: int) -> Uses:
    """Give the reversals of withdrawals that the machines did not pay."""
    unpaid = uses[(uses["type"] == WITHDRAWAL) & ~uses["paid"] & (uses["refusal"] == 0)].copy()
    unpaid["at_ms"] += _REVERSED_MS
    unpaid["type"] = REVERSAL
    return np.asarray(unpaid[unpaid["at_ms"] < end_ms])
