"""The `queue` command: what to work on next, what is known about it, and what came of it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console

from cases.case import LIVE, Case, Outcome, Status, case_file_record, case_record
from cases.errors import WrongUse
from cases.store import Store, open_store
from cli.case_pages import case_page, heading, ranked_lines
from domain.instants import iso, to_ms

# A page that is wider is read badly, whatever the screen.
_WIDEST = 100
_MINUTE_MS = 60_000

F = TypeVar("F", bound=Callable[..., Any])


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Put several options on one command, to be shown in this order."""

    def put(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return put


_STORE = click.option(
    "--store",
    "url",
    required=True,
    envvar="RISKDESK_STORE",
    help="The queue, as sqlite:///path.  [RISKDESK_STORE]",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
_AGENT = click.option(
    "--agent", required=True, envvar="RISKDESK_AGENT", help="Who you are.  [RISKDESK_AGENT]"
)
_LEASE = click.option(
    "--lease-minutes",
    type=click.FloatRange(min=0, min_open=True, max=24 * 60),
    default=15,
    show_default=True,
    help="How long the case stays with you.",
)


@click.group(epilog="Example: riskdesk queue next --agent agent-7 --store sqlite:///desk.db")
def queue() -> None:
    """Work through the cases, the most pressing first.

    Exit code 1 says that there was nothing, or that it could not be done.
    """


@queue.command(
    "next", epilog="Example: riskdesk queue next --agent agent-7 --lease-minutes 5 --store sqlite:///desk.db"
)
@_options(_AGENT, _LEASE, _STORE, _JSON)
@click.pass_context
def next_(ctx: click.Context, agent: str, lease_minutes: float, url: str, as_json: bool) -> None:
    """Claim the most pressing case that nobody holds."""
    with _opened(url) as store:
        case = store.cases.next_case(agent, _now_ms(), _lease_ms(lease_minutes))
    if case is None:
        click.echo("nothing to do: no case is waiting", err=True)
        ctx.exit(1)
    _say_claimed(case, as_json)


@queue.command(epilog="Example: riskdesk queue claim C0123456789 --agent agent-7 --store sqlite:///desk.db")
@click.argument("case_id", metavar="CASE")
@_options(_AGENT, _LEASE, _STORE, _JSON)
def claim(case_id: str, agent: str, lease_minutes: float, url: str, as_json: bool) -> None:
    """Claim one CASE, or hold it for longer if it is yours."""
    with _opened(url) as store:
        case = store.cases.claim(case_id, agent, _now_ms(), _lease_ms(lease_minutes))
    _say_claimed(case, as_json)


@queue.command(
    "list", epilog="Example: riskdesk queue list --status closed --limit 5 --store sqlite:///desk.db"
)
@click.option(
    "--status",
    "statuses",
    type=click.Choice([status.value for status in Status]),
    multiple=True,
    help="Only these; may be given several times.  [open and working]",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="How many at most.  [20 on the screen, all as JSON]"
)
@_options(_STORE, _JSON)
@click.pass_context
def list_(ctx: click.Context, statuses: tuple[str, ...], limit: int | None, url: str, as_json: bool) -> None:
    """List the cases in the order of their rank."""
    wanted = tuple(Status(status) for status in statuses) or LIVE
    with _opened(url, create=False) as store:
        if as_json:
            found = store.cases.list(wanted, limit)
            for case in found:
                click.echo(orjson.dumps(case_record(case)))
            ctx.exit(0 if found else 1)
        ctx.exit(0 if print_ranked(store, console(), limit or 20, wanted) else 1)


@queue.command(epilog="Example: riskdesk queue show C0123456789 --store sqlite:///desk.db")
@click.argument("case_id", metavar="CASE")
@_options(_STORE, _JSON)
def show(case_id: str, url: str, as_json: bool) -> None:
    """Show everything on record about one CASE: alerts, evidence, cards, calls to make, timeline."""
    with _opened(url) as store:
        file = store.cases.show(case_id)
    if as_json:
        click.echo(orjson.dumps(case_file_record(file)))
    else:
        console().print(case_page(file))


@queue.command(
    epilog="Example: riskdesk queue close C0123456789 --agent agent-7 --outcome genuine --store sqlite:///desk.db"
)
@click.argument("case_id", metavar="CASE")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), required=True, help="What it was."
)
@click.option("--note", default="", help="What the next reader should know; card numbers are masked.")
@click.option("--lease-no", type=click.IntRange(min=1), help="Only if you still hold it under this number.")
@_options(_AGENT, _STORE, _JSON)
def close(
    case_id: str, outcome: str, note: str, lease_no: int | None, agent: str, url: str, as_json: bool
) -> None:
    """Close a CASE that you hold."""
    with _opened(url) as store:
        case = store.cases.close(case_id, agent, lease_no, Outcome(outcome), note, _now_ms())
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    click.echo(f"{case.id} is closed as {outcome}", err=True)


def print_ranked(store: Store, console: Console, limit: int = 20, statuses: tuple[Status, ...] = LIVE) -> int:
    """Print the first `limit` cases in the order of their rank, and give how many there were to print."""
    cases = store.cases.list(statuses, limit)
    console.print(heading() if cases else "no case here")
    for case in cases:
        console.print(ranked_lines(case))
    return len(cases)


def console() -> Console:
    """Give a console for the screen, or for a file, no wider than a page."""
    width = shutil.get_terminal_size(fallback=(_WIDEST, 50)).columns
    return Console(width=min(width, _WIDEST), highlight=False)


@contextmanager
def _opened(url: str, *, create: bool = False) -> Iterator[Store]:
    try:
        with open_store(url, create=create) as store:
            yield store
    except WrongUse as error:
        raise click.UsageError(str(error)) from error


def _say_claimed(case: Case, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    else:
        page = console()
        page.print(heading())
        page.print(ranked_lines(case))
    if case.lease is not None:
        until = iso(case.lease.until_ms)
        click.echo(f"{case.id} is yours until {until}, lease number {case.lease.number}", err=True)


def _now_ms() -> int:
    return to_ms(datetime.now(UTC))


def _lease_ms(minutes: float) -> int:
    return max(1, round(minutes * _MINUTE_MS))
