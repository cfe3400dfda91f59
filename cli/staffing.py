"""The `staffing` command: how many agents the coming quarter-hours need."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cases.staffing.plan import Need, Work, load_words, need_record, plan
from cases.staffing.policy import StaffingPolicy
from cases.store import Store
from cli.desk_options import JSON, Instant, now_ms, opened, options
from cli.zones import ZONE
from domain.forecasts import QUARTER_MS, QuarterHour, quarter
from domain.instants import from_ms, span_ms, to_ms
from learning.alert_forecast import learn_alert_counts, learn_counts

_WEEK = timedelta(weeks=1)
# What is older tells little about the coming week, and hides what has changed.
_HISTORY = 8 * _WEEK
_COLUMNS = {"at", "alerts"}
_HOUR_QUARTERS = 4
_WIDTH = 100
_USUAL = StaffingPolicy()


@click.command(epilog="Example: riskdesk staffing --rate 200 --aht 180 --agents 12 --hours 4")
@click.option(
    "--store",
    "url",
    envvar="RISKDESK_STORE",
    help="Forecast from this queue's alerts, and measure its calls.  [RISKDESK_STORE]",
)
@click.option(
    "--counts",
    "counts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Forecast from this CSV instead: columns at (ISO 8601 with offset) and alerts, by quarter-hour.",
)
@click.option("--rate", type=click.FloatRange(min=0), help="Plan for so many calls an hour; no forecast.")
@click.option(
    "--aht",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds a call takes, dial and wrap-up included.  [measured]",
)
@click.option(
    "--calls-per-alert", type=click.FloatRange(min=0, min_open=True), help="Calls an alert means.  [measured]"
)
@click.option("--agents", type=click.IntRange(min=1), help="How many are at work, to see the load on them.")
@click.option(
    "--hours", type=click.IntRange(min=1, max=168), default=8, show_default=True, help="How far to look."
)
@click.option("--at", "at", type=Instant(), help="From when on.  [now]")
@click.option(
    "--target",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=_USUAL.target,
    show_default=True,
    help="Which share of the calls is to be taken up in time.",
)
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=_USUAL.within.total_seconds(),
    show_default=True,
    help="In how many seconds.",
)
@click.option(
    "--max-occupancy",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=_USUAL.max_occupancy,
    show_default=True,
    help="Which share of the time agents may be busy.",
)
@click.option(
    "--shrinkage",
    type=click.FloatRange(0, 1, max_open=True),
    default=_USUAL.shrinkage,
    show_default=True,
    help="Which share of paid time is away from cases.",
)
@options(ZONE, JSON)
def staffing(
    url: str | None,
    counts: Path | None,
    rate: float | None,
    aht: float | None,
    calls_per_alert: float | None,
    agents: int | None,
    hours: int,
    at: datetime | None,
    target: float,
    within: float,
    max_occupancy: float,
    shrinkage: float,
    zone: ZoneInfo,
    as_json: bool,
) -> None:
    """Say how many agents each coming quarter-hour needs (Erlang C).

    Alerts are forecast by quarter-hour and weekday from the queue's own history, or from --counts; --rate
    plans for a fixed number of calls instead. Planned is for the 95th percentile.
    """
    policy = StaffingPolicy(
        target=target, within=timedelta(seconds=within), max_occupancy=max_occupancy, shrinkage=shrinkage
    )
    start_ms = now_ms() if at is None else to_ms(at)
    quarters = hours * _HOUR_QUARTERS
    if rate is not None:
        if aht is None:
            raise click.UsageError("--rate needs --aht: how many seconds a call takes")
        forecast, work = _steady(rate, start_ms, quarters), Work(calls_per_alert=1, aht_s=aht)
    elif counts is not None:
        if aht is None or calls_per_alert is None:
            raise click.UsageError("--counts needs --aht and --calls-per-alert")
        forecast = _from_counts(counts, start_ms, quarters)
        work = Work(calls_per_alert=calls_per_alert, aht_s=aht)
    elif url is not None:
        with opened(url) as store:
            forecast = _from_store(store, start_ms, quarters)
            work = _measured(store, start_ms, aht, calls_per_alert)
            agents = agents or store.kpi.at_work() or None
    else:
        raise click.UsageError("say what to plan for: --store, --counts or --rate")
    needs = plan(forecast, work, policy, agents)
    _print(needs, zone, as_json)
    click.echo(load_words(needs, zone), err=True)


def _steady(rate: float, start_ms: int, quarters: int) -> tuple[QuarterHour, ...]:
    """Give quarter-hours that all bring what was asked for."""
    each, first = rate / _HOUR_QUARTERS, quarter(start_ms)
    return tuple(
        QuarterHour(from_ms=(first + ahead) * QUARTER_MS, expected=each, high=each)
        for ahead in range(quarters)
    )


def _from_store(store: Store, start_ms: int, quarters: int) -> tuple[QuarterHour, ...]:
    times = store.kpi.alert_times(start_ms - span_ms(_HISTORY), start_ms)
    if not times:
        raise click.ClickException(
            "this queue has no alerts of the last 8 weeks to forecast from; give --rate or --counts"
        )
    model = learn_alert_counts(times, quarter(times[0]) * QUARTER_MS, start_ms)
    return model.forecast(quarters)


def _from_counts(path: Path, start_ms: int, quarters: int) -> tuple[QuarterHour, ...]:
    """Learn a file's counts; quarter-hours it leaves out, and those since its end, had no alerts."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not set(reader.fieldnames or ()) >= _COLUMNS:
            raise click.UsageError(f"{path} should have the columns at and alerts in its first line")
        found: dict[int, int] = {}
        for row in reader:
            try:
                number = quarter(to_ms(datetime.fromisoformat(row["at"])))
                found[number] = found.get(number, 0) + int(row["alerts"])
            except (TypeError, ValueError) as error:
                raise click.UsageError(f"{path}, line {reader.line_num}: {error}") from error
    past = {number: count for number, count in found.items() if number < quarter(start_ms)}
    if not past:
        raise click.UsageError(f"{path} has no quarter-hour before {from_ms(start_ms):%Y-%m-%d %H:%M} UTC")
    first = min(past)
    history = [past.get(number, 0) for number in range(first, quarter(start_ms))]
    return learn_counts(first, history).forecast(quarters)


def _measured(store: Store, start_ms: int, aht: float | None, calls_per_alert: float | None) -> Work:
    """Give what an alert means to the desk, measured where it was not given."""
    calls, time_ms = store.kpi.work(start_ms - span_ms(_HISTORY), start_ms)
    if (aht is None or calls_per_alert is None) and not (time_ms.denominator and calls.denominator):
        raise click.UsageError("this queue has no calls to measure yet; give --aht and --calls-per-alert")
    return Work(
        calls_per_alert=calls_per_alert or calls.value or 0.0,
        aht_s=aht or max(1.0, (time_ms.value or 0.0) / 1000),
    )


def _print(needs: tuple[Need, ...], zone: ZoneInfo, as_json: bool) -> None:
    if as_json:
        for need in needs:
            click.echo(orjson.dumps(need_record(need)))
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    heads = ("from", "calls/h", "positions", "rostered", "occupancy", "in time", "mean wait", "load")
    for head in heads:
        table.add_column(head, justify="left" if head == "from" else "right")
    table.add_row(*(Text(head, "dim") for head in heads))
    for need in needs:
        table.add_row(
            f"{from_ms(need.from_ms).astimezone(zone):%a %H:%M}",
            f"{need.calls_per_hour:.1f}",
            str(need.positions),
            str(need.rostered),
            f"{need.occupancy:.1%}",
            f"{need.service_level:.1%}",
            f"{need.asa_s:.1f} s",
            "-" if need.load is None else f"{need.load:.2f}",
        )
    Console(highlight=False, width=_WIDTH).print(table)
