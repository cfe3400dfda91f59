"""What the `learn` commands share: which files are read, where a table goes, and from when on it holds."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click
import orjson

from cli.desk_options import Instant
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from domain.events import Event
from domain.instants import iso, to_ms
from domain.tables import Published
from learning.published import write_table

E = TypeVar("E", bound=Event)
# The year 9999: which times can be right is judged by the table's own, not here.
_LATEST_MS = 253_402_300_799_000
_ANY_TIME = TimeBounds(0, _LATEST_MS, ahead_of_ingest_ms=_LATEST_MS)

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
OUT = click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the table goes, as JSON; a profile names it under `tables`.",
)
EFFECTIVE_AT = click.option(
    "--effective-at",
    type=Instant(),
    required=True,
    help="From when on it is in force; later than every event it is learnt from.",
)


class Recorded:
    """The events of files, and how many of their lines were none."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Read `files`, or the files of these folders, whenever events are asked for."""
        self.rejected = 0
        self._files = files

    def events(self, kind: type[E]) -> Iterator[E]:
        """Read them, and give those of one kind."""
        return (event for event in self.all() if isinstance(event, kind))

    def all(self) -> Iterator[Event]:
        """Read them."""
        codec = Codec(_ANY_TIME)
        for path in self._files:
            for block in read_blocks(path):
                events, rejected = codec.decode(block)
                self.rejected += len(rejected)
                yield from events

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
