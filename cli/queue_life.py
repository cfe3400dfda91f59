"""The `queue` commands that hand work on: given back, escalated, reopened, and what time does by itself."""

from pathlib import Path

import click
import orjson

from cases.case import Case, case_record
from cases.work.agent_states import AgentState
from cases.work.sweeper import Swept
from cli.audit import SEALS, say_sealed
from cli.desk_options import JSON, READER, STORE, WHO, now_ms, opened, options, who
from cli.desk_times import Times
from cli.following import Every, follow
from cli.serving import served
from domain.instants import iso
from observability.beside import SweepMetrics

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
# How often it is looked whether another sweeper has sealed.
_LOOK_MS = 5_000

_CASE = click.argument("case_id", metavar="CASE")
_NOTE = click.option("--note", default="", help="Why; card numbers are masked.")


@click.command(epilog="Example: riskdesk queue release C0123456789 --agent agent-7 --store sqlite:///desk.db")
@click.option("--reason", default="", help="Why; a lead who takes a case from somebody must say.")
@options(_CASE, WHO, STORE, JSON)
def release(case_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Give back what you hold of a CASE; a lead can free what others hold."""
    with opened(url) as store:
        case = store.work.release(case_id, who(agent, role), reason, now_ms())
    _say(case, as_json, f"{case.id} is {case.status}")


@click.command(
    epilog="Example: riskdesk queue escalate C0123456789 --team legal --agent agent-7 --store sqlite:///desk.db"
)
@click.option("--team", required=True, help="Who is to go on with it.")
@options(_CASE, _NOTE, WHO, STORE, JSON)
def escalate(case_id: str, team: str, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Hand a CASE that you hold to a team."""
    with opened(url) as store:
        case = store.work.escalate(case_id, who(agent, role), team, note, now_ms())
    _say(case, as_json, f"{case.id} is with the team {team}")


@click.command(
    "return",
    epilog='Example: riskdesk queue return C0123456789 --note "no order" --agent agent-7 --store sqlite:///desk.db',
)
@options(_CASE, _NOTE, WHO, STORE, JSON)
def return_(case_id: str, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Return an escalated CASE from its team to everybody's queue."""
    with opened(url) as store:
        case = store.work.hand_back(case_id, who(agent, role), note, now_ms())
    _say(case, as_json, f"{case.id} is {case.status}")


@click.command(
    epilog='Example: riskdesk queue reopen C0123456789 --reason "new proof" --agent lead-1 --role lead '
    "--store sqlite:///desk.db"
)
@click.option("--reason", required=True, help="Why; card numbers are masked.")
@options(_CASE, WHO, STORE, JSON)
def reopen(case_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Take back that a CASE was closed; for leads."""
    with opened(url) as store:
        case = store.work.reopen(case_id, who(agent, role), reason, now_ms())
    _say(case, as_json, f"{case.id} is {case.status}")


@click.command(epilog="Example: riskdesk queue sweep --store sqlite:///desk.db")
@click.option("--follow", "follows", is_flag=True, help="Go on, once a second.")
@click.option(
    "--seal-every",
    "seal_minutes",
    type=click.FloatRange(min=0, min_open=True, max=24 * 60),
    help="Seal the audit as well, whenever this many minutes have passed; with --follow.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Loopback port for Prometheus, which also tells how the desk stands; with --follow.",
)
@options(SEALS, STORE, JSON)
def sweep(
    follows: bool, seal_minutes: float | None, metrics_port: int, seals: Path | None, url: str, as_json: bool
) -> None:
    """Wake what is due, free what nobody is at any more, move up what lies too long; claims do so as well.

    With --follow it runs beside the desk until it is told to end, and once an hour lets go of messages that
    were settled long ago, and of sessions that are long over.
    """
    if seal_minutes is not None and not follows:
        raise click.UsageError("--seal-every goes with --follow; `riskdesk audit seal` seals once")
    if metrics_port and not follows:
        raise click.UsageError("--metrics-port goes with --follow; one sweep is over before it is scraped")
    with opened(url) as store:
        if not follows:
            _say_swept(store.work.sweep(now_ms()), as_json, always=True)
            return
        tidying = Every(_HOUR_MS)
        sealing = Every(_LOOK_MS)
        metrics = SweepMetrics()

        def step() -> None:
            swept = store.work.sweep(now_ms())
            metrics.count(_counts(swept), now_ms())
            _say_swept(swept, as_json, always=False)
            if seal_minutes is not None and sealing.due(now_ms()):
                made = store.audit.seal_when_due(now_ms(), round(seal_minutes * _MINUTE_MS), seals)
                if made is not None:
                    say_sealed(made)
            if tidying.due(now_ms()):
                store.retention.forget_messages(now_ms())
                store.retention.forget_sign_ins(now_ms())

        with served(metrics, metrics_port, url):
            follow(step)


@click.command(
    "shift-end", epilog="Example: riskdesk queue shift-end --agent agent-7 --store sqlite:///desk.db"
)
@click.option("--of", "of", help="Whose shift ends, for leads.  [yours]")
@options(WHO, STORE, JSON)
def shift_end(of: str | None, agent: str, role: str, url: str, as_json: bool) -> None:
    """Give back all that you hold, but what you are on the phone about."""
    with opened(url) as store:
        freed = store.work.end_shift(of or agent, who(agent, role), now_ms())
    if as_json:
        click.echo(orjson.dumps({"agent": of or agent, "freed": list(freed)}))
    click.echo(f"free again: {', '.join(freed) or 'nothing'}", err=True)


@click.command(
    "agent-state",
    epilog="Example: riskdesk queue agent-state break --agent agent-7 --store sqlite:///desk.db",
)
@click.argument("state", type=click.Choice([state.value for state in AgentState]))
@click.option("--of", "of", help="Who does it, for leads.  [you]")
@click.option("--reason", default="", help="Why; card numbers are masked.")
@options(WHO, STORE)
def agent_state(state: str, of: str | None, reason: str, agent: str, role: str, url: str) -> None:
    """Say what you do from now on, for the figures of occupancy.

    What you hold and whom you call is seen without saying; that you are back, have a break or other work to
    do is not.
    """
    with opened(url) as store:
        store.work.say_state(of or agent, AgentState(state), who(agent, role), now_ms(), reason)
    click.echo(f"{of or agent} is {state}", err=True)


@click.command(
    "agents", epilog="Example: riskdesk queue agents --agent lead-1 --role lead --store sqlite:///desk.db"
)
@options(READER, STORE, JSON)
@click.pass_context
def agents(ctx: click.Context, agent: str, role: str, url: str, as_json: bool) -> None:
    """Show who is there and what they do. Exit code 1 says that nobody is."""
    with opened(url) as store:
        found = store.work.states(who(agent, role))
        times = Times.of(store)
    for each in found:
        since, because = each.from_ms, f"  ({each.reason})" if each.reason else ""
        record = {"agent": each.agent, "state": each.state, "since": iso(since), "reason": each.reason}
        words = f"{each.agent}  {each.state} since {times.whole(since)}{because}"
        click.echo(orjson.dumps(record) if as_json else words)
    if not found:
        click.echo("nobody is there", err=True)
    ctx.exit(0 if found else 1)


COMMANDS = (release, escalate, return_, reopen, sweep, shift_end, agent_state, agents)


def _say(case: Case, as_json: bool, words: str) -> None:
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    click.echo(words, err=True)


def _counts(swept: Swept) -> dict[str, int]:
    return {name: getattr(swept, name) for name in swept.__struct_fields__}


def _say_swept(swept: Swept, as_json: bool, *, always: bool) -> None:
    if not (swept or always):
        return
    counts = _counts(swept)
    if as_json:
        click.echo(orjson.dumps(counts))
    click.echo(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()), err=True)
