"""The `learn combination` command: closed cases say what findings are worth together."""

from datetime import datetime

import click
import orjson

from cases.combination import CombinationPolicy
from cli.desk_options import STORE, Instant, now_ms, opened
from domain.instants import to_ms
from domain.wording import counted
from learning.combination import Fitted, fit_combination


@click.command(
    epilog="Example: riskdesk learn combination --since 2026-01-01T00:00:00+08:00 --store sqlite:///desk.db"
)
@click.option("--since", type=Instant(), required=True, help="From when on it became known what cases were.")
@click.option("--until", type=Instant(), help="Before when it became known.  [now]")
@click.option(
    "--least",
    type=click.IntRange(10),
    default=50,
    show_default=True,
    help="So many closed cases are needed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@STORE
def combination(since: datetime, until: datetime | None, least: int, as_json: bool, url: str) -> None:
    """Learn from closed cases how several detectors' findings make one probability.

    Prints the part `queue: combination:` of a profile, which then goes the way of every change of a profile.
    It is learnt from the earlier two thirds of the cases and tested on the later third; where it tells those
    no better than the strongest finding alone, exit code 1 says so and the profile should stay as it is.
    """
    with opened(url) as store:
        cases = store.feedback.closed_cases(to_ms(since), to_ms(until) if until else now_ms())
    base = CombinationPolicy().base
    fitted = fit_combination(cases, base=base, least=least)
    if as_json:
        click.echo(orjson.dumps({**fitted._asdict(), "helps": fitted.helps}))
    else:
        _print(fitted)
    if not fitted.helps:
        raise click.exceptions.Exit(1)


def _print(fitted: Fitted) -> None:
    click.echo("queue:\n  combination:")
    click.echo(f"    base: {fitted.base}\n    further: {fitted.further}\n    offsets:")
    for name, offset in fitted.offsets.items():
        click.echo(f"      {name}: {offset:g}    # {counted(fitted.detectors[name], 'case')}")
    click.echo(
        f"learnt from {counted(fitted.learnt_from, 'case')}; mean loss on the {fitted.tested_on} later ones "
        f"{fitted.loss_before:.4f} by the strongest finding alone, {fitted.loss_after:.4f} by this",
        err=True,
    )
    if not fitted.helps:
        click.echo("it tells them no better: leave the profile as it is", err=True)
