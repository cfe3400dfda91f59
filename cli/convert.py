"""The `convert` command: outside data become the events that riskdesk reads."""

from pathlib import Path

import click
import orjson

from connectors.handbook import convert_handbook

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def convert() -> None:
    """Turn outside data into the events that riskdesk reads."""


@convert.command(
    epilog="Example: riskdesk convert handbook paid.csv.gz --terminals terminals.csv -o paid.jsonl.zst"
)
@click.argument("csv", type=_FILE)
@click.option(
    "--terminals", type=_FILE, required=True, help="CSV of terminals: terminal, lat, lon (degrees)."
)
@click.option(
    "-o",
    "--out",
    type=_NEW_FILE,
    required=True,
    help="Where the events go; .gz or .zst at its end compresses.",
)
@click.option(
    "--labels", type=_NEW_FILE, help="Where the truth about each event goes; it is never among the events."
)
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code of the amounts.")
def handbook(csv: Path, terminals: Path, out: Path, labels: Path | None, currency: str) -> None:
    """Convert transactions of the Fraud Detection Handbook.

    CSV has the columns tx_id, epoch (seconds), customer, terminal, amount, fraud and scenario, and may be
    compressed. Nothing is written when one of its rows cannot be right.
    """
    if out == labels:
        raise click.UsageError("--labels must not be the file of the events")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise click.BadParameter("must be three capital letters such as EUR", param_hint="--currency")
    converted = convert_handbook(csv, terminals, out, labels=labels, currency=currency)
    click.echo(orjson.dumps(converted._asdict()))
