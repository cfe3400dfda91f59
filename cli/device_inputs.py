"""What the commands about devices read: the register, telemetry, months, credits and moments."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.desk_options import options
from cli.zones import ZONE
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from connectors.fleet_files import read_fleet
from devices.codes import catalogue
from devices.history import Reports
from devices.ledger import HEARTBEATS, Watch
from devices.month import Month
from devices.registry import Fleet
from domain.instants import to_ms
from domain.telemetry import Telemetry
from domain.wording import counted

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LATEST_MS = to_ms(datetime(9999, 1, 1, tzinfo=UTC))
_ANY_TIME = TimeBounds(0, _LATEST_MS, ahead_of_ingest_ms=_LATEST_MS)

_REGISTRY = click.option(
    "--registry",
    "registry",
    type=_FILE,
    multiple=True,
    required=True,
    help="Devices, sites and planned work as JSON lines; may be given several times.",
)
_TELEMETRY = click.option(
    "--telemetry",
    "telemetry",
    type=_FILE,
    multiple=True,
    help="Reports of devices as JSON lines; FILES that follow are read as well, in any order.",
)
_MORE = click.argument("files", nargs=-1, type=_FILE)
_BELIEVED = click.option(
    "--heartbeats",
    type=click.IntRange(1, 1000),
    default=HEARTBEATS,
    show_default=True,
    help="Signs of life in a row that a device may miss until its state is unknown.",
)


device_inputs = options(_REGISTRY, _TELEMETRY, ZONE, _BELIEVED, _MORE)


def read_devices(
    registry: Sequence[Path], telemetry: Sequence[Path], zone: ZoneInfo, heartbeats: int
) -> Watch:
    """Read the register and the reports, and say what of them had to be left out."""
    codes = catalogue()
    fleet = Fleet.of(read_fleet(registry), zone.key)
    reports, rejected, codec = Reports(codes), 0, Codec(_ANY_TIME)
    for path in telemetry:
        for block in read_blocks(path):
            events, refused = codec.decode(block)
            rejected += len(refused)
            for event in events:
                if isinstance(event, Telemetry):
                    reports.add(event)
    if rejected:
        click.echo(f"left out {counted(rejected, 'line')} of telemetry, no event", err=True)
    if absent := [name for name in reports if name not in fleet.devices]:
        some = ", ".join(absent[:5])
        click.echo(f"left out {counted(len(absent), 'device')} not on record: {some}", err=True)
    return Watch(fleet, reports, codes, heartbeats)


class MonthParam(click.ParamType[Month]):
    """A month, such as 2026-10."""

    name = "month"

    def convert(self, value: str | Month, param: click.Parameter | None, ctx: click.Context | None) -> Month:
        if isinstance(value, Month):
            return value
        try:
            return Month.of(datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).date())
        except ValueError:
            self.fail(f"{value!r} is no month; write one such as 2026-10", param, ctx)


class CreditParam(click.ParamType[tuple[str, float]]):
    """A credit, such as note_jam=0.5."""

    name = "credit"

    def convert(
        self, value: str | tuple[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        name, _, share = value.partition("=")
        try:
            return name, float(share)
        except ValueError:
            self.fail(f"{value!r} is no credit; write one such as note_jam=0.5", param, ctx)
