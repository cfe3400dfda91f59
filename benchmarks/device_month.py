"""A simulated month of a fleet, run through the product's own commands, and what really happened in it."""

from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
import zstandard

from benchmarks.device_truth import Incident
from benchmarks.nights import ROOT, riskdesk
from benchmarks.raw_alarms import RawAlarms
from connectors.alert_file import read_alert_file
from connectors.fleet_files import read_fleet
from devices.registry import Device
from domain.alarms import Alarm
from domain.alerts import Alert
from domain.findings import Member, Severity
from domain.instants import to_ms
from domain.telemetry import Telemetry

PROFILE = ROOT / "config" / "profiles" / "device_watch.yaml"
START = "2026-09-01T00:00+08:00"
HEARTBEAT_S = 300

_TRUTH = msgspec.json.Decoder(Incident)
_REPORT = msgspec.json.Decoder(Telemetry)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What to simulate: how many devices at how many branches, how long, and how much they chatter."""

    devices: int = 500
    branches: int = 140
    days: int = 30
    seed: int = 1
    chatter: str = "middle"

    @property
    def options(self) -> list[str]:
        """The options of `riskdesk simulate-devices` that say so."""
        named = ("devices", "branches", "days", "seed", "chatter")
        given = [word for name in named for word in (f"--{name}", str(getattr(self, name)))]
        return [*given, "--start", START, "--heartbeat", str(HEARTBEAT_S)]


class Month(NamedTuple):
    """A month as the desk will live through it, and its truth.

    `alerts` are in the order of event time. `store` is a fresh one that knows the bank and its fleet;
    `flow_s` is how long the flow took, which put its alerts into another store as well.
    """

    truth: tuple[Incident, ...]
    raw: RawAlarms
    reports: int
    alerts: tuple[Alert, ...]
    branch_of: dict[str, str]
    store: str
    begins_ms: int
    ends_ms: int
    flow_s: float


def month_of(fleet: Fleet, folder: Path) -> Month:
    """Simulate a month and replay it; all files lie in `folder` afterwards.

    Raises RuntimeError when a command fails or the flow refuses events that the simulation made.
    """
    riskdesk("simulate-devices", *fleet.options, "-o", folder)
    stores = tuple(f"sqlite:///{folder / name}.sqlite" for name in ("replayed", "worked"))
    for store in stores:
        riskdesk("reference", "load", folder / "reference.jsonl", folder / "fleet.jsonl", "--store", store)
    flow_s = _replay(folder, stores[0])
    raw, reports = _reported(folder / "telemetry.jsonl.zst")
    begins_ms = to_ms(datetime.fromisoformat(START))
    return Month(
        truth=tuple(_TRUTH.decode_lines((folder / "truth.jsonl").read_bytes())),
        raw=raw,
        reports=reports,
        alerts=tuple(alert_of(record) for record in read_alert_file(folder / "alerts.jsonl")),
        branch_of={
            record.id: record.branch
            for record in read_fleet([folder / "fleet.jsonl"])
            if isinstance(record, Device)
        },
        store=stores[1],
        begins_ms=begins_ms,
        ends_ms=begins_ms + fleet.days * 86_400_000,
        flow_s=flow_s,
    )


def _replay(folder: Path, store: str) -> float:
    """Run the recorded month through the flow and give how long that took, in seconds."""
    began_s = perf_counter()
    printed = riskdesk(
        *("replay", PROFILE, folder / "telemetry.jsonl.zst", folder / "transactions.jsonl.zst"),
        *("--store", store, "--alerts", folder / "alerts.jsonl", "--quiet", "--json"),
    )
    progress = msgspec.json.decode(printed)
    if any(progress[name] for name in ("rejected", "unresolved", "errors")):
        raise RuntimeError(f"the flow did not take the month whole: {progress}")
    return perf_counter() - began_s


def alert_of(record: dict[str, Any]) -> Alert:
    """Give the alert that `domain.alerts.alert_record` has written."""
    fields = {name: value for name, value in record.items() if name in _AS_WRITTEN}
    alarm = record.get("alarm")
    return Alert(
        **fields,
        at_ms=_ms(record["at"]),
        severity=Severity[record["severity"].upper()],
        members=tuple(Member(**member) for member in record["members"]),
        alarm=None
        if alarm is None
        else Alarm(
            code=alarm["code"],
            component=alarm["component"],
            unit=alarm["unit"],
            device=alarm["device"] or "",
            since_ms=_ms(alarm["since"]),
            over=alarm["over"],
        ),
    )


_AS_WRITTEN = frozenset(Alert.__struct_fields__) - {"severity", "members", "alarm"}


def _ms(written: str) -> int:
    return to_ms(datetime.fromisoformat(written))


def _reported(telemetry: Path) -> tuple[RawAlarms, int]:
    """Count the reports, and those that are alarms by themselves."""
    raw, reports = RawAlarms(), 0
    with telemetry.open("rb") as packed:
        unpacked = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        for line in BufferedReader(unpacked):  # type: ignore[arg-type]  # it has what a raw stream needs
            raw.add(_REPORT.decode(line))
            reports += 1
    return raw, reports
