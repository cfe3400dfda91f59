"""What a profile's alerts come to on each day: what they would have the desk do, and what they catch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from typing import Any

from msgspec import Struct

from tuning.measures.judging import Judge
from tuning.measures.labels import Use


class Day(Struct, frozen=True, gc=False, kw_only=True):
    """One local day.

    `calls` are the customers, or cards of unknown customers, that alerts of the day are about: one call each.
    It is not the desk's load, in which cases live longer than a day and calls are tried again; `riskdesk
    backtest` tells that. `true` and `false` are alerts as tuning/measures/judging.py judges them, `frauds`
    the day's fraudulent events and `loss_minor` their money, `found` and `caught_minor` what of it was found.
    """

    calls: int
    true: int
    false: int
    frauds: int
    found: int
    loss_minor: int
    caught_minor: int


class Outcomes(Struct, frozen=True):
    """What alerts told, so that those of several detectors can be put together.

    `told` are the days and whom a call would go to, `raised` the alerts by day and by what they were worth,
    `found` the frauds by their events.
    """

    told: frozenset[tuple[int, str]]
    raised: Counter[tuple[int, bool | None]]
    found: Mapping[str, Use]

    def together(self, other: "Outcomes") -> "Outcomes":
        """Give what both told together."""
        return Outcomes(self.told | other.told, self.raised + other.raised, {**self.found, **other.found})


def outcomes_of(alerts: Iterable[Mapping[str, Any]], judge: Judge, days: range) -> Outcomes:
    """Judge those alert records that were raised on some of the days (ordinals of local dates)."""
    told: set[tuple[int, str]] = set()
    raised: Counter[tuple[int, bool | None]] = Counter()
    found: dict[str, Use] = {}
    for record in alerts:
        (judged,) = judge.judge((record,))
        if judged.day in days:
            told.update((judged.day, who) for who in _called(record))
            raised[judged.day, judged.true] += 1
            found.update((use.event_id, use) for use in judged.frauds)
    return Outcomes(frozenset(told), raised, found)


def days_of(outcomes: Outcomes, judge: Judge, days: range, currency: str) -> list[Day]:
    """Give each of the days, quiet ones too; money is that in `currency`, and a fraud lies on its own day."""
    calls = Counter(day for day, _ in outcomes.told)
    frauds, loss_minor = _by_day(judge.frauds, judge, currency)
    found, caught_minor = _by_day(outcomes.found.values(), judge, currency)
    return [
        Day(
            calls=calls[day],
            true=outcomes.raised[day, True],
            false=outcomes.raised[day, False],
            frauds=frauds[day],
            found=found[day],
            loss_minor=loss_minor[day],
            caught_minor=caught_minor[day],
        )
        for day in days
    ]


def _by_day(uses: Iterable[Use], judge: Judge, currency: str) -> tuple[Counter[int], Counter[int]]:
    count: Counter[int] = Counter()
    minor: Counter[int] = Counter()
    for use in uses:
        day = judge.day(use.at_ms)
        count[day] += 1
        if use.currency == currency:
            minor[day] += use.amount_minor
    return count, minor


def _called(alert: Mapping[str, Any]) -> Iterator[str]:
    """Give whom an alert would have somebody call: its members, its customer, or the key it is about."""
    concerned = alert["members"] or ([alert] if alert["card"] else [])
    if not concerned:
        yield f"{alert['scope']} {alert['key']}"
    for each in concerned:
        yield f"customer {each['customer']}" if each["customer"] else f"card {each['card']}"


def calls_a_day(days: Sequence[Day]) -> float:
    """Give the mean number of calls, nan without a day."""
    return sum(day.calls for day in days) / len(days) if days else nan


def caught_a_day(days: Sequence[Day]) -> float:
    """Give the mean money of the frauds found, in minor units, nan without a day."""
    return sum(day.caught_minor for day in days) / len(days) if days else nan


def caught_share(days: Sequence[Day]) -> float:
    """Give the money of the frauds found as a share of that of all, nan without any."""
    return _share(sum(day.caught_minor for day in days), sum(day.loss_minor for day in days))


def precision(days: Sequence[Day]) -> float:
    """Give the share of true alerts among labelled ones, nan without any."""
    true = sum(day.true for day in days)
    return _share(true, true + sum(day.false for day in days))


def recall(days: Sequence[Day]) -> float:
    """Give the share of frauds that were found, nan without any."""
    return _share(sum(day.found for day in days), sum(day.frauds for day in days))


def f1(days: Sequence[Day]) -> float:
    """Give the harmonic mean of precision and recall: 0 without a true alert, nan without fraud."""
    true = sum(day.true for day in days)
    if not true:
        return 0.0 if any(day.frauds for day in days) else nan
    right, found = precision(days), recall(days)
    return 2 * right * found / (right + found)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else nan
