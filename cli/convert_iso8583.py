"""The `convert iso8583` command."""

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click
import orjson

from cli.card_messages import CARDS, Cards
from cli.desk_options import Instant
from cli.listening import picked
from connectors.iso8583_files import PATIENCE_MESSAGES, FileFraming, convert_iso8583

_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command(
    epilog="Example: riskdesk convert iso8583 acquirer.bin --spec unionpay --card-key card.key "
    "--received 2026-03-01T12:00:00+08:00 -o cards.jsonl.zst"
)
@click.argument("files", type=_IN, nargs=-1, required=True)
@CARDS
@click.option(
    "--framing",
    type=click.Choice(["binary2", "binary4", "ascii4", "bcd2", "hex"]),
    default="binary2",
    show_default=True,
    help="How long a message is: 2 or 4 bytes, 4 digits or 2 bytes of packed digits before it; "
    "or each is a line of hexadecimal digits.",
)
@click.option(
    "--received",
    type=Instant(),
    help="When the messages were received (ISO 8601 with offset), for the year that they do not say; else "
    "when their file was last written to.",
)
@click.option("--dead-letters", type=_NEW_FILE, help="Where the messages are told of that cannot be read.")
@click.option(
    "-o",
    "--out",
    type=_NEW_FILE,
    required=True,
    help="Where the events go; .gz or .zst at its end compresses.",
)
def iso8583(
    files: tuple[Path, ...],
    framing: str,
    received: datetime | None,
    dead_letters: Path | None,
    out: Path,
    **given: Any,
) -> None:
    """Convert recorded ISO 8583 card messages.

    Requests and responses of one stream become one event each; give requests first where they lie in files
    of their own. A line of a `hex` file may begin with the time it was received at. Card numbers become
    tokens; PIN, tracks and chip data are never looked at. Without --dead-letters the first message that
    cannot be read ends it, and nothing is written.
    """
    if dead_letters == out:
        raise click.UsageError("--dead-letters must not be the file of the events")
    cards = picked(Cards, given)
    counts = convert_iso8583(
        files,
        out,
        cards.translator(cards.read_spec(), patience=PATIENCE_MESSAGES),
        framing=cast("FileFraming", framing),
        received=received,
        dead_letters=dead_letters,
    )
    click.echo(orjson.dumps(counts))
