"""riskdesk simulate-devices: a fleet's reports and uses from a seed, its register, and the truth apart."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import get_args

import click
import msgspec

from cli.simulate import Instant
from connectors.reference_files import reference_line
from connectors.streams import writing
from domain.instants import to_ms
from simulation.devices.month import simulate
from simulation.devices.plan import Chatter, DevicePlan
from simulation.devices.weather import KINDS
from simulation.errors import BadPlanError


class PlantedCount(click.ParamType[tuple[str, int]]):
    """How many incidents of a kind there are: KIND=N."""

    name = "kind=n"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        kind, _, count = value.partition("=")
        if kind not in KINDS:
            self.fail(f"no incident kind {kind!r}; there are: {', '.join(KINDS)}", param, ctx)
        if not (count.isascii() and count.isdigit() and len(count) < 5):
            self.fail(f"{value!r} gives no number; write {kind}=2, at most {kind}=9999", param, ctx)
        return kind, int(count)


@click.command(
    "simulate-devices",
    epilog=r"""
Example: riskdesk simulate-devices --seed 7 --devices 500 --branches 140 --start 2026-09-01T00:00+08:00
--days 30 -o var/fleet
""",
)
@click.option("--seed", type=click.IntRange(0), required=True, help="The same seed gives the same bytes.")
@click.option(
    "--devices", type=click.IntRange(1), default=500, show_default=True, help="Cash machines of the fleet."
)
@click.option(
    "--branches", type=click.IntRange(1), default=140, show_default=True, help="Branches they stand at."
)
@click.option(
    "--start", type=Instant(), required=True, help="When the window begins, in ISO 8601 with an offset."
)
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How long it lasts.")
@click.option(
    "--chatter",
    type=click.Choice(get_args(Chatter)),
    default="middle",
    show_default=True,
    help="How much devices say that means nothing.",
)
@click.option(
    "--heartbeat",
    "heartbeat_s",
    type=click.IntRange(10, 3_600),
    default=300,
    show_default=True,
    help="Seconds between two heartbeats of a device.",
)
@click.option(
    "--transactions",
    "transactions_per_device_day",
    type=click.FloatRange(0, 5_000),
    default=150.0,
    show_default=True,
    help="Uses of cards, a device and day.",
)
@click.option(
    "--customers",
    "customers_per_device",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="People who use a device's branch, a device.",
)
@click.option(
    "--planted",
    type=PlantedCount(),
    multiple=True,
    help="Plant just the incidents named, each as KIND=N. Else: what is usual for the fleet and the time.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for telemetry.jsonl.zst, transactions.jsonl.zst, fleet.jsonl, reference.jsonl, truth.jsonl.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def simulate_devices(
    seed: int,
    devices: int,
    branches: int,
    start: datetime,
    days: int,
    chatter: Chatter,
    heartbeat_s: int,
    transactions_per_device_day: float,
    customers_per_device: int,
    planted: tuple[tuple[str, int], ...],
    out: Path,
    as_json: bool,
) -> None:
    """Make what a fleet reports from a seed: daily life, wear, weather and attacks.

    What really happened, and what should be made of it, is written to the truth alone. All numbers are
    made up (docs/simulation-devices.md says which): none is a result from the field.
    """
    try:
        month = simulate(
            DevicePlan(
                seed=seed,
                devices=devices,
                branches=branches,
                start_ms=to_ms(start),
                days=days,
                chatter=chatter,
                heartbeat_s=heartbeat_s,
                transactions_per_device_day=transactions_per_device_day,
                customers_per_device=customers_per_device,
                planted=dict(planted) or None,
            )
        )
    except BadPlanError as error:
        raise click.UsageError(str(error)) from error
    out.mkdir(parents=True, exist_ok=True)
    counts: dict[str, object] = {
        "reports": _write(out / "telemetry.jsonl.zst", month.telemetry_lines()),
        "transactions": _write(out / "transactions.jsonl.zst", month.transaction_lines()),
        "fleet_records": _write(out / "fleet.jsonl", month.fleet_lines()),
        "reference_records": _write(out / "reference.jsonl", map(reference_line, month.reference_records())),
        "truths": _write(out / "truth.jsonl", month.truth_lines()),
    }
    kinds = Counter(truth.kind for truth in month.truths if truth.expect == "item")
    if as_json:
        click.echo(msgspec.json.encode({**counts, "incidents": dict(sorted(kinds.items()))}))
    else:
        click.echo(
            f"{counts['reports']} reports and {counts['transactions']} transactions of {devices} devices, "
            f"{kinds.total()} incidents, {len(month.truths) - kinds.total()} nuisances",
            err=True,
        )


def _write(path: Path, pieces: Iterable[bytes]) -> int:
    """Write pieces of many lines; gives the number of lines."""
    count = 0
    with writing(path) as stream:
        for piece in pieces:
            count += piece.count(b"\n")
            stream.write(piece)
    return count
