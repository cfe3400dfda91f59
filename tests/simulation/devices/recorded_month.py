"""A simulated month of a small fleet, read from its lines like a stranger would."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain

import msgspec

from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from devices.registry import Device, FleetRecord
from domain.events import Event, Transaction
from domain.instants import to_ms
from domain.reference import Record, Terminal
from domain.telemetry import Telemetry
from simulation.devices.month import DeviceMonth, simulate
from simulation.devices.plan import DevicePlan
from simulation.devices.truth import Truth
from simulation.devices.weather import KINDS

START = datetime.fromisoformat("2026-09-01T00:00:00+08:00")
# One of each kind and two of those that are small; heartbeats are seldom, so that tests are quick.
PLAN = DevicePlan(
    seed=3,
    devices=60,
    branches=18,
    start_ms=to_ms(START),
    days=26,
    heartbeat_s=1_800,
    transactions_per_device_day=90.0,
    customers_per_device=20,
    planted=dict.fromkeys(KINDS, 2)
    | {"host_down": 1, "region_cut": 1, "firmware_regression": 1, "component_fault": 40},
)


@dataclass(frozen=True)
class RecordedMonth:
    """What the files of a month hold, and the register as it was made."""

    plan: DevicePlan
    telemetry: bytes
    transactions: bytes
    fleet_file: bytes
    truth_file: bytes
    fleet: tuple[FleetRecord, ...]
    reference: tuple[Record, ...]

    @cached_property
    def arrived(self) -> list[Telemetry]:
        return [event for event in self._decoded(self.telemetry) if isinstance(event, Telemetry)]

    @cached_property
    def uses_arrived(self) -> list[Transaction]:
        return [event for event in self._decoded(self.transactions) if isinstance(event, Transaction)]

    @cached_property
    def reports(self) -> dict[str, list[Telemetry]]:
        """All reports once, by device and in order of time."""
        by_device: dict[str, list[Telemetry]] = {}
        once = {event.event_id: event for event in self.arrived}
        for event in sorted(once.values(), key=lambda event: (event.at_ms, event.sequence or 0)):
            by_device.setdefault(event.device, []).append(event)
        return by_device

    @cached_property
    def uses(self) -> dict[str, list[Transaction]]:
        """All uses once, by device and in order of time."""
        device_of = {record.id: record.device for record in self.reference if isinstance(record, Terminal)}
        by_device: dict[str, list[Transaction]] = {}
        once = {event.event_id: event for event in self.uses_arrived}
        for event in sorted(once.values(), key=lambda event: event.at_ms):
            by_device.setdefault(device_of[event.terminal] or "", []).append(event)
        return by_device

    @cached_property
    def truths(self) -> list[Truth]:
        return msgspec.json.Decoder(Truth).decode_lines(self.truth_file)

    @cached_property
    def incidents(self) -> list[Truth]:
        return [truth for truth in self.truths if truth.expect == "item"]

    @cached_property
    def devices(self) -> dict[str, Device]:
        return {record.id: record for record in self.fleet if isinstance(record, Device)}

    def said(self, device: str, from_ms: int, to_ms: int) -> list[Telemetry]:
        """Give what a device reported from one time until another, the end outside."""
        reports = self.reports.get(device, [])
        first = bisect_left(reports, from_ms, key=lambda event: event.at_ms)
        last = bisect_left(reports, to_ms, key=lambda event: event.at_ms)
        return reports[first:last]

    def used(self, device: str, from_ms: int, to_ms: int) -> list[Transaction]:
        """Give the uses of a device from one time until another, the end outside."""
        uses = self.uses.get(device, [])
        first = bisect_left(uses, from_ms, key=lambda use: use.at_ms)
        last = bisect_left(uses, to_ms, key=lambda use: use.at_ms)
        return uses[first:last]

    def _decoded(self, lines: bytes) -> list[Event]:
        window = self.plan.window
        codec = Codec(TimeBounds(window.start_ms, window.end_ms, 0))
        events, rejected = codec.decode(Block("fleet", 0, lines, last=True))
        assert (rejected, dict(codec.unknown_fields)) == ([], {})
        return events


def record(plan: DevicePlan) -> RecordedMonth:
    month: DeviceMonth = simulate(plan)
    return RecordedMonth(
        plan,
        b"".join(month.telemetry_lines()),
        b"".join(month.transaction_lines()),
        b"".join(month.fleet_lines()),
        b"".join(month.truth_lines()),
        tuple(month.fleet_records()),
        tuple(month.reference_records()),
    )


def begins_ms(truth: Truth) -> int:
    return to_ms(datetime.fromisoformat(truth.begins))


def ends_ms(truth: Truth) -> int:
    assert truth.ends is not None
    return to_ms(datetime.fromisoformat(truth.ends))


def flat(by_device: dict[str, list[Telemetry]]) -> list[Telemetry]:
    return list(chain.from_iterable(by_device.values()))
