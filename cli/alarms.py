"""The `devices` commands about alarms: which there are, what they were like, and what is put aside."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console

from cases.alarm_figures.load import DAY_MS, Span
from cases.alarm_figures.page import alarm_page
from cases.alarm_figures.records import figure_records
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.wording import AlarmWording
from cases.alarms.view import AlarmView, alarm_record
from cases.store import Store
from cli.alarm_pages import figure_tables, live_table
from cli.desk_options import JSON, STORE, WHO, Instant, now_ms, opened, options, who
from cli.desk_times import Times
from cli.durations import Duration
from cli.zones import ZONE
from devices.codes import catalogue
from devices.wording import Language
from domain.instants import span_ms, to_ms

# Figures are compared down the columns, which must not break.
_WIDTH = 150
# What the limits of the standards are meant for.
_MONTH_MS = 30 * DAY_MS
_ALARM = click.argument("alarm", metavar="ALARM")
_REASON = click.option("--reason", required=True, help="Why; card numbers are masked.")


@click.command(
    epilog="Example: riskdesk devices alarms --from 2026-10-01T00:00+08:00 --to 2026-11-01T00:00+08:00 "
    "--html october.html --store sqlite:///desk.db"
)
@click.option("--from", "start", type=Instant(), help="From when on.  [30 days before the end]")
@click.option(
    "--to", "end", type=Instant(), help="Until when; that moment is outside.  [as far as alarms are settled]"
)
@click.option("--live", is_flag=True, help="List the alarms that are there now, and no figures.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one page with pictures here."
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    envvar="RISKDESK_LANGUAGE",
    help="Language of the tables and the page.",
)
@options(ZONE, STORE, JSON)
def alarms(
    start: datetime | None,
    end: datetime | None,
    live: bool,
    html: Path | None,
    language: Language,
    zone: ZoneInfo,
    url: str,
    as_json: bool,
) -> None:
    """List the alarms that are there, and say what alarms were like in a period.

    The figures are those of ISA-18.2 and EEMUA 191, each with its peak or with what it is made of. Time that
    is not settled yet does not count as quiet.
    """
    if live and html is not None:
        raise click.UsageError(
            "--live lists alarms without figures, of which --html makes a page; choose one"
        )
    wording = AlarmWording(language, catalogue(), zone)
    with opened(url) as store:
        there = store.alarms.list()
        found = None if live else _figures(store, start, end)
        if found is not None and html is not None:
            html.write_text(alarm_page(found, store.policy.alarm_figures, wording), "utf-8")
            click.echo(f"wrote {html}", err=True)
    if as_json:
        _print_lines(there, found)
    elif html is None:
        _print_tables(there, found, wording)


@click.command(
    epilog="Example: riskdesk devices shelve 'D0042|cassette|3|cash_out' --for 2h --reason 'carrier comes' "
    "--agent lead-1 --role lead --store sqlite:///desk.db"
)
@click.option("--for", "length", type=Duration(), required=True, help="How long, as 45m or 2h.")
@options(_ALARM, _REASON, WHO, STORE)
def shelve(alarm: str, length: timedelta, reason: str, agent: str, role: str, url: str) -> None:
    """Put an ALARM aside for a while: nobody is told of it. Name it by its id or fingerprint."""
    at_ms = now_ms()
    until_ms = at_ms + span_ms(length)
    with opened(url) as store:
        store.alarms.shelve(alarm, until_ms, reason, who(agent, role), at_ms)
        until = Times.of(store).whole(until_ms)
    click.echo(f"{alarm} is shelved until {until}", err=True)


@click.command(
    epilog="Example: riskdesk devices unshelve 'D0042|cassette|3|cash_out' --reason 'carrier was here' "
    "--agent lead-1 --role lead --store sqlite:///desk.db"
)
@options(_ALARM, _REASON, WHO, STORE)
def unshelve(alarm: str, reason: str, agent: str, role: str, url: str) -> None:
    """Take an ALARM off the shelf before its time. Name it by its id or fingerprint."""
    with opened(url) as store:
        store.alarms.unshelve(alarm, reason, who(agent, role), now_ms())
    click.echo(f"{alarm} is not shelved any more", err=True)


def _figures(store: Store, start: datetime | None, end: datetime | None) -> AlarmFigures | None:
    """Give the figures of the period asked for; None where the store knows no alarms and none was."""
    known = store.alarm_figures.span()
    if known is None and start is None and end is None:
        return None
    first_ms, settled_ms = known or Span(0, 0)
    to = settled_ms if end is None else to_ms(end)
    # Without a wish nothing counts as quiet that was before the first alarm.
    begin = max(first_ms, min(to, settled_ms) - _MONTH_MS) if start is None else to_ms(start)
    # Alarms live in event time: what is settled is all that is known, whatever the clock on the wall shows.
    return store.alarm_figures.figures(begin, to, settled_ms)


def _print_lines(there: tuple[AlarmView, ...], found: AlarmFigures | None) -> None:
    for alarm in there:
        click.echo(orjson.dumps({"record": "alarm", **alarm_record(alarm)}))
    if found is not None:
        for record in figure_records(found):
            click.echo(orjson.dumps({"record": "figure", **record}))


def _print_tables(there: tuple[AlarmView, ...], found: AlarmFigures | None, wording: AlarmWording) -> None:
    console = Console(highlight=False, width=_WIDTH)
    console.print(live_table(there, wording))
    if found is not None:
        for table in figure_tables(found, wording):
            console.print(table)


ALARM_COMMANDS = (alarms, shelve, unshelve)
