"""The `audit` command: whether the record of who did what is whole, its seals, and its rows."""

from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cases.audit.chain import Entry
from cases.audit.seal import Seal
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.following import follow
from domain.instants import iso
from domain.wording import counted

SEALS = click.option(
    "--seals",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="RISKDESK_SEALS",
    help="The file of seals, best on another machine.  [RISKDESK_SEALS, else beside the keys]",
)


@click.group(epilog="Example: riskdesk audit verify --store sqlite:///desk.db")
def audit() -> None:
    """Verify, seal and read the record of who did and saw what.

    Its keys lie in the folder that RISKDESK_KEYS names: `keys/` beside an SQLite store, else
    ~/.config/riskdesk/keys.
    """


@audit.command(
    epilog="Example: riskdesk audit verify --seals /mnt/worm/seals.jsonl --store sqlite:///desk.db"
)
@SEALS
@click.option(
    "--from-row",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Begin with the seal that covers this row.",
)
@options(STORE, JSON)
@click.pass_context
def verify(ctx: click.Context, seals: Path | None, from_row: int, url: str, as_json: bool) -> None:
    """Read every row and name those that were edited, deleted, moved, put in or cut off.

    Exit code 1 says that something was touched, or that it could not be verified.
    """
    with opened(url) as store:
        verified = store.audit.verify(seals, from_row)
    for found in verified.breaks:
        click.echo(orjson.dumps(found._asdict()) if as_json else found.words)
    sealed = f"sealed up to row {verified.sealed_to}" if verified.sealed_to else "not sealed yet"
    verdict = counted(len(verified.breaks), "fault") if verified.breaks else "as they were written"
    click.echo(f"{counted(verified.rows, 'row')}, {sealed}: {verdict}", err=True)
    ctx.exit(1 if verified.breaks else 0)


@audit.command(
    epilog="Example: riskdesk audit seal --every 5 --seals /mnt/worm/seals.jsonl --store sqlite:///desk.db"
)
@SEALS
@click.option(
    "--every",
    "minutes",
    type=click.FloatRange(min=0, min_open=True, max=24 * 60),
    help="Go on, and seal whenever this many minutes have passed.",
)
@options(STORE)
def seal(seals: Path | None, minutes: float | None, url: str) -> None:
    """Sign the rows since the last seal, into the store and the file of seals."""
    with opened(url) as store:
        if minutes is None:
            say_sealed(store.audit.seal(now_ms(), seals))
        else:
            follow(lambda: say_sealed(store.audit.seal(now_ms(), seals)), minutes * 60)


@audit.command(
    "list",
    epilog="Example: riskdesk audit list --object case:C0123456789 --role auditor --agent au-2 --store sqlite:///desk.db",
)
@click.option("--object", "object_", help="Only rows about this, written kind:id.")
@click.option("--actor", help="Only rows of this person.")
@click.option("--verb", help="Only rows of this act, such as viewed or closed.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@options(WHO, STORE, JSON)
@click.pass_context
def list_(
    ctx: click.Context,
    object_: str | None,
    actor: str | None,
    verb: str | None,
    limit: int,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """List the newest rows, the oldest of them first; that is recorded too."""
    with opened(url) as store:
        rows = store.audit.list(
            who(agent, role), now_ms(), object_=object_, actor=actor, verb=verb, limit=limit
        )
    if as_json:
        for row in rows:
            click.echo(orjson.dumps(row._asdict() | {"at": iso(row.at_ms)}))
    else:
        Console(highlight=False, soft_wrap=True).print(_table(rows) if rows else "no row here")
    ctx.exit(0 if rows else 1)


def say_sealed(made: Seal | None) -> None:
    """Say which rows were sealed."""
    said = f"rows {made.seq_from} to {made.seq_to} are sealed" if made else "nothing new to seal"
    click.echo(said, err=True)


def _table(rows: tuple[Entry, ...]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name in ("row", "at (UTC)", "who", "role", "did", "to", "reason"):
        table.add_column(name, justify="right" if name == "row" else "left")
    table.add_row(*(Text(str(column.header), "dim") for column in table.columns))
    for row in rows:
        at = iso(row.at_ms)[:19].replace("T", " ")
        cells = (str(row.seq), at, row.actor, row.role, row.verb.replace("_", " "), row.object, row.reason)
        table.add_row(*(Text(_plain(cell)) for cell in cells))
    return table


def _plain(text: str) -> str:
    """Take out what could steer a terminal: reasons are typed by people."""
    return "".join(character if character.isprintable() else "?" for character in text)
