"""The `store` command: bring a store up to date, and see whether it is whole."""

import click
import orjson

from cases.errors import StoreTooOld, WrongUse
from cases.integrity import faults
from cases.postgresql import PostgresDatabase
from cases.store import open_store
from cli.desk_options import JSON, options
from domain.wording import counted

# Enough to go looking; all of them are in the JSON.
_IDS_SHOWN = 5

_URL = click.argument("argument", metavar="[URL]", required=False)
_STORE = click.option(
    "--store",
    "option",
    envvar="RISKDESK_STORE",
    help="The store, as sqlite:///path or postgresql://...; instead of URL.  [RISKDESK_STORE]",
)


@click.group(epilog="Example: riskdesk store check --store sqlite:///desk.db")
def store() -> None:
    """Bring a store up to date, and see whether it is whole."""


@store.command(epilog="Example: riskdesk store migrate postgresql://desk@db.bank.example/riskdesk")
@options(_URL, _STORE, JSON)
def migrate(argument: str | None, option: str | None, as_json: bool) -> None:
    """Make the store at URL if there is none, and take the steps of its schema that are missing.

    Other commands do so by themselves when they open a store; here it is done while nobody waits for it.
    Several may do it at once, and a step that fails leaves everything as it was.
    """
    try:
        with open_store(_url(argument, option)) as opened:
            found, version = opened.db.schema
    except WrongUse as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(orjson.dumps({"found": found, "version": version}))
    done = "is up to date" if found == version else f"was brought from schema {found}"
    click.echo(f"the store {done}: schema {version}", err=True)


@store.command(epilog="Example: riskdesk store check --store sqlite:///desk.db --json")
@options(_URL, _STORE, JSON)
@click.pass_context
def check(ctx: click.Context, argument: str | None, option: str | None, as_json: bool) -> None:
    """Look for what must never be in the store at URL: damage, lost alerts, cases that nobody will take up.

    Nothing is changed, and the desk may work meanwhile. Exit code 1 says that something was found.
    """
    try:
        with open_store(_url(argument, option), create=False, upgrade=False) as opened:
            found = faults(opened.db)
            version = opened.db.schema.version
    except StoreTooOld as error:
        raise click.ClickException(str(error)) from error
    except WrongUse as error:
        raise click.UsageError(str(error)) from error
    for fault in found:
        if as_json:
            click.echo(orjson.dumps(fault._asdict()))
        else:
            more = len(fault.ids) - _IDS_SHOWN
            ids = ", ".join(fault.ids[:_IDS_SHOWN]) + (f" and {more} more" if more > 0 else "")
            click.echo(f"{fault.what} {ids}".rstrip())
    verdict = counted(len(found), "fault") if found else "nothing wrong"
    click.echo(f"schema {version}: {verdict}", err=True)
    ctx.exit(1 if found else 0)


@store.command(
    epilog="Example: riskdesk store grant desk_app --store postgresql://owner@db.bank.example/riskdesk"
)
@click.argument("role", metavar="ROLE")
@_STORE
def grant(role: str, option: str | None) -> None:
    """Write the SQL that lets ROLE work at the desk of a PostgreSQL store, and rewrite no history.

    The owner of the store runs it (`| psql`), again after each migration. The owner's own connection is for
    `store migrate` and for `retention purge` and `erase`; flows and the desk connect as ROLE.
    """
    try:
        with open_store(_url(None, option), create=False, upgrade=False) as opened:
            if not isinstance(opened.db, PostgresDatabase):
                raise click.UsageError("an SQLite store has no roles; who may write its file may do anything")
            statements = opened.db.grants(role)
    except WrongUse as error:
        raise click.UsageError(str(error)) from error
    for statement in statements:
        click.echo(statement)


def _url(argument: str | None, option: str | None) -> str:
    url = argument or option
    if not url:
        raise click.UsageError("say which store: riskdesk store check sqlite:///desk.db")
    return url
