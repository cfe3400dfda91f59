"""The `queue` command: what to work on next, what is known about it, and what came of it."""

import shutil

import click
import orjson
from rich.console import Console

from cases.calling.call_scripts import Language
from cases.case import LIVE, CaseKind, Outcome, Status, case_file_record, case_record, task_record
from cases.device_cases.closing import CloseReason
from cases.store import Store
from cases.who import Right, Who
from cases.work.service import Claimed
from cli.calling import CALL_COMMANDS, LANGUAGE
from cli.calling_pages import calls_page, script_page, tried_page
from cli.case_pages import case_page, heading, items_lines, ranked_lines, task_line
from cli.desk_options import JSON, READER, STORE, WHO, now_ms, opened, options, who
from cli.desk_times import Times
from cli.queue_devices import DEVICE_COMMANDS
from cli.queue_life import COMMANDS

# A page that is wider is read badly, whatever the screen.
_WIDEST = 100
_MINUTE_MS = 60_000

_CASE = click.argument("case_id", metavar="CASE")
_LEASE = click.option(
    "--lease-minutes",
    type=click.FloatRange(min=0, min_open=True, max=24 * 60),
    default=15,
    show_default=True,
    help="How long it stays with you.",
)
_LEASE_NO = click.option(
    "--lease-no", type=click.IntRange(min=1), help="Only if you still hold it under this number."
)
_SKILLS = click.option(
    "--skill",
    "skills",
    multiple=True,
    help="What you can do, or your team; may be given several times.  [general; leads: lead, too]",
)


@click.group(epilog="Example: riskdesk queue next --agent agent-7 --store sqlite:///desk.db")
def queue() -> None:
    """Work through the cases, the most pressing first.

    Exit code 1 says that there was nothing, or that it could not be done.
    """


@queue.command(
    "next", epilog="Example: riskdesk queue next --agent agent-7 --lease-minutes 5 --store sqlite:///desk.db"
)
@options(WHO, _SKILLS, _LEASE, LANGUAGE, STORE, JSON)
@click.pass_context
def next_(
    ctx: click.Context,
    agent: str,
    role: str,
    skills: tuple[str, ...],
    lease_minutes: float,
    language: Language,
    url: str,
    as_json: bool,
) -> None:
    """Claim the most pressing task that nobody holds."""
    with opened(url) as store:
        person = who(agent, role)
        claimed = store.work.next(person, now_ms(), skills=skills, lease_ms=_lease_ms(lease_minutes))
        script = store.calling.script(claimed.case.id) if claimed else None
        file = store.cases.show(claimed.case.id) if claimed and not as_json else None
        calls = store.calling.calls(claimed.case.id, person, now_ms()) if claimed and not as_json else ()
        times = Times.of(store)
    if claimed is None:
        click.echo("nothing to do: no case is waiting", err=True)
        ctx.exit(1)
    _say_claimed(claimed, as_json, times)
    if file is not None and script is not None:
        mine = [call for call in calls if call.task_id == claimed.task.id]
        parts = [calls_page(mine, now_ms(), times)] if mine else []
        console().print(*items_lines(file, times), *parts, "", script_page(script, language), sep="\n")


@queue.command(epilog="Example: riskdesk queue claim C0123456789 --agent agent-7 --store sqlite:///desk.db")
@options(_CASE, WHO, _SKILLS, _LEASE, STORE, JSON)
def claim(
    case_id: str,
    agent: str,
    role: str,
    skills: tuple[str, ...],
    lease_minutes: float,
    url: str,
    as_json: bool,
) -> None:
    """Claim the most pressing task of one CASE, or keep the one that you hold for longer."""
    with opened(url) as store:
        claimed = store.work.claim(
            case_id, who(agent, role), now_ms(), skills=skills, lease_ms=_lease_ms(lease_minutes)
        )
        times = Times.of(store)
    _say_claimed(claimed, as_json, times)


@queue.command(epilog="Example: riskdesk queue renew 12 --agent agent-7 --store sqlite:///desk.db")
@click.argument("task_id", metavar="TASK", type=int)
@options(_LEASE_NO, WHO, _LEASE, STORE, JSON)
def renew(
    task_id: int,
    lease_no: int | None,
    agent: str,
    role: str,
    lease_minutes: float,
    url: str,
    as_json: bool,
) -> None:
    """Keep a TASK that you hold for longer."""
    with opened(url) as store:
        claimed = store.work.renew(
            task_id, who(agent, role), lease_no, now_ms(), lease_ms=_lease_ms(lease_minutes)
        )
        times = Times.of(store)
    _say_claimed(claimed, as_json, times)


@queue.command(
    "list", epilog="Example: riskdesk queue list --status closed --limit 5 --store sqlite:///desk.db"
)
@click.option(
    "--status",
    "statuses",
    type=click.Choice([status.value for status in Status]),
    multiple=True,
    help="Only these; may be given several times.  [open, working, waiting and escalated]",
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice([kind.value for kind in CaseKind]),
    multiple=True,
    help="Only these; may be given several times.  [all]",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="How many at most.  [20 on the screen, all as JSON]"
)
@options(READER, STORE, JSON)
@click.pass_context
def list_(
    ctx: click.Context,
    statuses: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """List the cases in the order of their rank."""
    wanted = tuple(Status(status) for status in statuses) or LIVE
    about = tuple(CaseKind(kind) for kind in kinds) or tuple(CaseKind)
    with opened(url) as store:
        _seen(store, who(agent, role), "queue:live")
        if as_json:
            found = store.cases.list(wanted, limit, kinds=about)
            for case in found:
                click.echo(orjson.dumps(case_record(case)))
            ctx.exit(0 if found else 1)
        ctx.exit(0 if print_ranked(store, console(), limit or 20, wanted, about) else 1)


@queue.command(epilog="Example: riskdesk queue show C0123456789 --store sqlite:///desk.db")
@options(_CASE, LANGUAGE, READER, STORE, JSON)
def show(case_id: str, language: Language, agent: str, role: str, url: str, as_json: bool) -> None:
    """Show everything on record about one CASE: alerts, evidence, cards, calls, timeline, call script."""
    with opened(url) as store:
        file = store.cases.show(case_id)
        _seen(store, who(agent, role), f"case:{case_id}")
        tried, script = store.calling.sentences(case_id, now_ms()), store.calling.script(case_id)
        times = Times.of(store)
    if as_json:
        calls = {"tried": dict(tried), "script": {"name": script.name, "version": script.version}}
        click.echo(orjson.dumps({**case_file_record(file), **calls}))
    else:
        console().print(case_page(file, times), tried_page(tried), script_page(script, language), sep="\n")


@queue.command(
    epilog="Example: riskdesk queue close C0123456789 --agent agent-7 --outcome genuine --store sqlite:///desk.db"
)
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), required=True, help="What it was."
)
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in CloseReason]),
    help="What it turned out to be; the case of a device needs one.",
)
@click.option("--note", default="", help="What the next reader should know; card numbers are masked.")
@options(_CASE, _LEASE_NO, WHO, STORE, JSON)
def close(
    case_id: str,
    outcome: str,
    reason: str | None,
    note: str,
    lease_no: int | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Close a CASE that you hold."""
    with opened(url) as store:
        case = store.work.close(
            case_id, who(agent, role), lease_no, Outcome(outcome), note, now_ms(), reason=reason
        )
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    click.echo(f"{case.id} is closed as {outcome}", err=True)


for _command in (*COMMANDS, *CALL_COMMANDS, *DEVICE_COMMANDS):
    queue.add_command(_command)


def print_ranked(
    store: Store,
    console: Console,
    limit: int = 20,
    statuses: tuple[Status, ...] = LIVE,
    kinds: tuple[CaseKind, ...] = tuple(CaseKind),
) -> int:
    """Print the first `limit` cases in the order of their rank, and give how many there were to print."""
    cases = store.cases.list(statuses, limit, kinds=kinds)
    times = Times.of(store)
    console.print(heading(times) if cases else "no case here")
    for case in cases:
        console.print(ranked_lines(case, times))
    return len(cases)


def console() -> Console:
    """Give a console for the screen, or for a file, no wider than a page."""
    width = shutil.get_terminal_size(fallback=(_WIDEST, 50)).columns
    return Console(width=min(width, _WIDEST), highlight=False)


def _say_claimed(claimed: Claimed, as_json: bool, times: Times) -> None:
    case, task = claimed.case, claimed.task
    if as_json:
        click.echo(orjson.dumps({**case_record(case), "task": task_record(task)}))
    else:
        page = console()
        page.print(heading(times))
        page.print(ranked_lines(case, times))
        page.print(task_line(task, times))
    if task.lease_until_ms is not None:
        until = times.whole(task.lease_until_ms)
        click.echo(
            f"{case.id} is yours until {until}, task {task.id}, lease number {task.lease_no}", err=True
        )


def _lease_ms(minutes: float) -> int:
    return max(1, round(minutes * _MINUTE_MS))


def _seen(store: Store, person: Who, object_: str) -> None:
    person.require(Right.READ_CASES)
    store.audit.viewed(person, object_, now_ms())
