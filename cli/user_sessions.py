"""Who is signed in at the desk, and how to end that."""

from typing import Any

import click
import msgspec
import orjson

from cases.accounts.sessions import Session
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from domain.instants import iso
from domain.wording import counted


@click.command(
    epilog="Example: riskdesk user sessions --everybody --role ops --agent ops-1 --store sqlite:///desk.db"
)
@click.option("--everybody", is_flag=True, help="Those of all users.  [your own]")
@options(WHO, STORE, JSON)
@click.pass_context
def sessions(ctx: click.Context, everybody: bool, agent: str, role: str, url: str, as_json: bool) -> None:
    """List who is signed in. Exit code 1 says that nobody is."""
    with opened(url) as store:
        found = store.accounts.sessions(who(agent, role), everybody=everybody, now_ms=now_ms())
    for each in found:
        click.echo(orjson.dumps(_record(each)) if as_json else _line(each))
    ctx.exit(0 if found else 1)


@click.command(
    epilog="Example: riskdesk user revoke S1f0c2a9b7d3e --role ops --agent ops-1 --store sqlite:///desk.db"
)
@click.argument("session_id", metavar="SESSION", required=False)
@click.option("--user", "name", help="All sessions of this user instead.")
@options(WHO, STORE)
def revoke(session_id: str | None, name: str | None, agent: str, role: str, url: str) -> None:
    """End a SESSION, or all sessions of a user, at once."""
    if (session_id is None) == (name is None):
        raise click.UsageError("name a session, or a user with --user")
    with opened(url) as store:
        if session_id is not None:
            store.accounts.revoke(who(agent, role), session_id, now_ms())
            ended = 1
        else:
            ended = store.accounts.revoke_all(who(agent, role), str(name), now_ms())
    click.echo(f"{counted(ended, 'session')} ended", err=True)


def _line(session: Session) -> str:
    where = f"  {session.ip}" if session.ip else ""
    locked = "  locked" if session.locked else ""
    return f"{session.id}  {session.user.name}  since {iso(session.began_ms)}{where}{locked}"


def _record(session: Session) -> dict[str, Any]:
    record = msgspec.to_builtins(session)
    began, seen = record.pop("began_ms"), record.pop("seen_ms")
    return {**record, "user": session.user.name, "began_at": iso(began), "seen_at": iso(seen)}
