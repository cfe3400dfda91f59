"""What the alerts of a run were worth: precision, recall, value; overall, and what each detector adds.

What is true, false and unlabelled is said in tuning/measures/judging.py. Unlabelled is never negative:
precision is over labelled alerts, and how many are not is told beside it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from math import sqrt
from typing import Any

from msgspec import Struct

from tuning.measures.judging import Judge, Judged
from tuning.measures.labels import Labels, Use
from tuning.measures.ranked import average_precision, card_precision

# So many cards a day a desk looks at; small, middling, large.
CARDS_A_DAY = (10, 50, 100)
# Two-sided 95 %.
_Z = 1.959963984540054


class Rates(Struct, frozen=True, kw_only=True):
    """How many were right of what was told, and how much of what there is was told of.

    `precision` is true / (true + false), `recall` is found / frauds, `f1` their harmonic mean; each is None
    where it would be a share of nothing. `_low` and `_high` are the 95 % interval of Wilson, which takes each
    for independent; for days that hang together see tuning/measures/bootstrap.py.
    """

    true: int
    false: int
    unlabelled: int
    frauds: int
    found: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None


class Figures(Rates, frozen=True, kw_only=True):
    """What alerts were worth: counted by alert and fraudulent event here, and in `card_days` by card and day.

    A card-day is told of when the card has an alert that day, and is true when it has a fraud that day: one
    task of the desk, however many alerts it has. `average_precision` and `card_precision` (by how many cards
    are looked at a day) are those of tuning/measures/ranked.py. `value_minor` is the money of the found
    frauds and `value_all_minor` that of all, by currency; declined uses are part of both.
    """

    alerts: int
    cards: int
    card_days: Rates
    average_precision: float | None
    card_precision: dict[int, float | None]
    value_minor: dict[str, int]
    value_all_minor: dict[str, int]


class Contribution(Struct, frozen=True, kw_only=True):
    """What one detector does: alone, and by what would be lost without it.

    `only_found` are the frauds, `only_card_days` the fraudulent card-days that no other detector found, and
    `only_value_minor` is the money of these frauds. `without` are the figures of all the others together.
    """

    detector: str
    alone: Figures
    without: Figures
    only_found: int
    only_card_days: int
    only_value_minor: dict[str, int]


def figures(
    alerts: Sequence[Mapping[str, Any]],
    labels: Labels,
    *,
    until_ms: int,
    zone: tzinfo = UTC,
    cards_a_day: Sequence[int] = CARDS_A_DAY,
) -> Figures:
    """Judge alert records by what was known at `until_ms`; days are those of `zone`.

    For several runs make one Judge and use `figures_of`.
    """
    judge = Judge(labels, until_ms=until_ms, zone=zone)
    return figures_of(judge.judge(alerts), judge, cards_a_day=cards_a_day)


def figures_of(
    judged: Sequence[Judged], judge: Judge, *, cards_a_day: Sequence[int] = CARDS_A_DAY
) -> Figures:
    """Give the figures of alerts that `judge` has judged."""
    found = _found(judged)
    rates = _rates(Counter(each.true for each in judged), len(judge.frauds), len(found))
    return Figures(
        **{name: getattr(rates, name) for name in Rates.__struct_fields__},
        alerts=len(judged),
        cards=len({card for each in judged for card in each.cards}),
        card_days=_card_day_rates(judged, judge),
        average_precision=average_precision(judged, len(judge.frauds)),
        card_precision={most: card_precision(judged, judge, most) for most in cards_a_day},
        value_minor=_value(found.values()),
        value_all_minor=_value(judge.frauds),
    )


def contributions(
    judged: Sequence[Judged], judge: Judge, *, cards_a_day: Sequence[int] = CARDS_A_DAY
) -> list[Contribution]:
    """Give what each detector that told of anything does, in the order of their names."""
    given = []
    for detector in sorted({each.detector for each in judged}):
        own = [each for each in judged if each.detector == detector]
        others = [each for each in judged if each.detector != detector]
        by_others = _found(others)
        only = [use for event_id, use in _found(own).items() if event_id not in by_others]
        days = _true_card_days(own, judge) - _true_card_days(others, judge)
        given.append(
            Contribution(
                detector=detector,
                alone=figures_of(own, judge, cards_a_day=cards_a_day),
                without=figures_of(others, judge, cards_a_day=cards_a_day),
                only_found=len(only),
                only_card_days=len(days),
                only_value_minor=_value(only),
            )
        )
    return given


def overlaps(judged: Iterable[Judged]) -> dict[tuple[str, str], int]:
    """Count the card-days that two detectors told of, each pair in both orders, and each with itself."""
    told: dict[tuple[str, int], set[str]] = {}
    for each in judged:
        for card in each.cards:
            told.setdefault((card, each.day), set()).add(each.detector)
    return dict(Counter((one, other) for names in told.values() for one in names for other in names))


def wilson(part: int, whole: int) -> tuple[float, float] | tuple[None, None]:
    """Give the 95 % interval of a share, None for a share of nothing.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927).

    >>> low, high = wilson(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.5958, 0.9821)
    """
    if not whole:
        return None, None
    share, z2 = part / whole, _Z * _Z
    middle = share + z2 / (2 * whole)
    reach = _Z * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    low, high = (middle - reach) / (1 + z2 / whole), (middle + reach) / (1 + z2 / whole)
    # At 0 and 1 the bound is the share itself, but for the last digit.
    return min(max(0.0, low), share), max(min(1.0, high), share)


def _card_day_rates(judged: Sequence[Judged], judge: Judge) -> Rates:
    counts = Counter[bool | None]()
    for card, day in _card_days(judged):
        fraud, labelled = day in judge.fraud_days.get(card, ()), day in judge.labelled_days.get(card, ())
        counts[True if fraud else False if labelled else None] += 1
    return _rates(counts, sum(map(len, judge.fraud_days.values())), counts[True])


def _rates(counts: Mapping[bool | None, int], frauds: int, found: int) -> Rates:
    true, false = counts.get(True, 0), counts.get(False, 0)
    precision = true / (true + false) if true + false else None
    recall = found / frauds if frauds else None
    precision_low, precision_high = wilson(true, true + false)
    recall_low, recall_high = wilson(found, frauds)
    f1 = None
    if precision is not None and recall is not None:
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Rates(
        true=true,
        false=false,
        unlabelled=counts.get(None, 0),
        frauds=frauds,
        found=found,
        precision=precision,
        precision_low=precision_low,
        precision_high=precision_high,
        recall=recall,
        recall_low=recall_low,
        recall_high=recall_high,
        f1=f1,
    )


def _card_days(judged: Iterable[Judged]) -> set[tuple[str, int]]:
    return {(card, each.day) for each in judged for card in each.cards}


def _true_card_days(judged: Iterable[Judged], judge: Judge) -> set[tuple[str, int]]:
    return {(card, day) for card, day in _card_days(judged) if day in judge.fraud_days.get(card, ())}


def _found(judged: Iterable[Judged]) -> dict[str, Use]:
    return {use.event_id: use for each in judged for use in each.frauds}


def _value(uses: Iterable[Use]) -> dict[str, int]:
    value = Counter[str]()
    for use in uses:
        if use.currency:
            value[use.currency] += use.amount_minor
    return dict(sorted(value.items()))
