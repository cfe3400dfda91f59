"""Run the Fraud Detection Handbook's stream through the learned score, and print the published figures.

`python -m benchmarks.handbook DATA --test-from 2018-07-04 --weeks 4`: the stream begins on its first day,
scores come from the tables of the time, labels are known a week later, and the figures are those of the test
weeks. The last line holds the means of the weeks and how many events a CPU second took
(benchmarks/handbook/online.py says what is counted).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import click

from benchmarks.handbook.frozen import FrozenWeek
from benchmarks.handbook.online import Online, Spent
from benchmarks.handbook.picture import reaches, write_picture
from benchmarks.handbook.protocol import WEEK_DAYS, Figures, means, training_day, week_figures
from benchmarks.handbook.scored import Scored
from benchmarks.handbook.telling import Regime, telling
from benchmarks.handbook.uses import DAY_MS, DataError, day_of, read_uses
from benchmarks.markdown import table
from cli.durations import Duration
from domain.instants import iso, to_ms
from flows.garbage import collect_seldom
from learning.risk.calibration import errors
from learning.risk.learner import Learner
from learning.risk.settings import Settings

_EVER = 0
# Every label is there after a week, and the desk's sooner: what waits is held for two.
_REMEMBER = timedelta(days=14)
_DAY = click.DateTime(("%Y-%m-%d",))


@click.command()
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--test-from", type=_DAY, required=True, help="First day of the first test week, in UTC.")
@click.option("--weeks", type=click.IntRange(1), default=1, show_default=True, help="How many test weeks.")
@click.option(
    "--weights-every", type=Duration(), default="P1D", show_default=True, help="How often weights are new."
)
@click.option(
    "--terminals-every", type=Duration(), default="P1D", show_default=True, help="The same of terminals."
)
@click.option(
    "--labels",
    type=click.Choice(("delayed", "feedback", "both")),
    default="delayed",
    show_default=True,
    help="Claims after a week, the desk's calls of the next day alone, or both.",
)
@click.option("--alerts-a-day", type=click.IntRange(1), default=100, show_default=True, help="Cards called.")
@click.option("--audit-cards", type=click.IntRange(0), default=0, help="And so many more, drawn by lot.")
@click.option(
    "--claims-days",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="Under feedback, claims are made of uses of so many first days.",
)
@click.option("--frozen-from", type=_DAY, help="Learn weights of the week before alone, as the book does.")
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the reliability (SVG)."
)
def main(
    data: Path,
    test_from: datetime,
    weeks: int,
    weights_every: timedelta,
    terminals_every: timedelta,
    labels: Regime,
    alerts_a_day: int,
    audit_cards: int,
    claims_days: int,
    frozen_from: datetime | None,
    picture: Path | None,
) -> None:
    """Measure the learned score on the handbook's stream, by the published protocol."""
    test_day = day_of(to_ms(test_from.replace(tzinfo=UTC)))
    last_day = test_day + weeks * WEEK_DAYS
    frozen = None if frozen_from is None else FrozenWeek(day_of(to_ms(frozen_from.replace(tzinfo=UTC))))
    settings = Settings(model_every=weights_every, terminals_every=terminals_every, remember=_REMEMBER)
    collect_seldom()
    scored = Scored(test_day)
    told = telling(
        labels, alerts_a_day=alerts_a_day, audit_cards=audit_cards, claims_days=claims_days
    )  # fmt: skip
    try:
        uses = (use for use in read_uses(data) if use.event.at_ms < last_day * DAY_MS)
        spent = Online(Learner(settings), told, scored, frozen=frozen).run(uses)
        days = range(test_day, last_day, WEEK_DAYS)
        by_week = [week_figures(scored, day, training_day(day)) for day in days]
        by_week_ever = [week_figures(scored, day, _EVER) for day in days]
    except (DataError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    print(_weeks_table(days, by_week))
    found, ever = means(by_week), means(by_week_ever)
    print(
        "Cards left out for frauds of the whole history instead of from the training week on: "
        f"AUC {ever.auc:.3f}, AP {ever.ap:.3f}, CP@100 {ever.cp100:.3f} of at most {ever.oracle:.3f}."
    )
    for said in told.said():
        print(said)
    _say_calibration(scored, picture)
    _say_spent(spent)
    print(
        f"auc: {found.auc:.4f} ap: {found.ap:.4f} cp100: {found.cp100:.4f} "
        f"events_per_cpu_s: {spent.events / spent.cpu_s:.0f}"
    )


def _weeks_table(days: range, by_week: list[Figures]) -> str:
    rows = [
        (iso(day * DAY_MS)[:10], *_said(week)) for day, week in zip(days, by_week, strict=True)
    ]  # fmt: skip
    rows.append(("mean", *_said(means(by_week))))
    return table(
        ("test week from", "uses", "frauds", "AUC", "AP", "CP@100", "best CP@100", "share of it"), rows
    )


def _said(week: Figures) -> tuple[str, ...]:
    figures = (week.auc, week.ap, week.cp100, week.oracle)
    return (
        f"{week.uses:,}",
        f"{week.frauds:,}",
        *(f"{figure:.4f}" for figure in figures),
        f"{week.cp100 / week.oracle:.3f}" if week.oracle else "-",
    )


def _say_calibration(scored: Scored, picture: Path | None) -> None:
    """Say how far the probabilities of all uses of the test weeks were right, also of cards left out."""
    probabilities, frauds = scored.probabilities.tolist(), scored.frauds.tolist()
    found = errors(probabilities, frauds)
    share = sum(frauds) / len(frauds)
    print(
        f"Probabilities of all {len(frauds):,} uses, {share:.3%} of them fraud: "
        f"log loss {found.log_loss:.5f}, Brier {found.brier:.5f}, "
        f"expected calibration error {found.expected:.5f}.\n"
    )
    rows = reaches(probabilities, frauds)
    said = ((f"{row.uses:,}", f"{row.probability:.3%}", f"{row.share:.3%}") for row in rows)
    print(table(("uses", "probability said", "fraud that came"), said))
    if picture is not None:
        write_picture(picture, rows)


def _say_spent(spent: Spent) -> None:
    peak_mb = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{spent.events:,} events in {spent.cpu_s:.1f} s of CPU, {spent.models} models and {spent.terminals} "
        f"tables of terminals published, {peak_mb:,.0f} MB at the peak"
    )


if __name__ == "__main__":
    main()
