"""The figures of single days: what a bootstrap draws from, and what a picture by day shows."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from math import nan

from msgspec import Struct

from tuning.measures.judging import Judge, Judged


class DayCounts(Struct, frozen=True, kw_only=True):
    """One day's counts: alerts on the day they were raised, frauds (also found ones) when they happened."""

    day: date
    alerts: int
    true: int
    false: int
    unlabelled: int
    frauds: int
    found: int


def by_day(judged: Sequence[Judged], judge: Judge, days: Sequence[int]) -> list[DayCounts]:
    """Count for each of the days, in their order; `span_of_days` gives all of several runs."""
    raised = Counter((each.day, each.true) for each in judged)
    frauds = Counter(judge.day(use.at_ms) for use in judge.frauds)
    ids = {use.event_id: use for each in judged for use in each.frauds}
    found = Counter(judge.day(use.at_ms) for use in ids.values())
    return [
        DayCounts(
            day=date.fromordinal(day),
            alerts=raised[day, True] + raised[day, False] + raised[day, None],
            true=raised[day, True],
            false=raised[day, False],
            unlabelled=raised[day, None],
            frauds=frauds[day],
            found=found[day],
        )
        for day in days
    ]


def span_of_days(runs: Sequence[Sequence[Judged]], judge: Judge) -> range:
    """Give all days, quiet ones too, from the first to the last on which any run or label has something."""
    days = {*judge.days, *(each.day for judged in runs for each in judged)}
    return range(min(days), max(days) + 1) if days else range(0)


def precision_of(days: Sequence[DayCounts]) -> float:
    """Give the precision of some days together, nan without a labelled alert."""
    true = sum(day.true for day in days)
    labelled = true + sum(day.false for day in days)
    return true / labelled if labelled else nan


def recall_of(days: Sequence[DayCounts]) -> float:
    """Give the recall of some days together, nan without a fraud."""
    frauds = sum(day.frauds for day in days)
    return sum(day.found for day in days) / frauds if frauds else nan


def alerts_a_day(days: Sequence[DayCounts]) -> float:
    """Give the mean number of alerts, nan without a day."""
    return sum(day.alerts for day in days) / len(days) if days else nan
