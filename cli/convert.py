"""The `convert` command: outside data become the events that riskdesk reads."""

from pathlib import Path

import click
import orjson

from cli.convert_iso8583 import iso8583
from cli.convert_labels import labels as labels_command
from config.device_mappings import load_mapping
from connectors.device_capture import Converted, convert_ndc, convert_vendor, convert_xfs
from connectors.handbook import convert_handbook

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
_out = click.option(
    "-o",
    "--out",
    type=_NEW_FILE,
    required=True,
    help="Where the events go; .gz or .zst at its end compresses.",
)


@click.group()
def convert() -> None:
    """Turn outside data into the events that riskdesk reads."""


convert.add_command(iso8583)
convert.add_command(labels_command)


@convert.command(
    epilog="Example: riskdesk convert handbook paid.csv.gz --terminals terminals.csv -o paid.jsonl.zst"
)
@click.argument("csv", type=_FILE)
@click.option(
    "--terminals", type=_FILE, required=True, help="CSV of terminals: terminal, lat, lon (degrees)."
)
@_out
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


@convert.command(epilog="Example: riskdesk convert ndc recorded.jsonl.gz -o telemetry.jsonl.zst")
@click.argument("file", type=_FILE)
@_out
def ndc(file: Path, out: Path) -> None:
    """Convert recorded status messages of the NDC protocol.

    A line of FILE is an object with `at` (ISO 8601 with offset), the `message` as text or its bytes as `hex`,
    and where they are known `device` (else the LUNO of the message), `sequence` and `ingested_at`. What is no
    status message is counted and left out; what no table knows becomes `unknown_code`.
    """
    _tell(convert_ndc(file, out))


@convert.command(epilog="Example: riskdesk convert xfs recorded.jsonl.gz -o telemetry.jsonl.zst")
@click.argument("file", type=_FILE)
@_out
def xfs(file: Path, out: Path) -> None:
    """Convert recorded messages of XFS4IoT services.

    A line of FILE is an object with `at`, `device`, the `message` with its header and payload, and where they
    are known `sequence` and `ingested_at`. What is typed, read from cards or encrypted is never looked at.
    """
    _tell(convert_xfs(file, out))


@convert.command(
    epilog="Example: riskdesk convert vendor monitor.jsonl --mapping acme.yaml -o telemetry.jsonl.zst"
)
@click.argument("file", type=_FILE)
@click.option(
    "--mapping",
    type=_FILE,
    required=True,
    help="YAML table from the vendor's codes to ours, such as config/mappings/acme_monitor.yaml.",
)
@_out
def vendor(file: Path, mapping: Path, out: Path) -> None:
    """Convert the records of a bank's own device monitor, as a table says.

    FILE has one record of JSON a line. What no rule of the table fits becomes `unknown_code`, counted by the
    vendor's own code.
    """
    _tell(convert_vendor(file, load_mapping(mapping), out))


def _tell(converted: Converted) -> None:
    click.echo(orjson.dumps(converted._asdict()))
