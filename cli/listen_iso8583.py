"""The `listen iso8583` command."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
import orjson

from cli.card_messages import CARDS, Cards
from cli.listening import WHERE, Where, picked, serve
from connectors.folder_writer import FolderWriter
from connectors.intake import Room
from connectors.iso8583_frames import MAX_MESSAGE_BYTES, Framing
from connectors.iso8583_listener import Bounds, CardIntake, CardMessages
from connectors.iso8583_network import NetworkAnswers

_MIB = 1 << 20
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(
    epilog="Example: riskdesk listen iso8583 --port 8583 --spec unionpay --framing ascii4 "
    "--card-key card.key --out var/cards"
)
@WHERE
@CARDS
@click.option(
    "--framing",
    type=click.Choice(["binary2", "binary4", "ascii4", "bcd2"]),
    default="binary2",
    show_default=True,
    help="How long a message is: 2 or 4 bytes, 4 digits or 2 bytes of packed digits before it.",
)
@click.option("--out", type=_FOLDER, required=True, help="Folder for the events, which a flow follows.")
@click.option(
    "--refused", type=_FOLDER, help="Folder for what cannot be read; else that of --out with -refused."
)
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=60,
    show_default=True,
    help="Seconds that a request waits for its response.",
)
@click.option(
    "--answer-network",
    is_flag=True,
    help="Answer sign-on, sign-off and echo (0800), for senders that hang up without.",
)
@click.option(
    "--message-bytes",
    type=click.IntRange(64, 65_535),
    default=MAX_MESSAGE_BYTES,
    show_default=True,
    help="A longer message ends its connection.",
)
@click.option(
    "--idle-s",
    type=click.FloatRange(1, 86_400),
    default=600,
    show_default=True,
    help="After so many silent seconds a connection is closed.",
)
@click.option(
    "--sync-s",
    type=click.FloatRange(0, 60),
    default=1,
    show_default=True,
    help="What came in so many seconds may be lost when the power fails; 0 waits for the disk each time.",
)
@click.option(
    "--free-mb",
    type=click.IntRange(0),
    default=1024,
    show_default=True,
    help="Take nothing while the disk has fewer MiB left.",
)
@click.option(
    "--file-mb",
    type=click.IntRange(1, 65_536),
    default=256,
    show_default=True,
    help="After so many MiB a new file is begun.",
)
@click.option(
    "--file-minutes",
    type=click.FloatRange(0.1, 1440),
    default=60,
    show_default=True,
    help="And after so many minutes.",
)
def iso8583(
    framing: str,
    out: Path,
    refused: Path | None,
    wait: float,
    answer_network: bool,
    message_bytes: int,
    idle_s: float,
    sync_s: float,
    free_mb: int,
    file_mb: int,
    file_minutes: float,
    **given: Any,
) -> None:
    """Take ISO 8583 card messages over TCP: a copy of a switch's traffic, each message behind its length.

    Request and response become one event in a file of --out, for `riskdesk run --input` to follow. Card
    numbers become tokens before anything is written; PIN, tracks and chip data are never looked at. Nothing
    is acknowledged, and no transaction answered. SIGTERM takes what came already, and ends.
    """
    where, cards = picked(Where, given), picked(Cards, given)
    tls = where.protection(token=False)
    spec = cards.read_spec()
    translator = cards.translator(spec, patience=wait)
    answers = NetworkAnswers(spec, cast("Framing", framing)) if answer_network else None
    refused = refused or out.with_name(f"{out.name}-refused")

    def now() -> datetime:
        return datetime.now(UTC)

    def writer(folder: Path) -> FolderWriter:
        return FolderWriter(
            folder,
            clock=now,
            max_bytes=file_mb * _MIB,
            max_age_s=file_minutes * 60,
            sync_every_s=sync_s,
        )

    with writer(out) as events, writer(refused) as refusals:
        room = Room(out, least_free_bytes=free_mb * _MIB)
        intake = CardIntake(translator, events, refusals, room, now)
        server = CardMessages(
            (where.host, where.port),
            intake,
            framing=cast("Framing", framing),
            answers=answers,
            bounds=Bounds(message_bytes=message_bytes, idle_s=idle_s),
            tls=tls,
            most_clients=where.clients,
        )
        serve(server, intake.keep, intake.metrics, room, where.metrics_port)
        intake.end()
    click.echo(orjson.dumps({**translator.counts(), **intake.counts}))
