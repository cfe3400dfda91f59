"""The `retention` command: archives, holds, and what the law gives a customer."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from cases.retention.holds import Hold, hold_record
from cases.retention.requests import Kind, request_record
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from domain.wording import counted

_FOLDER = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Where the archive files are.",
)
_REQUEST = click.argument("request_id", metavar="REQUEST", type=int)


@click.group(
    epilog="Example: riskdesk retention archive --folder archive --role ops --agent ops-1 --store sqlite:///desk.db"
)
def retention() -> None:
    """Archive and purge old cases, hold what must be kept, export and erase a customer's data.

    Exit code 1 says that something was left out or could not be done.
    """


@retention.command(
    epilog="Example: riskdesk retention archive --folder archive --role ops --agent ops-1 --store sqlite:///desk.db"
)
@options(_FOLDER, WHO, STORE, JSON)
def archive(folder: Path, agent: str, role: str, url: str, as_json: bool) -> None:
    """Write closed cases whose time has come into files, one for each month of closing.

    The files are checked, and nothing is deleted. What an order holds is left out.
    """
    with opened(url) as store:
        made, kept = store.retention.archive(folder, who(agent, role), now_ms())
    for each in made:
        said = {"file": each.file, "month": each.month, "sha256": each.sha256, "cases": len(each.digests)}
        click.echo(orjson.dumps(said) if as_json else f"{each.file}  {counted(len(each.digests), 'case')}")
    click.echo(f"{counted(len(made), 'file')} written", err=True)
    _say_kept(kept)


@retention.command(
    epilog="Example: riskdesk retention purge --folder archive --role ops --agent ops-1 --store sqlite:///desk.db"
)
@options(_FOLDER, WHO, STORE, JSON)
@click.pass_context
def purge(ctx: click.Context, folder: Path, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let archived cases whose time is over leave the store; the audit stays.

    Only what lies unchanged in a whole archive file is deleted, and nothing that an order holds.
    """
    with opened(url) as store:
        found = store.retention.purge(folder, who(agent, role), now_ms())
    if as_json:
        click.echo(orjson.dumps({"purged": found.purged, "kept": dict(found.kept)}))
    click.echo(f"{counted(len(found.purged), 'case')} purged", err=True)
    _say_kept(found.kept)
    ctx.exit(1 if found.kept else 0)


@retention.group()
def hold() -> None:
    """Keep what an order wants kept."""


@hold.command(
    epilog="Example: riskdesk retention hold place case:C0123456789 --order 2026-17 --reason inquiry "
    "--role compliance --agent officer-1 --store sqlite:///desk.db"
)
@click.argument("subject")
@click.option("--order", "order_number", required=True, help="The number of the order.")
@click.option("--reason", required=True, help="Why it must be kept.")
@options(WHO, STORE, JSON)
def place(
    subject: str, order_number: str, reason: str, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Keep SUBJECT (case:ID or customer:ID) as it is until the hold is released."""
    with opened(url) as store:
        placed = store.retention.hold(subject, order_number, reason, who(agent, role), now_ms())
    _print_holds([placed], as_json)


@hold.command(
    epilog="Example: riskdesk retention hold release 1 --reason 'inquiry closed' --role compliance "
    "--agent officer-1 --store sqlite:///desk.db"
)
@click.argument("hold_id", metavar="HOLD", type=int)
@click.option("--reason", required=True, help="Why it need no longer be kept.")
@options(WHO, STORE, JSON)
def release(hold_id: int, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """End a HOLD."""
    with opened(url) as store:
        released = store.retention.release(hold_id, reason, who(agent, role), now_ms())
    _print_holds([released], as_json)


@hold.command("list", epilog="Example: riskdesk retention hold list --agent lead-2 --store sqlite:///desk.db")
@click.option("--released", is_flag=True, help="Also those that are released.")
@options(WHO, STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, released: bool, agent: str, role: str, url: str, as_json: bool) -> None:
    """List the holds."""
    with opened(url) as store:
        found = store.retention.holds(who(agent, role), released=released)
    _print_holds(found, as_json)
    ctx.exit(0 if found else 1)


@retention.command(
    epilog="Example: riskdesk retention ask erase u000123 --reason 'their request of 3 March' --role lead "
    "--agent lead-2 --store sqlite:///desk.db"
)
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("customer")
@click.option("--reason", required=True, help="Why, such as the customer's own request.")
@options(WHO, STORE, JSON)
def ask(
    kind: str,
    customer: str,
    reason: str,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Ask for the data of a CUSTOMER to be exported or erased; somebody else must agree."""
    with opened(url) as store:
        asked = store.retention.ask(Kind(kind), customer, reason, who(agent, role), now_ms())
    if as_json:
        click.echo(orjson.dumps(request_record(asked)))
    click.echo(f"request {asked.id} to {asked.kind} waits for a second person", err=True)


@retention.command(
    epilog="Example: riskdesk retention approve 1 --role compliance --agent officer-1 --store sqlite:///desk.db"
)
@options(_REQUEST, WHO, STORE, JSON)
def approve(request_id: int, agent: str, role: str, url: str, as_json: bool) -> None:
    """Agree to a REQUEST that somebody else made."""
    with opened(url) as store:
        agreed = store.retention.approve(request_id, who(agent, role), now_ms())
    if as_json:
        click.echo(orjson.dumps(request_record(agreed)))
    click.echo(f"request {agreed.id} may be done: riskdesk retention {agreed.kind} {agreed.id}", err=True)


@retention.command(
    "requests", epilog="Example: riskdesk retention requests --agent lead-2 --store sqlite:///desk.db"
)
@options(WHO, STORE, JSON)
@click.pass_context
def requests_(ctx: click.Context, agent: str, role: str, url: str, as_json: bool) -> None:
    """List what is asked for and not done."""
    with opened(url) as store:
        found = store.retention.requests(who(agent, role), now_ms())
    for each in found:
        agreed = f"agreed by {each.checker}" if each.checker else "waits for a second person"
        line = f"{each.id}  {each.kind}  {each.customer}  by {each.maker}, {agreed}"
        click.echo(orjson.dumps(request_record(each)) if as_json else line)
    ctx.exit(0 if found else 1)


@retention.command(
    epilog="Example: riskdesk retention export 1 -o customer.json --role lead --agent lead-2 "
    "--store sqlite:///desk.db"
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the data goes, as one JSON object.",
)
@options(_REQUEST, WHO, STORE)
def export(request_id: int, out: Path, agent: str, role: str, url: str) -> None:
    """Write all that the store holds about one customer, as REQUEST was agreed to."""
    with opened(url) as store:
        found: dict[str, Any] = store.retention.export(request_id, who(agent, role), now_ms())
    out.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    rows = sum(map(len, found["tables"].values()))
    click.echo(f"wrote {counted(rows, 'row')} to {out}", err=True)


@retention.command(
    epilog="Example: riskdesk retention erase 2 --folder archive --role lead --agent lead-2 "
    "--store sqlite:///desk.db"
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the archive files are, once there are any; those that name the customer are written anew.",
)
@options(_REQUEST, WHO, STORE, JSON)
def erase(request_id: int, folder: Path | None, agent: str, role: str, url: str, as_json: bool) -> None:
    """Put other names in place of a customer's, as REQUEST was agreed to; there is no way back.

    Refused while an order, an open case, a block in force or the duty to keep records stands against it.
    """
    with opened(url) as store:
        erased = store.retention.erase(request_id, folder, who(agent, role), now_ms())
    if as_json:
        click.echo(orjson.dumps(erased._asdict()))
    click.echo(f"{counted(erased.rows, 'row')} of {counted(erased.cases, 'case')} changed", err=True)
    for file in erased.replaced:
        click.echo(f"{file} was written anew and deleted: destroy the copies of it as well", err=True)


def _say_kept(kept: Mapping[str, str]) -> None:
    for case_id, why in sorted(kept.items()):
        click.echo(f"{case_id} stays: {why}", err=True)


def _print_holds(found: Iterable[Hold], as_json: bool) -> None:
    for each in found:
        ended = " (released)" if each.released_by else ""
        line = f"{each.id}  {each.subject}  order {each.order_number}{ended}  {each.reason}"
        click.echo(orjson.dumps(hold_record(each)) if as_json else line)
