"""The `diff` command: which alerts differ between two runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.box import SIMPLE
from rich.table import Table

from cli.alert_sources import AlertSource, read_alerts
from cli.desk_options import READER, options, who
from cli.lines import wrapped
from cli.queue import console
from cli.zones import ZONE
from domain.money import money_words
from domain.wording import counted
from tuning.diff.differences import Change, Counts, Differences, Kind, Told, compare
from tuning.diff.report import diff_report
from tuning.report.page import write_report

_SHOWN = 20
_COLUMNS = ("", "first", "second", "same", *Kind)


@click.command(epilog="Example: riskdesk diff before.jsonl after.jsonl --report var/diff.html")
@click.argument("a", type=AlertSource(), metavar="A")
@click.argument("b", type=AlertSource(), metavar="B")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file for the report; a JSON file of the same numbers is written beside it.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"How many alerts to show at most.  [{_SHOWN} on the screen, all as JSON]",
)
@options(ZONE, READER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def diff(
    ctx: click.Context,
    a: str,
    b: str,
    report: Path | None,
    limit: int | None,
    zone: ZoneInfo,
    agent: str,
    role: str,
    as_json: bool,
) -> None:
    """Say which alerts appear, vanish, move, change rank or say otherwise between runs A and B.

    Each is a file of alerts, as `riskdesk replay --alerts` writes it, or a store. Exit code 0 says that they
    are the same, 1 that they differ. Other parameters or another version of a rule are told of, and are no
    difference of an alert.
    """
    reader = who(agent, role)
    found = compare(read_alerts(a, reader), read_alerts(b, reader))
    if report is not None:
        write_report(report, diff_report(found, a, b, zone))
        report.with_suffix(".json").write_bytes(_as_json(found, None))
    if as_json:
        click.echo(_as_json(found, limit))
    else:
        show_differences(found, a, b, _SHOWN if limit is None else limit)
    if report is not None:
        click.echo(f"wrote {report} and {report.with_suffix('.json')}", err=True)
    ctx.exit(0 if found.same else 1)


def _as_json(found: Differences, limit: int | None) -> bytes:
    """Write the differences as one object; a limited list of changes says how many there are in all."""
    fields = msgspec.structs.asdict(found)
    shown = {"same": found.same, "changed": len(found.changes), "changes": found.changes[:limit]}
    return msgspec.json.encode({**fields, **shown})


def show_differences(found: Differences, a: str, b: str, limit: int = _SHOWN) -> None:
    """Print what differs between the runs named `a` and `b`, with at most `limit` alerts."""
    page = console()
    table = Table(box=SIMPLE, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, justify="right" if column else "left")
    for name, counts in found.detectors.items():
        table.add_row(name, *_figures(counts))
    table.add_section()
    table.add_row("all", *_figures(found.total))
    page.print(table)
    for each in found.retuned:
        alerts = counted(each.alerts, "alert")
        click.echo(wrapped(f"{each.detector}: {each.name} {each.a} → {each.b} ({alerts} of both)"))
    for line in _lines(found.changes[:limit]):
        click.echo(wrapped(line))
    if (more := len(found.changes) - limit) > 0:
        click.echo(f"and {counted(more, 'more alert')}; --limit shows more")
    if found.changes:
        first = found.changes[0]
        run = a if first.b is None else b
        click.echo(
            f"open one: riskdesk explain {first.told.id} --from {run} --profile PROFILE --over FILES",
            err=True,
        )


def _figures(counts: Counts) -> Iterator[str]:
    return (f"{figure:,}" if figure else "-" for figure in msgspec.structs.astuple(counts))


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"{', '.join(change.kinds)}  {change.detector}  {change.told.key}"
        for sign, told in (("-", change.a), ("+", change.b)):
            if told is not None:
                yield f"  {sign} {told.at}  {told.id}  {_rank(told)}"
        yield f"    {change.told.reason}"
        if said := "; ".join(change.said_otherwise()):
            yield f"    {said}"


def _rank(told: Told) -> str:
    money = f", {money_words(told.exposure_minor, told.currency)}" if told.exposure_minor else ""
    return f"{told.severity}, {told.probability:.1%}{money}, position {told.place:,}"
