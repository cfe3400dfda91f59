"""The `learn` command: recorded events become published tables."""

from datetime import datetime
from pathlib import Path

import click

from cli.learn_combination import combination
from cli.learn_compromise import compromise
from cli.learn_files import EFFECTIVE_AT, FILES, OUT, Recorded
from cli.learn_risk import risk
from connectors.fleet_files import read_fleet
from devices.registry import Fleet
from domain.events import Transaction
from domain.telemetry import Telemetry
from learning.fault_rates import learn_fault_rates
from learning.segment_amounts import learn_segment_amounts


@click.group()
def learn() -> None:
    """Learn published tables from recorded events."""


learn.add_command(risk)
learn.add_command(combination)
learn.add_command(compromise)


@learn.command(
    epilog="Example: riskdesk learn segments march.jsonl.zst -o segments-april.json "
    "--effective-at 2026-04-01T00:00:00+08:00"
)
@FILES
@OUT
@EFFECTIVE_AT
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
    recorded = Recorded(files)
    table = learn_segment_amounts(recorded.events(Transaction), effective_at, quantile=quantile, least=least)
    amounts = sum(segment.count for segment in table.segments.values())
    recorded.publish(table, out, segments=len(table.segments), amounts=amounts)


@learn.command(
    epilog="Example: riskdesk learn fault-rates march.jsonl.zst --registry fleet.jsonl -o faults-april.json "
    "--effective-at 2026-04-01T00:00:00+08:00"
)
@FILES
@click.option(
    "--registry",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="Devices and sites as JSON lines, which name the models; may be given several times.",
)
@OUT
@EFFECTIVE_AT
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
    recorded = Recorded(files)
    # Which model a device is of depends on no time zone.
    fleet = Fleet.of(read_fleet(registry), "UTC")
    reports = (report for report in recorded.events(Telemetry) if fleet.join(report))
    table = learn_fault_rates(reports, effective_at, least_devices=least_devices, least_days=least_days)
    devices = sum(model.devices for model in table.models.values())
    recorded.publish(table, out, models=len(table.models), devices=devices)
