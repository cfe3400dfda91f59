"""Follow many devices with one process: the time it takes for a stretch of event time, and its memory.

`python -m benchmarks.device_throughput`: half an hour of a morning of 10,000 simulated devices at 2,500
branches, each of which reports every 30 seconds, with the uses of cards at them, is read from files through
the whole device flow into a store, as `riskdesk replay` does it. The start of the process is counted, too;
making the events is not.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import msgspec

from benchmarks.device_month import PROFILE
from benchmarks.nights import riskdesk
from benchmarks.reference_run import run
from connectors.reference_files import reference_line
from domain.instants import to_ms
from simulation.devices.month import simulate
from simulation.devices.plan import DevicePlan

FOLLOWED = 10_000
_DEVICES_AT_A_BRANCH = 4
_STRETCH_S = 1800
_START = "2026-09-01T10:00+08:00"


class Followed(NamedTuple):
    """What following devices took, in seconds by the clock and of a core, and megabytes at the peak."""

    events: int
    took_s: float
    cpu_s: float
    stretch_s: float
    peak_mb: float

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        return (
            f"{self.events:,} events of {self.stretch_s:,.0f} s in {self.took_s:.1f} s, "
            f"{self.cpu_s:.1f} s of a core; {self.peak_mb:.0f} MB at the peak"
        )

    @property
    def time_used(self) -> float:
        """The share of the time that was needed by the clock: below 1 the process keeps up."""
        return self.took_s / self.stretch_s

    @property
    def core_used(self) -> float:
        """The share of one core that was needed, whatever else the machine had to do."""
        return self.cpu_s / self.stretch_s


class _When(msgspec.Struct):
    """The one field of a line that tells whether it belongs to the stretch."""

    at: datetime


def follow(devices: int, stretch_s: float = _STRETCH_S) -> Followed:
    """Follow so many devices for a stretch of event time."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        events = _make(devices, stretch_s, folder)
        store = f"sqlite:///{folder}/followed.sqlite"
        riskdesk("reference", "load", folder / "reference.jsonl", folder / "fleet.jsonl", "--store", store)
        inputs = [str(folder / "telemetry.jsonl"), str(folder / "transactions.jsonl")]
        began_s = perf_counter()
        spent = run(
            [sys.executable, "-m", "cli.main", "replay", str(PROFILE), *inputs, "--store", store, "--quiet"]
        )
        return Followed(events, perf_counter() - began_s, spent.cpu_s, stretch_s, spent.peak_mb)


def _make(devices: int, stretch_s: float, folder: Path) -> int:
    """Write the files of a fleet and give the number of events."""
    plan = DevicePlan(
        seed=1,
        devices=devices,
        branches=max(1, devices // _DEVICES_AT_A_BRANCH),
        start_ms=to_ms(datetime.fromisoformat(_START)),
        days=1,
        heartbeat_s=30,
        customers_per_device=10,
    )
    month = simulate(plan)
    until_ms = plan.start_ms + round(stretch_s * 1000)
    _write(folder / "fleet.jsonl", month.fleet_lines())
    _write(folder / "reference.jsonl", map(reference_line, month.reference_records()))
    return sum(
        _write(folder / f"{name}.jsonl", _lines_until(until_ms, pieces))
        for name, pieces in (
            ("telemetry", month.telemetry_lines()),
            ("transactions", month.transaction_lines()),
        )
    )


def _lines_until(until_ms: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines of a stream up to the first piece that is later as a whole."""
    read = msgspec.json.Decoder(_When)
    for piece in pieces:
        lines = [line for line in piece.splitlines(keepends=True) if to_ms(read.decode(line).at) < until_ms]
        if piece and not lines:
            return
        yield from lines


def _write(path: Path, lines: Iterable[bytes]) -> int:
    count = 0
    with path.open("wb") as out:
        for line in lines:
            out.write(line)
            count += 1
    return count


def tell(found: Followed) -> None:
    """Print what following took."""
    print(found.words)
    print(f"followed_time_used: {found.time_used:.4f}")
    print(f"followed_core_used: {found.core_used:.4f}")


if __name__ == "__main__":
    tell(follow(FOLLOWED))
