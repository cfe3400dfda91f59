"""The `model` command: what was learnt, in versions, and from when on two people let a model take effect."""

from pathlib import Path

import click
import msgspec
import orjson

from cases.models.table import MODEL, NAMES, table_record
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.model_pages import standing, table_lines
from cli.model_signing import approve, propose, publish, refresh, refuse, rollback
from cli.model_times import export, history
from cli.profile_options import WHY
from domain.instants import iso


@click.group(epilog="Example: riskdesk model list --store sqlite:///desk.db")
def model() -> None:
    """Keep learnt tables, and decide by two people from when on a model scores.

    A version never changes. Analysts add and propose; another analyst or a lead approves. What was merely
    found out, such as where fraud was confirmed, is published without a second person. Exit code 1 says that
    there was nothing, or that it could not be done.
    """


@model.command(
    epilog='Example: riskdesk model add model.json --why "learnt with May" --agent ana-1 --role analyst '
    "--store sqlite:///desk.db"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options(WHY, WHO, STORE, JSON)
def add(file: Path, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Keep the risk model of FILE as the next version; nothing scores with it yet."""
    with opened(url) as store:
        added = store.models.add(file.read_bytes(), who(agent, role), now_ms(), why)
    if as_json:
        click.echo(orjson.dumps({**table_record(added.version), "new": added.new}))
    elif added.new:
        click.echo(f"{added.version.what}  {added.version.digest}")
    else:
        click.echo(f"{added.version.what} says the same already; nothing was added", err=True)


@model.command("list", epilog="Example: riskdesk model list --table risk_model --store sqlite:///desk.db")
@click.option("--table", type=click.Choice(NAMES), help="Versions of this table alone.")
@options(STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, table: str | None, url: str, as_json: bool) -> None:
    """List versions, and where each stands: new, proposed, to come, in force, or in force once."""
    with opened(url) as store:
        versions, changes = store.models.versions(table), store.models.changes()
        times = store.models.in_force()
    stands = standing(times, changes, now_ms())
    for each in versions:
        words = stands.get(each.what, "new")
        if as_json:
            click.echo(orjson.dumps({**table_record(each), "status": words}))
        else:
            click.echo(
                f"{each.what:<20}  {words:<8}  {iso(each.at_ms)}  {each.version:<16}  {each.author}: "
                f"{each.reason}"
            )
    if not versions:
        click.echo("nothing learnt here; add a model with `riskdesk model add`", err=True)
    ctx.exit(0 if versions else 1)


@model.command(epilog="Example: riskdesk model show 2 --store sqlite:///desk.db")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@click.option("--table", type=click.Choice(NAMES), default=MODEL, show_default=True, help="Of which table.")
@options(STORE, JSON)
def show(number: int, table: str, url: str, as_json: bool) -> None:
    """Show version N: of a model what it was learnt from, how well it did, and whether its scores hold."""
    with opened(url) as store:
        version, content = store.models.get(table, number)
    if as_json:
        click.echo(orjson.dumps({**table_record(version), "content": msgspec.to_builtins(content)}))
        return
    for line in table_lines(version, content):
        click.echo(line)


for _command in (propose, approve, refuse, rollback, refresh, publish, history, export):
    model.add_command(_command)
