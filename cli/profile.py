"""The `profile` command: versions of profiles in the store, and which of them two people let run."""

from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
import orjson

from cases.profiles.version import Reference, Version, version_record
from cases.signing_off.change import Change
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.profile_difference import difference, lines_of
from cli.profile_files import read_content, write_content
from cli.profile_options import NAMED, REFERENCE, WHY, plain_name
from cli.profile_signing import approve, history, in_force, promote, refuse, rollback
from domain.instants import iso


@click.group(epilog="Example: riskdesk profile list --store sqlite:///desk.db")
def profile() -> None:
    """Keep versions of profiles, and decide by two people which of them runs.

    A version never changes. Analysts add and propose; another analyst or a lead approves. Exit code 1 says
    that there was nothing, or that it could not be done.
    """


@profile.command(
    epilog='Example: riskdesk profile add card_risk.yaml --why "fewer calls at night" --agent ana-1 '
    "--role analyst --store sqlite:///desk.db"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--parent", type=click.IntRange(min=1), help="The version it was made from.  [the last that was added]"
)
@options(WHY, WHO, STORE, JSON)
def add(file: Path, parent: int | None, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Keep what profile FILE and its tables say as the next version, after all that `check` looks at."""
    with opened(url) as store:
        content = read_content(file)
        added = store.profiles.add(content, who(agent, role), now_ms(), why, parent=parent)
    if as_json:
        click.echo(orjson.dumps({**version_record(added.version), "new": added.new}))
    elif added.new:
        click.echo(f"{added.version.what}  {added.version.digest}")
    else:
        click.echo(f"{added.version.what} says the same already; nothing was added", err=True)


@profile.command("list", epilog="Example: riskdesk profile list card_risk --store sqlite:///desk.db")
@click.argument("name", metavar="[NAME]", type=NAMED, required=False)
@options(STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, name: Reference | None, url: str, as_json: bool) -> None:
    """List versions, and where each stands: new, proposed, in force, or in force once."""
    wanted = None if name is None else plain_name(name)
    with opened(url) as store:
        versions, changes = store.profiles.versions(wanted), store.profiles.changes(wanted)
    stands = standing(changes)
    for each in versions:
        words = stands.get((each.name, each.number), "new")
        if as_json:
            click.echo(orjson.dumps({**version_record(each), "status": words}))
        else:
            click.echo(
                f"{each.what:<16}  {words:<10}  {iso(each.at_ms)}  {each.digest[:12]}  {each.author}: "
                f"{each.reason}"
            )
    if not versions:
        click.echo("no profile here; add one with `riskdesk profile add`", err=True)
    ctx.exit(0 if versions else 1)


@profile.command(epilog="Example: riskdesk profile show card_risk@2 --store sqlite:///desk.db")
@REFERENCE
@options(STORE, JSON)
def show(reference: Reference, url: str, as_json: bool) -> None:
    """Show what a version says; the one that is in force where none is numbered."""
    with opened(url) as store:
        version, content = store.profiles.get(reference)
    if as_json:
        click.echo(orjson.dumps({**version_record(version), "text": content.text}))
        return
    click.echo(_about(version), err=True)
    click.echo(content.text, nl=False)


@profile.command(
    epilog="Example: riskdesk profile export card_risk@2 --out var/card_risk_2 --store sqlite:///desk.db"
)
@REFERENCE
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="An empty folder."
)
@options(STORE, JSON)
def export(reference: Reference, out: Path, url: str, as_json: bool) -> None:
    """Write a version and its tables into a folder, for replays, backtests and your editor."""
    if out.is_dir() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty; name a folder that is, or that is not there yet")
    with opened(url) as store:
        version, content = store.profiles.get(reference)
    path = write_content(out, content)
    if as_json:
        click.echo(orjson.dumps({**version_record(version), "path": str(path)}))
    else:
        click.echo(path)


@profile.command(epilog="Example: riskdesk profile diff card_risk@1 card_risk@2 --store sqlite:///desk.db")
@click.argument("before", metavar="NAME@1", type=NAMED)
@click.argument("after", metavar="NAME@2", type=NAMED)
@options(STORE, JSON)
def diff(before: Reference, after: Reference, url: str, as_json: bool) -> None:
    """Say how two versions differ: in their text, in their tables, and in how their detectors are set."""
    with opened(url) as store:
        (old, was), (new, now) = store.profiles.get(before), store.profiles.get(after)
    found = difference(was, now, (old.what, new.what))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for line in lines_of(found):
        click.echo(line)
    if found.why:
        click.echo(f"parameters were not compared: {found.why}", err=True)


for _command in (promote, rollback, approve, refuse, history, in_force):
    profile.add_command(_command)


def standing(changes: Iterable[Change]) -> dict[tuple[str, int], str]:
    """Say where versions stand, by name and number: proposed, in force, or in force once."""
    stands: dict[tuple[str, int], str] = {}
    now: dict[str, int] = {}
    for change in changes:
        place = (change.name, change.number)
        if change.decision is None:
            stands[place] = "proposed"
        elif change.in_force_since_ms is not None:
            if (before := now.get(change.name)) is not None:
                stands[change.name, before] = "once"
            stands[place] = "in force"
            now[change.name] = change.number
    return stands


def _about(version: Version) -> str:
    tables = "".join(f"\ntable {path}  {digest}" for path, digest in sorted(version.tables.items()))
    parent = "" if version.parent is None else f", made from {version.name}@{version.parent}"
    return (
        f"{version.what}, added by {version.author} ({version.role}) at {iso(version.at_ms)}{parent}: "
        f"{version.reason}\nsha256 {version.digest}{tables}"
    )
