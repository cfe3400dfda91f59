"""The `kpi` command: what the desk achieved, every figure with its numerator and denominator."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cases.kpi.values import Figure, Ratio, Spread, figure_record
from cases.kpi.voice import Voice, voice_record
from cli.desk_options import JSON, STORE, Instant, now_ms, opened, options
from cli.zones import ZONE
from domain.instants import span_ms, to_ms

_DAY = timedelta(days=1)
# Of what a customer may say, the commonest; all as JSON.
_MOST = 3
# Figures are compared down the columns, which must not break: as wide as all of them need.
_WIDTH = 150


@click.command(
    epilog="Example: riskdesk kpi --from 2026-11-01T00:00+08:00 --to 2026-12-01T00:00+08:00 --json "
    "--store sqlite:///desk.db"
)
@click.option("--from", "start", type=Instant(), help="From when on.  [a day before the end]")
@click.option("--to", "end", type=Instant(), help="Until when; that moment is outside.  [now]")
@click.option("--voice", is_flag=True, help="Show what customers said, by month and detector.")
@options(ZONE, STORE, JSON)
def kpi(
    start: datetime | None, end: datetime | None, voice: bool, zone: ZoneInfo, url: str, as_json: bool
) -> None:
    """Show what the desk achieved in a window of time.

    Attempts count when they started, cases when they became ready or, for what came of them, when they were
    closed. Open cases that have failed already count as failed.
    """
    at_ms = now_ms()
    to = at_ms if end is None else to_ms(end)
    begin = to - span_ms(_DAY) if start is None else to_ms(start)
    with opened(url) as store:
        if voice:
            said = store.kpi.voice(begin, to, zone)
            _print([voice_record(each) for each in said], _voices(said), as_json)
        else:
            figures = store.kpi.figures(begin, to, at_ms)
            _print([figure_record(each) for each in figures], _figures(figures), as_json)


def _print(records: list[dict[str, Any]], table: Table, as_json: bool) -> None:
    if not as_json:
        Console(highlight=False, width=_WIDTH).print(table)
        return
    for record in records:
        click.echo(orjson.dumps(record))


def _figures(figures: list[Figure]) -> Table:
    table = _table("figure", "of", "value", "from", "p50", "p95", "max")
    for figure in figures:
        spread = figure.value if isinstance(figure.value, Spread) else None
        ratio = spread.mean if spread else figure.value
        times = (spread.p50_ms, spread.p95_ms, spread.max_ms) if spread else ()
        cells = [figure.name.replace("_", " "), " ".join(figure.of.values())]
        cells += _ratio(ratio, figure.unit) if isinstance(ratio, Ratio) else ["-", "-"]
        cells += ["-" if time_ms is None else _seconds(time_ms) for time_ms in times]
        table.add_row(*(Text(cell) for cell in cells))
        if figure.note:
            table.add_row("", Text(figure.note, "dim"))
    return table


def _ratio(ratio: Ratio, unit: str) -> list[str]:
    if unit == "ms":
        value = "-" if ratio.value is None else _seconds(ratio.value)
        return [value, f"{_seconds(ratio.numerator)} / {ratio.denominator:,}"]
    parts = f"{ratio.numerator:,} / {ratio.denominator:,}"
    if ratio.value is None:
        return ["-", parts]
    return [f"{ratio.value:.2f}" if unit == "attempts" else f"{ratio.value:.1%}", parts]


def _voices(said: list[Voice]) -> Table:
    table = _table("month", "detector", "cases", "outcomes", "calls", "dispositions")
    for voice in said:
        outcomes, dispositions = voice.outcomes, voice.dispositions
        cells = [voice.month, voice.detector, str(sum(outcomes.values())), _commonest(outcomes)]
        cells += [str(sum(dispositions.values())), _commonest(dispositions)]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _commonest(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in list(counts.items())[:_MOST])


def _seconds(time_ms: float) -> str:
    return f"{time_ms / 1000:,.1f} s"


def _table(*heads: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head)
    table.add_row(*(Text(head, "dim") for head in heads))
    return table
