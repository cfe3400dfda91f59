"""The `queue` commands that hand work on: given back, escalated, reopened, and what time does by itself."""

import click
import orjson

from cases.case import Case, case_record
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who

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
@options(STORE, JSON)
def sweep(url: str, as_json: bool) -> None:
    """Wake what is due, free what nobody is at any more, move up what lies too long; claims do so as well."""
    with opened(url) as store:
        swept = store.work.sweep(now_ms())
    counts = {name: getattr(swept, name) for name in swept.__struct_fields__}
    if as_json:
        click.echo(orjson.dumps(counts))
    click.echo(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()), err=True)


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


COMMANDS = (release, escalate, return_, reopen, sweep, shift_end)


def _say(case: Case, as_json: bool, words: str) -> None:
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    click.echo(words, err=True)
