"""Which learnt tables were in force when, and the files with which a replay has the same elsewhere."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson

from cases.models.table import NAMES, InForce, in_force_from
from cases.signing_off.change import Change, change_record
from cli.desk_options import JSON, STORE, Instant, opened, options
from domain.instants import from_ms, iso, to_ms
from learning.published import write_table

_TABLE = click.option("--table", type=click.Choice(NAMES), help="Of this table alone.")


@click.command(epilog="Example: riskdesk model history --table risk_model --store sqlite:///desk.db")
@_TABLE
@options(STORE, JSON)
def history(table: str | None, url: str, as_json: bool) -> None:
    """Tell which version of each table was in force from when until when, and who decided so.

    Proposals that did not, or not yet, come to anything follow.
    """
    with opened(url) as store:
        times, changes = store.models.in_force(), store.models.changes()
        by = {each.what: each.author for each in store.models.versions()}
    told = [*_spans(times, changes, by), *_unapproved(changes)]
    for each in told:
        if table in (None, each["table"]):
            click.echo(orjson.dumps(each) if as_json else _line(each))


@click.command(
    epilog="Example: riskdesk model export -o var/tables --since 2026-03-01T00:00:00+08:00 "
    "--until 2026-04-01T00:00:00+08:00 --store sqlite:///desk.db"
)
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="An empty folder."
)
@click.option("--since", type=Instant(), help="Tables in force from this time on.  [all]")
@click.option("--until", type=Instant(), help="Tables that take effect before this time.  [all]")
@_TABLE
@options(STORE, JSON)
@click.pass_context
def export(
    ctx: click.Context,
    out: Path,
    since: datetime | None,
    until: datetime | None,
    table: str | None,
    url: str,
    as_json: bool,
) -> None:
    """Write the tables in force over a span of time as files, and say what a profile writes to use them.

    Each is in force from the time that it was in force here, so that a replay elsewhere tells the same.
    """
    if out.is_dir() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty; name a folder that is, or that is not there yet")
    with opened(url) as store:
        times = [each for each in store.models.in_force() if table in (None, each.name)]
        wanted = _within(times, _ms(since, 0), _ms(until, 1 << 62))
        contents = [
            in_force_from(store.models.get(each.name, each.number)[1], each.since_ms) for each in wanted
        ]
    if not wanted:
        click.echo("no table was in force in that span of time", err=True)
        ctx.exit(1)
    out.mkdir(parents=True, exist_ok=True)
    if not as_json:
        click.echo("tables:")
    for each, content in zip(wanted, contents, strict=True):
        path = out / f"{each.name}-{from_ms(each.since_ms):%Y%m%dT%H%M%S}.{each.since_ms % 1000:03}Z.json"
        write_table(path, content)
        record = {
            "path": str(path), "table": each.name, "number": each.number, "version": content.version,
            "effective_at": iso(each.since_ms),
        }  # fmt: skip
        click.echo(orjson.dumps(record) if as_json else f"- {path}")


def _within(times: Sequence[InForce], since_ms: int, until_ms: int) -> list[InForce]:
    """Give what was in force at any time of a span: what came in it, and before it the last of each table."""
    before = {each.name: each for each in times if each.since_ms <= since_ms}
    return [*before.values(), *(each for each in times if since_ms < each.since_ms < until_ms)]


def _spans(
    times: Sequence[InForce], changes: Sequence[Change], by: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Give from when until when each version was in force, and who let it."""
    turns = {change.turn: change for change in changes}
    for place, each in enumerate(times):
        until_ms = next((later.since_ms for later in times[place + 1 :] if later.name == each.name), None)
        change = None if each.turn is None else change_record(turns[each.turn], "table")
        yield {
            "table": each.name,
            "number": each.number,
            "effective_at": iso(each.since_ms),
            "until": None if until_ms is None else iso(until_ms),
            "author": by[each.what],
            "by": change,
        }


def _unapproved(changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    for change in changes:
        if change.in_force_since_ms is None:
            by = change_record(change, "table")
            yield {
                "table": change.name,
                "number": change.number,
                "effective_at": None,
                "until": None,
                "by": by,
            }


def _line(told: dict[str, Any]) -> str:
    change = told["by"]
    version = f"{told['table']}@{told['number']}"
    if told["effective_at"] is None:
        who = change["checker"] or change["maker"]
        return f"{'-':<24}  {version}, {change['kind']} {change['status']} by {who}: {change['reason']}"
    line = f"{told['effective_at']}  {version}"
    if change is None:
        return f"{line}, published by {told['author']}"
    line += f", {change['kind']} by {change['maker']} and {change['checker']}: {change['reason']}"
    if report := change["report"]:
        line += f"; report {report['name']} sha256 {report['sha256']}"
    return line


def _ms(at: datetime | None, default: int) -> int:
    return default if at is None else to_ms(at)
