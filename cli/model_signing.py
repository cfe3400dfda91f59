"""How a model takes effect: one person proposes, another decides; and how all else is published."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import isfinite, nan
from pathlib import Path

import click
import orjson

from cases.models.table import MODEL, table_record
from cases.signing_off.change import Change, Standing, change_record
from cli.desk_options import JSON, STORE, WHO, Instant, now_ms, opened, options, who
from cli.profile_options import WHY
from cli.signing import REPORT, change_line, read_report
from domain.instants import iso, to_ms

_NUMBER = click.argument("number", metavar="N", type=click.IntRange(min=1))
_MAYBE_NUMBER = click.argument("number", metavar="[N]", type=click.IntRange(min=1), required=False)
_EFFECTIVE_AT = click.option(
    "--effective-at",
    type=Instant(),
    help="The event time from which on it scores.  [as soon as it may once it is approved]",
)


class _Bound(click.ParamType[tuple[str, str, float]]):
    """A bound of a figure: `average_precision>=0.7` or `brier<=0.02`."""

    name = "figure>=n"

    def convert(
        self,
        value: str | tuple[str, str, float],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str, float]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"\s*(\w+)\s*([<>]=)\s*(\S+)\s*", value)
        try:
            bound = float(found[3]) if found else nan
        except ValueError:
            bound = nan
        if found is None or not isfinite(bound):
            self.fail(f"{value!r} should be a figure and its bound: average_precision>=0.7", param, ctx)
        return found[1], found[2], bound


_STANDING = click.option(
    "--standing",
    "bounds",
    type=_Bound(),
    multiple=True,
    help="Let `refresh` put models in force that are learnt in the same way and have such figures: "
    "average_precision>=0.7, brier<=0.02; may be given several times.",
)


@click.command(
    epilog='Example: riskdesk model propose 2 --why "finds 4 % more of the loss" --report backtest.html '
    "--effective-at 2026-04-01T02:00:00+08:00 --agent ana-1 --role analyst --store sqlite:///desk.db"
)
@_NUMBER
@options(WHY, REPORT, _EFFECTIVE_AT, _STANDING, WHO, STORE, JSON)
def propose(
    number: int,
    why: str,
    report: Path | None,
    effective_at: datetime | None,
    bounds: tuple[tuple[str, str, float], ...],
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Propose that model N take effect; another person approves it."""
    with opened(url) as store:
        made = store.models.propose(
            number,
            who(agent, role),
            now_ms(),
            why,
            read_report(report),
            since_ms=_ms(effective_at),
            standing=_standing(bounds),
        )
    _say(made, as_json)


@click.command(
    epilog="Example: riskdesk model approve 2 --agent lead-2 --role lead --store sqlite:///desk.db"
)
@_MAYBE_NUMBER
@click.option("--note", default="", help="What you looked at; card numbers are masked.")
@options(WHO, STORE, JSON)
def approve(number: int | None, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let the model that was proposed take effect, in every flow of this store, without a restart.

    With N it is approved only if that is the version that was proposed. Its time must lie some minutes ahead
    (`models.lead` of the queue's policy), so that every process knows it by then.
    """
    with opened(url) as store:
        done = store.models.approve(number, who(agent, role), now_ms(), note)
    _say(done, as_json)


@click.command(
    epilog='Example: riskdesk model refuse 2 --why "learnt over the holidays" --agent lead-2 --role lead '
    "--store sqlite:///desk.db"
)
@_MAYBE_NUMBER
@options(WHY, WHO, STORE, JSON)
def refuse(number: int | None, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Turn down what was proposed; whoever proposed it takes it back by this."""
    with opened(url) as store:
        done = store.models.refuse(number, who(agent, role), now_ms(), why)
    _say(done, as_json)


@click.command(
    epilog="Example: riskdesk model refresh model.json --agent nightly --role analyst --store sqlite:///desk.db"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--why", default="refreshed", show_default=True, help="Why; card numbers are masked.")
@options(WHO, STORE, JSON)
def refresh(file: Path, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let the model of FILE take effect by the standing approval of the one in force.

    It was learnt in the same way, with the same features, pairs and settings, and its figures are within the
    bounds that two people agreed to with `propose --standing`.
    """
    with opened(url) as store:
        done = store.models.refresh(file.read_bytes(), who(agent, role), now_ms(), why)
    _say(done, as_json)


@click.command(
    epilog='Example: riskdesk model rollback --why "calls of one merchant alone" --agent ana-1 '
    "--role analyst --store sqlite:///desk.db"
)
@click.option(
    "--to", type=click.IntRange(min=1), help="A version that was in force.  [the one before the last]"
)
@options(WHY, _EFFECTIVE_AT, WHO, STORE, JSON)
def rollback(
    to: int | None,
    why: str,
    effective_at: datetime | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Propose to go back to a model that was in force before; another person approves it."""
    with opened(url) as store:
        made = store.models.rollback(to, who(agent, role), now_ms(), why, since_ms=_ms(effective_at))
    _say(made, as_json)


@click.command(
    epilog="Example: riskdesk model publish terminals.json --agent ana-1 --role analyst "
    "--store sqlite:///desk.db"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--effective-at", type=Instant(), help="The event time from which on it is used.  [the table's own]"
)
@click.option("--why", default="refreshed", show_default=True, help="Why; card numbers are masked.")
@options(WHO, STORE, JSON)
def publish(
    file: Path, effective_at: datetime | None, why: str, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Let what FILE says be used from its time on: a model takes a second person, what was found out none."""
    with opened(url) as store:
        added = store.models.publish(
            file.read_bytes(), who(agent, role), now_ms(), why, since_ms=_ms(effective_at)
        )
    version = added.version
    if as_json:
        click.echo(orjson.dumps({**table_record(version), "new": added.new}))
    elif added.new and version.since_ms is not None:
        click.echo(f"{version.what}  in force from {iso(version.since_ms)}")
    else:
        click.echo(f"{version.what} says the same already; nothing was published", err=True)


def _standing(bounds: Sequence[tuple[str, str, float]]) -> Standing | None:
    if not bounds:
        return None
    return Standing(
        at_least={name: bound for name, sign, bound in bounds if sign == ">="},
        at_most={name: bound for name, sign, bound in bounds if sign == "<="},
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def _say(change: Change, as_json: bool) -> None:
    record = {**change_record(change, "table"), "table": MODEL}
    click.echo(orjson.dumps(record) if as_json else change_line(change))
