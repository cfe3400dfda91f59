"""What a detector brought, drawn: alerts by day, and how often it was right by month."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from cases.kpi.values import Ratio
from desk.context import Context
from desk.drawing.bars import BarWords, Column, bars
from desk.wording import say

_WIDTH = 620.0


def by_day(here: Context, days: dict[date, int]) -> Markup:
    """Draw alerts by day."""
    columns = [Column(f"{day.day}", float(count), f"{day:%Y-%m-%d}: {count}") for day, count in days.items()]
    words = BarWords(
        title=say(here.language, "rules.by_day"),
        description=say(here.language, "rules.by_day_total", count=sum(days.values())),
    )
    return Markup(bars(columns, words, width=_WIDTH, height=150.0))


def by_month(here: Context, months: Sequence[tuple[str, Ratio]]) -> Markup:
    """Draw how many in a hundred closed cases the detector was right about, by month."""
    columns = [
        Column(
            month,
            None if right.value is None else round(right.value * 100, 1),
            f"{month}: {right.numerator} / {right.denominator}",
        )
        for month, right in months
    ]
    words = BarWords(
        title=say(here.language, "rules.by_month"), description=say(here.language, "rules.precision_is")
    )
    return Markup(bars(columns, words, width=_WIDTH, height=150.0))
