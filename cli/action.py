"""The `action` command: what is done to cards, accounts and cases, by one person and checked by another."""

from datetime import datetime, timedelta

import click
import orjson

from cases.actions.action import Action, Basis, Order, action_record
from cases.actions.kinds import RULES, Kind, Target
from cases.actions.life import Status
from cases.actions.proposing import Proposal
from cli.desk_options import JSON, READER, STORE, WHO, Instant, now_ms, opened, options, who
from cli.executor import expire, run
from domain.instants import iso, to_ms

_ACTION = click.argument("action_id", metavar="ACTION")
_KIND = click.Choice([kind.value for kind in Kind])
_REASON = click.option("--reason", required=True, help="Why; card numbers are masked.")
# What can be done to the scope of an order when it is recorded.
_ORDERED = click.Choice([Kind.TEMPORARY_BLOCK.value, Kind.FREEZE.value, "none"])
_HOLDABLE = RULES[Kind.TEMPORARY_BLOCK].targets


@click.group(epilog="Example: riskdesk action list --pending --store sqlite:///desk.db")
def action() -> None:
    """Block, release, report and change, with the second person that each takes.

    Exit code 1 says that there was nothing, or that it could not be done.
    """


@action.command(
    epilog="Example: riskdesk action propose C0123456789 --kind temporary_block --target card:tok_7f3a "
    '--basis terms --reason "card tested abroad" --agent agent-7 --store sqlite:///desk.db'
)
@click.argument("case_id", metavar="CASE")
@click.option("--kind", type=_KIND, required=True, help="What is to be done.")
@click.option("--target", help="To what: card:TOKEN, account:ID, payment:ID, rule:NAME...  [the case itself]")
@click.option("--basis", help="What entitles the bank: consent, consent:ATTEMPT, terms, or order:NUMBER.")
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    help="How long a temporary block lasts.  [as the policy says]",
)
@options(_REASON, WHO, STORE, JSON)
def propose(
    case_id: str,
    kind: str,
    target: str | None,
    basis: str | None,
    hours: float | None,
    reason: str,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Propose something in a CASE; a temporary block takes effect at once where one person may act."""
    with opened(url) as store:
        proposal = Proposal(
            kind=Kind(kind),
            target=target or f"case:{case_id}",
            reason=reason,
            case_id=case_id,
            basis=None if basis is None else Basis.parse(basis),
            lasts=None if hours is None else timedelta(hours=hours),
        )
        made = store.actions.propose(proposal, who(agent, role), now_ms())
    _say(made, as_json)


@action.command(
    epilog="Example: riskdesk action approve A0123456789 --agent lead-2 --role lead --store sqlite:///desk.db"
)
@_ACTION
@click.option("--note", default="", help="What you looked at; card numbers are masked.")
@options(WHO, STORE, JSON)
def approve(action_id: str, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let a proposed ACTION take effect, or confirm a block that one person set."""
    with opened(url) as store:
        done = store.actions.approve(action_id, who(agent, role), now_ms(), note)
    _say(done, as_json)


@action.command(
    epilog='Example: riskdesk action reject A0123456789 --reason "wrong card" --agent lead-2 --role lead '
    "--store sqlite:///desk.db"
)
@_ACTION
@options(_REASON, WHO, STORE, JSON)
def reject(action_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Turn a proposed ACTION down, or end a block that one person set."""
    with opened(url) as store:
        done = store.actions.reject(action_id, who(agent, role), reason, now_ms())
    _say(done, as_json)


@action.command(
    epilog='Example: riskdesk action reverse A0123456789 --reason "customer was travelling" --agent agent-7 '
    "--store sqlite:///desk.db"
)
@_ACTION
@options(_REASON, WHO, STORE, JSON)
def reverse(action_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Release what an ACTION holds; the release itself may wait for a second person."""
    with opened(url) as store:
        release = store.actions.reverse(action_id, who(agent, role), reason, now_ms())
    _say(release, as_json)


@action.command(
    "carry-out",
    epilog='Example: riskdesk action carry-out A0123456789 --result "received as 2026-114" --agent ana-1 '
    "--role analyst --store sqlite:///desk.db",
)
@_ACTION
@click.option("--result", required=True, help="What came of it; card numbers are masked.")
@options(WHO, STORE, JSON)
def carry_out(action_id: str, result: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Say that an approved report, export or change was carried out by hand."""
    with opened(url) as store:
        done = store.actions.carry_out(action_id, who(agent, role), result, now_ms())
    _say(done, as_json)


@action.command(
    "list", epilog="Example: riskdesk action list --case C0123456789 --status done --store sqlite:///desk.db"
)
@click.option("--pending", is_flag=True, help="Only what waits for a second person, the most urgent first.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only this status.")
@click.option("--kind", type=_KIND, help="Only this kind.")
@click.option("--case", "case_id", help="Only those of this case.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@options(READER, STORE, JSON)
@click.pass_context
def list_(
    ctx: click.Context,
    pending: bool,
    status: str | None,
    kind: str | None,
    case_id: str | None,
    limit: int,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """List actions, the newest first; that is recorded too."""
    if pending and (status or kind or case_id):
        raise click.UsageError("--pending lists all that waits; give it alone")
    reader = who(agent, role)
    with opened(url) as store:
        if pending:
            found = store.actions.pending(reader, now_ms())[:limit]
        else:
            found = store.actions.list(
                reader, Status(status) if status else None, Kind(kind) if kind else None, case_id, limit
            )
        store.audit.viewed(reader, f"case:{case_id}" if case_id else "actions:all", now_ms())
    for each in found:
        click.echo(orjson.dumps(action_record(each)) if as_json else _line(each))
    if not found:
        click.echo("no action here", err=True)
    ctx.exit(0 if found else 1)


@action.command(epilog="Example: riskdesk action show A0123456789 --store sqlite:///desk.db")
@_ACTION
@options(READER, STORE, JSON)
def show(action_id: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Show everything on record about one ACTION; that is recorded too."""
    reader = who(agent, role)
    with opened(url) as store:
        found = store.actions.get(action_id, reader)
        store.audit.viewed(reader, f"action:{action_id}", now_ms())
    record = action_record(found)
    if as_json:
        click.echo(orjson.dumps(record))
        return
    for name, value in record.items():
        if value not in (None, {}, ""):
            text = orjson.dumps(value).decode() if isinstance(value, dict) else value
            click.echo(f"{name.replace('_', ' '):<16} {text}")


@action.command(
    epilog="Example: riskdesk action order 2026-0417 --authority 'Police, district 3' --scope card:tok_7f3a "
    "--from 2026-04-01T02:00:00+08:00 --to 2026-04-03T02:00:00+08:00 --agent agent-7 --store sqlite:///desk.db"
)
@click.argument("number")
@click.option("--authority", required=True, help="Who ordered it.")
@click.option(
    "--scope", multiple=True, required=True, help="What it covers, card:TOKEN; may be given several times."
)
@click.option("--from", "from_", type=Instant(), required=True, help="When its term begins.")
@click.option("--to", type=Instant(), required=True, help="When its term ends.")
@click.option(
    "--kind",
    type=_ORDERED,
    default=Kind.TEMPORARY_BLOCK.value,
    show_default=True,
    help="What to do with its scope.",
)
@click.option("--case", "case_id", help="The case it belongs to.  [the live case of each target]")
@click.option("--note", default="", help="Anything else it says; card numbers are masked.")
@options(WHO, STORE, JSON)
def order(
    number: str,
    authority: str,
    scope: tuple[str, ...],
    from_: datetime,
    to: datetime,
    kind: str,
    case_id: str | None,
    note: str,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Record order NUMBER of an authority, and block what it covers; before its term, when that begins."""
    with opened(url) as store:
        received = Order(
            number=number,
            authority=authority,
            scope=tuple(Target.parse(each, _HOLDABLE) for each in scope),
            term_from_ms=to_ms(from_),
            term_to_ms=to_ms(to),
            note=note,
        )
        wanted = None if kind == "none" else Kind(kind)
        made = store.actions.record_order(received, who(agent, role), now_ms(), kind=wanted, case_id=case_id)
    click.echo(f"order {number} is on record, until {iso(to_ms(to))}", err=True)
    for each in made:
        _say(each, as_json)
    if not made:
        later = wanted is not None and now_ms() < received.term_from_ms
        begins = iso(received.term_from_ms)
        words = f"nothing is blocked before its term begins at {begins}" if later else "nothing was blocked"
        click.echo(words, err=True)


action.add_command(run)
action.add_command(expire)


def _say(done: Action, as_json: bool) -> None:
    click.echo(orjson.dumps(action_record(done)) if as_json else _line(done))


def _line(each: Action) -> str:
    """Say in one line what an action is, where it stands and what it waits for."""
    words = f"{each.id}  {each.status.value:<9}  {each.kind.value} of {each.target}, by {each.maker}"
    if each.status is Status.PROPOSED and each.expires_at_ms is not None:
        return f"{words}; waits for a second person until {iso(each.expires_at_ms)}"
    if each.checker is not None:
        words += f", {each.verdict} by {each.checker}"
    if each.expires_at_ms is not None:
        words += f"; until {iso(each.expires_at_ms)}"
    if each.unchecked and each.alarm_at_ms is not None:
        words += f"; to be checked by {iso(each.alarm_at_ms)}"
    return words
