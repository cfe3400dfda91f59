"""The `devices` command: what the cash machines are doing, and how available they were."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console

from cli.alarms import ALARM_COMMANDS
from cli.desk_options import JSON, Instant, opened
from cli.device_inputs import CreditParam, MonthParam, device_inputs, read_devices
from cli.device_pages import availability_tables, state_page, state_record, state_table
from devices.availability import CREDITS, check_credits
from devices.availability_page import availability_page
from devices.availability_records import availability_records
from devices.codes import catalogue
from devices.failures import Acknowledgement
from devices.ledger import Course, Watch, ledger_line
from devices.month import Month, MonthOfFleet, month_of_fleet
from devices.service import day_span_ms, local_day
from devices.state import DeviceState, state_at
from devices.wording import Language, Wording
from domain.instants import to_ms

# Figures are compared down the columns, which must not break.
_WIDTH = 150
_MOST_MONTHS = 36

_AT = click.option("--at", type=Instant(), help="The moment that is asked about.  [the last report]")
_LANGUAGE = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    envvar="RISKDESK_LANGUAGE",
    help="Language of the table and the page.",
)


@click.group()
def devices() -> None:
    """Show what devices are doing, and how available they were."""


for _command in ALARM_COMMANDS:
    devices.add_command(_command)


@devices.command(
    epilog="Example: riskdesk devices availability --month 2026-10 --registry fleet.jsonl "
    "--telemetry october.jsonl.zst --html october.html"
)
@click.option("--month", type=MonthParam(), required=True, help="Local days of which month, as 2026-10.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first local day that counts.  [that of the month]",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last local day that counts.  [that of the last report]",
)
@click.option(
    "--trend",
    type=click.IntRange(1, _MOST_MONTHS),
    default=1,
    show_default=True,
    help="Months for which devices with a fault are counted, this one included.",
)
@click.option(
    "--credit",
    "credit",
    type=CreditParam(),
    multiple=True,
    metavar="NAME=SHARE",
    help="Share of a bucket or cause that the assessed open rate excuses, 0 to 1; may be repeated.",
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one page with pictures here."
)
@click.option(
    "--store",
    help="The queue that knows when alarms were acknowledged, for the mean time to acknowledge.",
)
@_LANGUAGE
@device_inputs
@JSON
def availability(
    month: Month,
    since: datetime | None,
    until: datetime | None,
    trend: int,
    credit: tuple[tuple[str, float], ...],
    html: Path | None,
    store: str | None,
    language: Language,
    registry: tuple[Path, ...],
    telemetry: tuple[Path, ...],
    zone: ZoneInfo,
    heartbeats: int,
    files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Account for every minute of the cash machines of a month.

    Rates are sums of minutes over devices and days, divided by the scheduled minutes less planned stops.
    """
    credits_ = {**CREDITS, **dict(credit)}
    check_credits(credits_, catalogue())
    watch = read_devices(registry, (*telemetry, *files), zone, heartbeats)
    last_ms = watch.reports.last_ms
    last = until.date() if until else local_day(last_ms, zone.key) if last_ms is not None else month.last
    first = max(since.date(), month.first) if since else month.first
    if last < first:
        raise click.ClickException(f"the last day that counts is {last}, before {first}")
    found = month_of_fleet(
        watch,
        month,
        first=first,
        last=last,
        months_before=trend - 1,
        credits_=credits_,
        acknowledgements=_acknowledgements(store, first, last, zone) if store else (),
    )
    wording = Wording(language, watch.codes)
    if html is not None:
        html.write_text(availability_page(found, wording), "utf-8")
        click.echo(f"wrote {html}", err=True)
    _print(found, wording, as_json=as_json, quiet=html is not None)


@devices.command(
    epilog="Example: riskdesk devices show atm-17 --registry fleet.jsonl --telemetry today.jsonl"
)
@click.argument("device")
@_AT
@click.option("--ledger", is_flag=True, help="Print the local day's intervals as JSON lines instead.")
@_LANGUAGE
@device_inputs
@JSON
def show(
    device: str,
    at: datetime | None,
    ledger: bool,
    language: Language,
    registry: tuple[Path, ...],
    telemetry: tuple[Path, ...],
    zone: ZoneInfo,
    heartbeats: int,
    files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show one DEVICE: its five states, each with its expiry, what is wrong, and what it was told to do."""
    watch = read_devices(registry, (*telemetry, *files), zone, heartbeats)
    at_ms = _moment(watch, at)
    course = Course(device, watch)
    state = state_at(course, at_ms, watch.codes)
    if state is None:
        raise click.ClickException(f"there was no device {device!r} on record at that moment")
    wording = Wording(language, watch.codes)
    if ledger:
        known = watch.fleet.devices.at(device, at_ms)
        day = local_day(at_ms, watch.fleet.zone(known.branch if known else "", at_ms))
        for interval in course.intervals(day, day):
            click.echo(ledger_line(interval), nl=False)
    elif as_json:
        click.echo(orjson.dumps(state_record(state)))
    else:
        _console().print(state_page(state, wording))


@devices.command(
    "list", epilog="Example: riskdesk devices list --registry fleet.jsonl --telemetry today.jsonl --json"
)
@_AT
@_LANGUAGE
@device_inputs
@JSON
def list_(
    at: datetime | None,
    language: Language,
    registry: tuple[Path, ...],
    telemetry: tuple[Path, ...],
    zone: ZoneInfo,
    heartbeats: int,
    files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """List the devices of the register with their states."""
    watch = read_devices(registry, (*telemetry, *files), zone, heartbeats)
    at_ms = _moment(watch, at)
    states = _states(watch, at_ms)
    if as_json:
        for state in states:
            click.echo(orjson.dumps(state_record(state)))
    else:
        _console().print(state_table(states, Wording(language, watch.codes)))


def _acknowledgements(url: str, first: date, last: date, zone: ZoneInfo) -> list[Acknowledgement]:
    """Read when alarms annunciated on these days of the desk's zone were taken up."""
    (begin_ms, _), (_, end_ms) = day_span_ms(first, zone.key), day_span_ms(last, zone.key)
    with opened(url) as store:
        return store.alarm_figures.acknowledgements(begin_ms, end_ms)


def _states(watch: Watch, at_ms: int) -> list[DeviceState]:
    found = (state_at(Course(name, watch), at_ms, watch.codes) for name in sorted(watch.fleet.devices))
    return [state for state in found if state is not None]


def _moment(watch: Watch, at: datetime | None) -> int:
    last_ms = to_ms(at) if at else watch.reports.last_ms
    if last_ms is None:
        raise click.UsageError("no telemetry says what moment is meant: give --telemetry, or --at")
    return last_ms


def _print(found: MonthOfFleet, wording: Wording, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        for record in availability_records(found):
            click.echo(orjson.dumps(record))
    elif not quiet:
        for table in availability_tables(found, wording):
            _console().print(table)


def _console() -> Console:
    return Console(highlight=False, width=_WIDTH)
