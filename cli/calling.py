"""The commands of `riskdesk queue` about calls: dial, record an attempt, numbers, wishes and scripts."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import orjson
from rich.console import Console

from cases.calling.call_scripts import Language, script, scripts
from cases.calling.contacts import number_record
from cases.calling.dialer import Dialer, ManualDialer, NoNumberBook, TelLinkDialer, place
from cases.calling.dispositions import DISPOSITIONS
from cases.calling.results import Recorded, Report
from cli.calling_pages import calls_page, script_page
from cli.desk_options import JSON, STORE, WHO, Instant, now_ms, opened, options, who
from cli.desk_times import Times
from connectors.dialer_webhook import WebhookDialer
from domain.instants import iso, to_ms

_WIDEST = 100
LANGUAGE = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    envvar="RISKDESK_LANGUAGE",
    help="Of the call script.  [RISKDESK_LANGUAGE]",
)
_TASK = click.option("--task", "task_id", type=click.IntRange(min=1), help="Which call, if you hold several.")
_LEASE_NO = click.option(
    "--lease-no", type=click.IntRange(min=1), help="Only if you still hold it under this number."
)
_EXAMPLE = "--agent agent-7 --store sqlite:///desk.db"


@click.command(
    "attempt",
    epilog=f"Example: riskdesk queue attempt C0123456789 --number home-1 --disposition busy {_EXAMPLE}",
)
@click.argument("case_id", metavar="CASE")
@click.option("--disposition", type=click.Choice(list(DISPOSITIONS)), required=True, help="How it ended.")
@click.option("--number", "reference", help="The bank's handle of the number; needless for an open call.")
@click.option("--note", default="", help="What the next reader should know; card numbers are masked.")
@click.option("--callback-at", type=Instant(), help="When the customer wants to be called, as ISO 8601.")
@click.option("--identity-verified", is_flag=True, help="Short for --checked identity.")
@click.option("--checked", multiple=True, metavar="STEP", help="A step of the script; may be given again.")
@click.option("--recording", metavar="REF", help="What the recorder calls the recording of the call.")
@options(_TASK, _LEASE_NO, WHO, STORE, JSON)
def attempt(
    case_id: str,
    disposition: str,
    reference: str | None,
    note: str,
    callback_at: datetime | None,
    identity_verified: bool,
    checked: tuple[str, ...],
    recording: str | None,
    task_id: int | None,
    lease_no: int | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Record how a call of CASE ended, and do what follows from it."""
    acting = who(agent, role)
    with opened(url) as store:
        report = Report(
            task_id=task_id or store.calling.held_call(case_id, acting),
            disposition=disposition,
            reference=reference,
            lease_no=lease_no,
            note=note,
            callback_at_ms=None if callback_at is None else to_ms(callback_at),
            checked=(*checked, "identity") if identity_verified else checked,
            recording=recording,
        )
        recorded = store.calling.record(report, acting, now_ms())
    if as_json:
        click.echo(orjson.dumps(_attempt_record(recorded)))
    click.echo(f"{recorded.disposition} on {recorded.reference}: {recorded.next.words}", err=True)


@click.command("dial", epilog=f"Example: riskdesk queue dial C0123456789 {_EXAMPLE}")
@click.argument("case_id", metavar="CASE")
@click.option("--number", "reference", help="The bank's handle.  [the number whose turn it is]")
@click.option(
    "--via",
    type=click.Choice(["manual", "tel", "webhook"]),
    default="manual",
    show_default=True,
    envvar="RISKDESK_DIALER",
    help="By hand, by a link, or by the telephone system at --cti-url.  [RISKDESK_DIALER]",
)
@click.option("--cti-url", envvar="RISKDESK_CTI_URL", help="The telephone system.  [RISKDESK_CTI_URL]")
@click.option(
    "--cti-secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="RISKDESK_CTI_SECRET_FILE",
    help="Holds the secret that signs what is sent.  [RISKDESK_CTI_SECRET_FILE]",
)
@options(_TASK, _LEASE_NO, LANGUAGE, WHO, STORE, JSON)
@click.pass_context
def dial(
    ctx: click.Context,
    case_id: str,
    reference: str | None,
    via: str,
    cti_url: str | None,
    cti_secret_file: Path | None,
    task_id: int | None,
    lease_no: int | None,
    language: Language,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Begin a call of CASE and show its script. The call is open until `attempt` says how it ended."""
    acting, dialer = who(agent, role), _dialer(via, cti_url, cti_secret_file)
    with opened(url) as store:
        task_id = task_id or store.calling.held_call(case_id, acting)
        placed = place(
            store.calling, dialer, task_id, acting, now_ms(), reference=reference, lease_no=lease_no
        )
    begun, dialled = placed.begun, placed.dialled
    if as_json:
        record = {
            "attempt": begun.attempt_id,
            "case": begun.case_id,
            "task": begun.task_id,
            "number": begun.reference,
            "placed": dialled.placed,
            "link": dialled.link,
            "call": dialled.call,
            "script": begun.script.name,
            "script_version": begun.script.version,
        }
        click.echo(orjson.dumps(record))
    elif dialled.placed:
        _console().print(script_page(begun.script, language))
    for words in (begun.caution, dialled.words, dialled.link):
        if words:
            click.echo(words, err=True)
    ctx.exit(0 if dialled.placed else 1)


@click.command("numbers", epilog=f"Example: riskdesk queue numbers C0123456789 {_EXAMPLE}")
@click.argument("case_id", metavar="CASE")
@options(WHO, STORE, JSON)
@click.pass_context
def numbers(ctx: click.Context, case_id: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Show whom CASE calls on which numbers: which may be rung now, why not, and how often they were tried.

    Exit code 1 says that nobody of it may be called now.
    """
    at_ms = now_ms()
    with opened(url) as store:
        calls = store.calling.calls(case_id, who(agent, role), at_ms)
        times = Times.of(store)
    if as_json:
        for call in calls:
            record = {
                "task": call.task_id,
                "subject": call.subject,
                "state": call.state,
                "time_zone": call.zone,
                "callable_from": call.opens_ms and iso(call.opens_ms),
                "next": call.next,
                "tried": call.tried,
                "numbers": [number_record(number) for number in call.numbers],
            }
            click.echo(orjson.dumps(record))
    else:
        _console().print(calls_page(calls, at_ms, times))
    ctx.exit(0 if any(call.opens_ms is None and call.next for call in calls) else 1)


@click.command("wish", epilog=f"Example: riskdesk queue wish C0123456789 --customer u000123 {_EXAMPLE}")
@click.argument("case_id", metavar="CASE")
@click.option("--customer", required=True, help="Whose wish it is.")
@click.option("--number", "reference", default="", help="Only this number.  [all of them]")
@click.option("--until", type=Instant(), help="Until when, as ISO 8601.  [for good]")
@click.option("--note", default="", help="What was said; card numbers are masked.")
@click.option("--taken-back", is_flag=True, help="The customer may be called again.")
@options(WHO, STORE)
def wish(
    case_id: str,
    customer: str,
    reference: str,
    until: datetime | None,
    note: str,
    taken_back: bool,
    agent: str,
    role: str,
    url: str,
) -> None:
    """Keep that a customer of CASE does not want to be called, or that they may be again."""
    acting = who(agent, role)
    with opened(url) as store:
        if taken_back:
            store.calling.end_wish(customer, acting, now_ms(), reference=reference)
        else:
            until_ms = None if until is None else to_ms(until)
            store.calling.wish(
                case_id, customer, acting, now_ms(), reference=reference, until_ms=until_ms, note=note
            )
    click.echo("the customer may be called again" if taken_back else "kept: not to be called", err=True)


@click.command("number-found", epilog=f"Example: riskdesk queue number-found --task 12 {_EXAMPLE}")
@click.option("--task", "task_id", type=click.IntRange(min=1), required=True, help="The contact-data task.")
@click.option("--number", "reference", help="The bank's handle of a number that is right after all.")
@options(_LEASE_NO, WHO, STORE)
def number_found(
    task_id: int, reference: str | None, lease_no: int | None, agent: str, role: str, url: str
) -> None:
    """End a contact-data task that you hold: the call that waited for a number is ready again."""
    with opened(url) as store:
        store.calling.contact_restored(
            task_id, who(agent, role), now_ms(), reference=reference, lease_no=lease_no
        )
    click.echo("the call is ready again", err=True)


@click.group("scripts", epilog="Example: riskdesk queue scripts show burst --language zh")
def call_scripts() -> None:
    """Read the call scripts: what to ask, what never to ask, how to verify the person."""


@call_scripts.command("list", epilog="Example: riskdesk queue scripts list")
@options(JSON)
def list_(as_json: bool) -> None:
    """List the scripts, one for each detector."""
    for each in scripts().values():
        if as_json:
            click.echo(orjson.dumps({"script": each.name, "version": each.version, "title": each.title.en}))
        else:
            click.echo(f"{each.name}  version {each.version}  {each.title.en}")


@call_scripts.command("show", epilog="Example: riskdesk queue scripts show burst --language zh")
@click.argument("name", metavar="NAME")
@options(LANGUAGE, JSON)
def show(name: str, language: Language, as_json: bool) -> None:
    """Show the script NAME."""
    found = script(name)
    if as_json:
        click.echo(orjson.dumps(found.model_dump()))
    else:
        _console().print(script_page(found, language))


# What `riskdesk queue` adds to itself.
CALL_COMMANDS = (attempt, dial, numbers, wish, number_found, call_scripts)


def _dialer(via: str, cti_url: str | None, secret_file: Path | None) -> Dialer:
    if via != "webhook":
        made: dict[str, Callable[[], Dialer]] = {
            "manual": ManualDialer,
            "tel": lambda: TelLinkDialer(NoNumberBook()),
        }
        return made[via]()
    if cti_url is None or secret_file is None:
        raise click.UsageError("--via webhook needs --cti-url and --cti-secret-file")
    return WebhookDialer(cti_url, secret_file.read_bytes().strip(), now_ms)


def _attempt_record(recorded: Recorded) -> dict[str, object]:
    following = recorded.next
    return {
        "attempt": recorded.attempt_id,
        "case": recorded.case_id,
        "task": recorded.task_id,
        "number": recorded.reference,
        "disposition": recorded.disposition,
        "next": following.words,
        "wake_at": following.wake_at_ms and iso(following.wake_at_ms),
        "next_number": following.reference,
        "case_closed_as": following.case_closed_as,
    }


def _console() -> Console:
    width = shutil.get_terminal_size(fallback=(_WIDEST, 50)).columns
    return Console(width=min(width, _WIDEST), highlight=False)
