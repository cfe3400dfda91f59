"""The `feedback` command: what the desk found out, as events that a flow and a learner read."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
import msgspec

from cli.desk_options import STORE, Instant, now_ms, opened
from domain.events import Disposition
from domain.instants import to_ms
from domain.wording import counted


@click.group()
def feedback() -> None:
    """Hand what the desk found out to whoever learns from it."""


@feedback.command(
    epilog="Example: riskdesk feedback export --since 2026-03-01T00:00:00+08:00 -o dispositions.jsonl "
    "--store sqlite:///desk.db"
)
@click.option("--since", type=Instant(), required=True, help="From when on it became known.")
@click.option("--until", type=Instant(), help="Before when it became known.  [now]")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the events go, one JSON line each.",
)
@STORE
def export(since: datetime, until: datetime | None, out: Path, url: str) -> None:
    """Write a `disposition` event for each alert of each case that was closed or reopened in that time.

    They come in the order in which they became known. The same time gives the same bytes, and an event
    has the same id in every file: put files together and drop repeats by `event_id`. Of several about one
    alert the last holds. `riskdesk replay` and `riskdesk run` read the file like any other.
    """
    until_ms = to_ms(until) if until else now_ms()
    with opened(url) as store:
        written = _write(out, store.feedback.dispositions(to_ms(since), until_ms))
    click.echo(f"wrote {counted(written, 'disposition')} to {out}", err=True)


def _write(out: Path, dispositions: Iterable[Disposition]) -> int:
    """Write a file that is whole or not there at all."""
    encode = msgspec.json.Encoder().encode
    part = out.with_name(f"{out.name}.part")
    written = 0
    with part.open("wb") as file:
        for disposition in dispositions:
            file.write(encode(disposition) + b"\n")
            written += 1
    part.replace(out)
    return written
