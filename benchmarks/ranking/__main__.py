"""Compare orders of calling by the fraud money that a desk with few calls an hour is in time for.

`python -m benchmarks.ranking DATA --test-from 2018-07-04 --weeks 4`: the handbook's stream, scored as
benchmarks/handbook scores it, and simulated nights whose truth is known. What time does to money is learnt
on five weeks before the test weeks whose labels were known by then, and on other nights. What a call does is
said in benchmarks/ranking/calls.py; what is an alert and an episode in stream.py and nights.py.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks.handbook.online import Online
from benchmarks.handbook.protocol import DELAY_DAYS, WEEK_DAYS
from benchmarks.handbook.scored import Scored
from benchmarks.handbook.telling import telling
from benchmarks.handbook.uses import CURRENCY, DAY_MS, DataError, day_of, read_uses
from benchmarks.markdown import table
from benchmarks.ranking.calls import Alert, Order, Truth
from benchmarks.ranking.figures import (
    CALLS_AN_HOUR,
    Found,
    Span,
    by_order,
    calls_table,
    differences_table,
    share,
    shares_table,
)
from benchmarks.ranking.harm import Harm
from benchmarks.ranking.nights import CURRENCY as NIGHT_CURRENCY
from benchmarks.ranking.nights import FIRST_JUDGED_SEED, PAST_SEEDS, measured
from benchmarks.ranking.orders import LOSS, OWN, orders
from benchmarks.ranking.stream import DETECTOR, EPISODE_MS, alerts_of, episodes_of
from domain.instants import to_ms
from learning.risk.learner import Learner

_PAST_DAYS = 35


@click.command()
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--test-from",
    type=click.DateTime(("%Y-%m-%d",)),
    default="2018-07-04",
    show_default=True,
    help="First day of the test weeks, in UTC.",
)
@click.option("--weeks", type=click.IntRange(1), default=4, show_default=True, help="How many test weeks.")
@click.option(
    "--least-probability",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="From which a use of the stream raises an alert.",
)
@click.option(
    "--nights", type=click.IntRange(0), default=8, show_default=True, help="How many simulated nights count."
)
def main(data: Path, test_from: datetime, weeks: int, least_probability: float, nights: int) -> None:
    """Measure which order of calling saves most."""
    test_day = day_of(to_ms(test_from.replace(tzinfo=UTC)))
    try:
        scored = _scored(data, test_day - _PAST_DAYS, test_day + weeks * WEEK_DAYS)
    except (DataError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    alerts, truth = alerts_of(scored, least_probability), Truth(episodes_of(scored))
    # An episode's end must be known by the first test day, as well as its labels.
    past_ms = (test_day - DELAY_DAYS) * DAY_MS - EPISODE_MS
    past = [alert for alert in alerts if alert.at_ms < past_ms]
    harm = Harm()
    harm.learn(past, truth)
    span = Span(alerts, truth, test_day * DAY_MS, (test_day + weeks * WEEK_DAYS) * DAY_MS, by_day=True)
    print(f"## The handbook's stream, {weeks} weeks from {test_from:%Y-%m-%d}\n")
    print(_harm_table(harm, DETECTOR))
    found = _compare([span], orders(harm, past, CURRENCY))
    if nights:
        _nights(nights)
    for name in (OWN, LOSS):
        print(f"{name}, {CALLS_AN_HOUR[0]} calls an hour: {share(found[name].money):.4f}")


def _nights(count: int) -> None:
    harm, past = Harm(), list[Alert]()
    for span in measured(PAST_SEEDS):
        harm.learn(span.alerts, span.truth)
        past.extend(span.alerts)
    print(f"\n## {count} simulated nights\n")
    _compare(
        measured(range(FIRST_JUDGED_SEED, FIRST_JUDGED_SEED + count)), orders(harm, past, NIGHT_CURRENCY)
    )


def _compare(spans: Sequence[Span], compared: Sequence[Order]) -> dict[str, Found]:
    """Print what each order saves, and give what it saves at the fewest calls."""
    alerts = sum(span.from_ms <= alert.at_ms < span.until_ms for span in spans for alert in span.alerts)
    at_once = by_order(spans, compared[:1], None)[compared[0].name]
    print(
        f"{alerts:,} alerts. A desk that calls at each at once makes {at_once.calls:,} calls, "
        f"{at_once.right:,} of them right, and saves {share(at_once.money):.1%} of what can be saved.\n"
    )
    found = {calls: by_order(spans, compared, calls) for calls in CALLS_AN_HOUR}
    print(shares_table(found))
    print(differences_table(found, OWN))
    print(calls_table(found))
    return found[CALLS_AN_HOUR[0]]


def _scored(data: Path, first_day: int, last_day: int) -> Scored:
    scored = Scored(first_day)
    told = telling("delayed", alerts_a_day=0, audit_cards=0, claims_days=0)
    uses = (use for use in read_uses(data) if use.event.at_ms < last_day * DAY_MS)
    Online(Learner(), told, scored).run(uses)
    return scored


def _harm_table(harm: Harm, detector: str) -> str:
    rows = [(age, f"{left:.2f}", f"{hour:.4f}") for age, left, hour in harm.rows(detector)]
    return table(("hours since the latest alert", "still to be lost", "in the next hour"), rows)


if __name__ == "__main__":
    main()
