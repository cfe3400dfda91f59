"""The `learn` command: recorded events become published tables."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import orjson

from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from connectors.fleet_files import read_fleet
from devices.registry import Fleet
from domain.events import Transaction
from domain.instants import iso, to_ms
from domain.tables import Published
from domain.telemetry import Telemetry
from learning.fault_rates import learn_fault_rates
from learning.published import write_table
from learning.segment_amounts import learn_segment_amounts

E = TypeVar("E", Transaction, Telemetry)
# The year 9999: which times can be right is judged by the table's own, not here.
_LATEST_MS = 253_402_300_799_000
_ANY_TIME = TimeBounds(0, _LATEST_MS, ahead_of_ingest_ms=_LATEST_MS)


@click.group()
def learn() -> None:
    """Learn published tables from recorded events."""


class _Instant(click.ParamType[datetime]):
    name = "iso 8601"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail(f"{value!r} should be ISO 8601 with an offset: 2026-04-01T00:00:00+08:00", param, ctx)
        return at


_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
_OUT = click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the table goes, as JSON; a profile names it under `tables`.",
)
_EFFECTIVE_AT = click.option(
    "--effective-at",
    type=_Instant(),
    required=True,
    help="From when on it is in force; later than every event it is learnt from.",
)


@learn.command(
    epilog="Example: riskdesk learn segments march.jsonl.zst -o segments-april.json "
    "--effective-at 2026-04-01T00:00:00+08:00"
)
@_FILES
@_OUT
@_EFFECTIVE_AT
@click.option(
    "--quantile",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.99,
    show_default=True,
    help="Which share of a segment's amounts is below its high one.",
)
@click.option(
    "--least",
    type=click.IntRange(2),
    default=200,
    show_default=True,
    help="Segments with fewer amounts are left out.",
)
def segments(files: tuple[Path, ...], out: Path, effective_at: datetime, quantile: float, least: int) -> None:
    """Learn what each segment (currency, type, channel) spends from the transactions of FILES.

    FILES are lines of events, also compressed, or folders of such. Lines that are no event are counted
    and left out.
    """
    recorded = _Recorded(files)
    table = learn_segment_amounts(recorded.events(Transaction), effective_at, quantile=quantile, least=least)
    amounts = sum(segment.count for segment in table.segments.values())
    recorded.publish(table, out, segments=len(table.segments), amounts=amounts)


@learn.command(
    epilog="Example: riskdesk learn fault-rates march.jsonl.zst --registry fleet.jsonl -o faults-april.json "
    "--effective-at 2026-04-01T00:00:00+08:00"
)
@_FILES
@click.option(
    "--registry",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="Devices and sites as JSON lines, which name the models; may be given several times.",
)
@_OUT
@_EFFECTIVE_AT
@click.option(
    "--least-devices",
    type=click.IntRange(2),
    default=5,
    show_default=True,
    help="Models with fewer devices are left out.",
)
@click.option(
    "--least-days",
    type=click.FloatRange(1),
    default=7.0,
    show_default=True,
    help="Devices that are known for less are left out.",
)
def fault_rates(
    files: tuple[Path, ...],
    registry: tuple[Path, ...],
    out: Path,
    effective_at: datetime,
    least_devices: int,
    least_days: float,
) -> None:
    """Learn how often devices of each model fail from the reports of devices in FILES.

    FILES are lines of events, also compressed, or folders of such. Lines that are no event are counted and
    left out, and so are devices that are not on record.
    """
    recorded = _Recorded(files)
    # Which model a device is of depends on no time zone.
    fleet = Fleet.of(read_fleet(registry), "UTC")
    reports = (report for report in recorded.events(Telemetry) if fleet.join(report))
    table = learn_fault_rates(reports, effective_at, least_devices=least_devices, least_days=least_days)
    devices = sum(model.devices for model in table.models.values())
    recorded.publish(table, out, models=len(table.models), devices=devices)


class _Recorded:
    """The events of files, and how many of their lines were none."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.rejected = 0
        self._files = files

    def events(self, kind: type[E]) -> Iterator[E]:
        codec = Codec(_ANY_TIME)
        for path in self._files:
            for block in read_blocks(path):
                events, rejected = codec.decode(block)
                self.rejected += len(rejected)
                yield from (event for event in events if isinstance(event, kind))

    def publish(self, table: Published, out: Path, **counts: int) -> None:
        """Write the table, and say what it holds and what was left out."""
        write_table(out, table)
        said = {
            "table": str(out),
            "version": table.version,
            "effective_at": iso(to_ms(table.effective_at)),
            **counts,
            "rejected": self.rejected,
        }
        click.echo(orjson.dumps(said))
        if self.rejected:
            click.echo(f"{self.rejected} lines are no event and were left out", err=True)
