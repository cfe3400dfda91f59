"""The `reference` command: who holds a card, where a terminal stands, which devices there are."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
import orjson

from cases.store import open_store
from connectors.reference_files import KINDS, read_reference, reference_line
from devices.registry import FleetRecord
from domain.reference import Record

_STORE = click.option(
    "--store", "url", required=True, help="The store, as sqlite:///path or postgresql://..."
)


@click.group()
def reference() -> None:
    """Load and look up who holds a card and where a terminal stands."""


@reference.command(epilog="Example: riskdesk reference load bank.jsonl.zst --store sqlite:///desk.db")
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
@_STORE
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON line.")
def load(files: tuple[Path, ...], url: str, as_json: bool) -> None:
    """Load FILES of JSON lines: customers, cards, terminals, branches, devices, sites and planned work.

    Each has the time from which it holds. All of it is loaded, or nothing when any line is wrong. Loading the
    same again changes nothing; the same kind, id and time with other values replaces the record.
    """
    counts = Counter(dict.fromkeys(KINDS, 0))
    with open_store(url) as store:
        store.reference.put(_counted(read_reference(files), counts))
    if as_json:
        click.echo(orjson.dumps(counts))
    else:
        found = [f"{count} {kind}" for kind, count in counts.items() if count]
        click.echo(f"loaded {', '.join(found) or 'nothing: the files are empty'}")


@reference.command(epilog="Example: riskdesk reference show card card-17 --store sqlite:///desk.db")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.argument("record_id", metavar="ID")
@_STORE
def show(kind: str, record_id: str, url: str) -> None:
    """Print all versions of one record, the oldest first, as the lines that `load` reads."""
    with open_store(url, create=False) as store:
        kept = chain(store.reference.all(), store.reference.all_fleet())
        found = [record for record in kept if isinstance(record, KINDS[kind]) and record.id == record_id]
    if not found:
        raise click.ClickException(f"there is no {kind} {record_id!r} in {url}")
    for record in sorted(found, key=lambda record: record.effective_at):
        click.echo(reference_line(record), nl=False)


def _counted(records: Iterable[Record | FleetRecord], counts: Counter[str]) -> Iterator[Record | FleetRecord]:
    """Pass the records on and count each of them by kind."""
    kind_of_type = {kept: kind for kind, kept in KINDS.items()}
    for record in records:
        counts[kind_of_type[type(record)]] += 1
        yield record
