"""The figures of a test week as the handbook defines them, and those of a desk that knows the truth.

A test week stands 14 days behind the begin of its training week: seven days of training, seven until labels
are known. A card whose fraud is older than the delay on the morning of a test day is known by then, and is
left out from that day on. The handbook looks for such frauds from the training week on and not before it;
`known_since` tells how far back.

Source: Y.-A. Le Borgne, W. Siblini, B. Lebichot, G. Bontempi, Reproducible Machine Learning for Credit Card
Fraud Detection - Practical Handbook (2022), chapters 4 and 5. Written anew from the description.
"""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.handbook.scored import Scored
from benchmarks.handbook.uses import DAY_MS
from domain.instants import iso
from learning.risk.quality import CardScore, auc, average_precision, card_precision

DELAY_DAYS = 7
WEEK_DAYS = 7
# So many cards a day the desk looks at.
CARDS_A_DAY = 100


class Figures(NamedTuple):
    """Area under the ROC curve, average precision and card precision of a week, and the best there can be."""

    auc: float
    ap: float
    cp100: float
    oracle: float
    uses: int
    frauds: int


def training_day(test_day: int) -> int:
    """Give the first day of the training week of the test week that begins on `test_day`."""
    return test_day - DELAY_DAYS - WEEK_DAYS


def week_figures(scored: Scored, test_day: int, known_since: int) -> Figures:
    """Give the figures of the week that begins on `test_day`; frauds before `known_since` make nothing known.

    Raises ValueError when nothing was scored on one of its days.
    """
    uses: list[CardScore] = []
    scores, frauds = scored.scores, scored.frauds
    for day in range(test_day, test_day + WEEK_DAYS):
        known = scored.bad_between(known_since, day - DELAY_DAYS)
        of_day = scored.rows(day, day + 1)
        if of_day.start == of_day.stop:
            raise ValueError(
                f"nothing was scored on {iso(day * DAY_MS)[:10]}; every day of a test week needs uses, and a "
                "model that was learnt before it"
            )
        uses.extend(
            CardScore(day, scored.customers[row], float(scores[row]), bool(frauds[row]))
            for row in range(of_day.start, of_day.stop)
            if scored.customers[row] not in known
        )
    truth = [use.fraud for use in uses]
    ranked = [use.score for use in uses]
    return Figures(
        auc=auc(ranked, truth),
        ap=average_precision(ranked, truth),
        cp100=card_precision(uses, CARDS_A_DAY, drop_caught=True),
        oracle=card_precision(
            (use._replace(score=float(use.fraud)) for use in uses), CARDS_A_DAY, drop_caught=True
        ),
        uses=len(uses),
        frauds=sum(truth),
    )


def means(weeks: Sequence[Figures]) -> Figures:
    """Give the means of the weeks, and how many uses and frauds they have together."""
    count = len(weeks)
    return Figures(
        auc=sum(week.auc for week in weeks) / count,
        ap=sum(week.ap for week in weeks) / count,
        cp100=sum(week.cp100 for week in weeks) / count,
        oracle=sum(week.oracle for week in weeks) / count,
        uses=sum(week.uses for week in weeks),
        frauds=sum(week.frauds for week in weeks),
    )
