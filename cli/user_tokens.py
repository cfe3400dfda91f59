"""Tokens of programs that act for a user."""

from datetime import timedelta
from typing import Any

import click
import msgspec
import orjson

from cases.accounts.tokens import ApiToken, Scope
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from domain.instants import iso, span_ms


@click.group(
    epilog="Example: riskdesk user token list --everybody --role ops --agent ops-1 --store sqlite:///desk.db"
)
def token() -> None:
    """Let programs act for a user, with some of the user's rights, until a day."""


@token.command(
    epilog="Example: riskdesk user token add ledger --scope cases:read --days 90 --role lead --agent lead-2 "
    "--store sqlite:///desk.db"
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may do; again for more.",
)
@click.option(
    "--days", type=click.IntRange(min=1), default=90, show_default=True, help="For how long it holds."
)
@options(WHO, STORE, JSON)
def add(
    name: str, scopes: tuple[str, ...], days: int, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Let the program NAME act for you, and print its secret, which is shown this once."""
    at_ms = now_ms()
    with opened(url) as store:
        made, secret = store.accounts.make_token(
            who(agent, role), name, scopes, at_ms + span_ms(timedelta(days=days)), at_ms
        )
    click.echo(orjson.dumps({**_record(made), "secret": secret}) if as_json else secret)
    click.echo(f"{made.name} acts for {made.owner} until {iso(made.expires_ms)}", err=True)


@token.command(
    "list",
    epilog="Example: riskdesk user token list --role lead --agent lead-2 --store sqlite:///desk.db",
)
@click.option("--everybody", is_flag=True, help="Those of all users.  [your own]")
@options(WHO, STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, everybody: bool, agent: str, role: str, url: str, as_json: bool) -> None:
    """List programs by name. Exit code 1 says that there are none."""
    with opened(url) as store:
        found = store.accounts.tokens(who(agent, role), everybody=everybody)
    for each in found:
        click.echo(orjson.dumps(_record(each)) if as_json else _line(each))
    ctx.exit(0 if found else 1)


@token.command(
    epilog="Example: riskdesk user token revoke ledger --role lead --agent lead-2 --store sqlite:///desk.db"
)
@click.argument("name")
@options(WHO, STORE, JSON)
def revoke(name: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let the program NAME act no longer, at once."""
    with opened(url) as store:
        ended = store.accounts.revoke_token(who(agent, role), name, now_ms())
    if as_json:
        click.echo(orjson.dumps(_record(ended)))
    click.echo(f"{ended.name} was revoked", err=True)


def _line(each: ApiToken) -> str:
    until = f"revoked {iso(each.revoked_ms)}" if each.revoked_ms else f"until {iso(each.expires_ms)}"
    return f"{each.name}  for {each.owner}  {', '.join(each.scopes)}  ...{each.last4}  {until}"


def _record(each: ApiToken) -> dict[str, Any]:
    record = msgspec.to_builtins(each)
    times = {name: record.pop(name) for name in ("made_ms", "expires_ms", "revoked_ms")}
    said = {
        f"{name.removesuffix('_ms')}_at": None if at_ms is None else iso(at_ms)
        for name, at_ms in times.items()
    }
    return {**record, **said}
