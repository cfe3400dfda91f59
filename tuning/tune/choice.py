"""Which combination is taken, by what objective, and whether that held on days which had no say in it."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import isnan, nan
from typing import NamedTuple

from tuning.measures.bootstrap import Interval, day_blocks, interval
from tuning.tune.days import Day, calls_a_day, caught_a_day, caught_share, f1, precision, recall

# A week: whole days are drawn again, and of fewer there are too few ways to draw them.
LEAST_DAYS = 7

# What had to be kept is kept when it is surely no worse by more than this share: that nothing is known
# against it would not do, as on few frauds nothing ever is.
ALLOWANCE = 0.1

# Sums of the same days in another order must not tell two combinations apart.
_ROUNDING = 1e-9
_UNKNOWN = Interval(nan, nan, nan)

# What is told of some days together, by the names that JSON has.
FIGURES: Mapping[str, Callable[[Sequence[Day]], float]] = {
    "calls_a_day": calls_a_day,
    "caught_a_day_minor": caught_a_day,
    "caught_share": caught_share,
    "precision": precision,
    "recall": recall,
    "f1": f1,
}
_LESS_IS_BETTER = {"calls_a_day"}


class Objective(NamedTuple):
    """What is wanted: the best `wanted`, one of FIGURES, while `kept` is no worse than `limit`.

    A `limit` of None stands for what the base has, a `kept` of "" for nothing that must be kept.
    """

    name: str
    wanted: str
    kept: str = ""
    limit: float | None = None


# By name: what `--objective` takes.
OBJECTIVES: Mapping[str, Objective] = {
    each.name: each
    for each in (
        Objective("loss_caught", "caught_a_day_minor", kept="calls_a_day"),
        Objective("fewer_calls", "calls_a_day", kept="caught_a_day_minor"),
        Objective("f1", "f1"),
        Objective("precision", "precision", kept="recall"),
    )
}


class Why(StrEnum):
    """What the later days say of the choice that was made on the earlier ones."""

    HOLDS = "holds"
    NONE_BETTER = "none_better"  # no combination was better than the base on the earlier days
    FEW_DAYS = "few_days"  # the later part is too short for an interval
    UNKNOWN = "unknown"  # the wanted figure is not defined on the later days
    NOISE = "noise"  # the interval of the difference holds 0
    WORSE = "worse"  # it is worse than the base beyond noise
    COST = "cost"  # it is better, but what had to be kept was not, or not surely


class Verdict(NamedTuple):
    """Whether the chosen combination is better than the base on the later days, and by how much.

    `wanted` and `kept` are by how much more of the objective's figures the chosen one has than the base, or
    than the limit; each has the interval of a bootstrap by whole days, and is nan where nothing was compared.
    """

    why: Why
    wanted: Interval
    kept: Interval

    @property
    def holds(self) -> bool:
        """Whether it may be used."""
        return self.why is Why.HOLDS


def choose(base: Sequence[Day], tried: Mapping[str, Sequence[Day]], objective: Objective) -> str | None:
    """Give the label of the combination that is better than the base and best of all, None where none is.

    Among equals it is the one with fewer calls, then the one that catches more, then the first.
    """
    least = _goodness(objective.wanted, base)
    best: tuple[float, ...] | None = None
    chosen = None
    for label, days in tried.items():
        value = _goodness(objective.wanted, days)
        better = not isnan(value) and (isnan(least) or value > least + _ROUNDING)
        rank = value, -calls_a_day(days), caught_a_day(days)
        if better and _keeps(base, days, objective) and (best is None or rank > best):
            best, chosen = rank, label
    return chosen


def judge_choice(
    base: Sequence[Day], chosen: Sequence[Day] | None, objective: Objective, *, seed: int
) -> Verdict:
    """Compare the chosen combination with the base on the later days; `chosen` is None where there is none.

    The choice among many was made on the earlier days, and one comparison is made on these: nothing has to be
    taken off for having looked at many.
    """
    if chosen is None:
        return Verdict(Why.NONE_BETTER, _UNKNOWN, _UNKNOWN)
    wanted = day_blocks(base, chosen, FIGURES[objective.wanted], seed=seed)
    kept = _kept(base, chosen, objective, seed)
    if len(base) < LEAST_DAYS:
        why = Why.FEW_DAYS
    elif isnan(wanted.point):
        why = Why.UNKNOWN
    elif wanted.is_noise:
        why = Why.NOISE
    elif _turned(objective.wanted, wanted).high < 0:
        why = Why.WORSE
    else:
        why = Why.HOLDS if _surely_kept(base, objective, kept) else Why.COST
    return Verdict(why, wanted, kept)


def _kept(base: Sequence[Day], chosen: Sequence[Day], objective: Objective, seed: int) -> Interval:
    if not objective.kept:
        return _UNKNOWN
    figure, limit = FIGURES[objective.kept], objective.limit
    if limit is None:
        return day_blocks(base, chosen, figure, seed=seed)
    return interval(chosen, lambda days: figure(days) - limit, seed=seed)


def _surely_kept(base: Sequence[Day], objective: Objective, kept: Interval) -> bool:
    if not objective.kept:
        return True
    to_keep = FIGURES[objective.kept](base) if objective.limit is None else objective.limit
    return _turned(objective.kept, kept).low >= -ALLOWANCE * abs(to_keep) - _ROUNDING


def _keeps(base: Sequence[Day], days: Sequence[Day], objective: Objective) -> bool:
    if not objective.kept:
        return True
    limit = FIGURES[objective.kept](base) if objective.limit is None else objective.limit
    return _goodness(objective.kept, days) >= _sign(objective.kept) * limit - _ROUNDING


def _goodness(figure: str, days: Sequence[Day]) -> float:
    return _sign(figure) * FIGURES[figure](days)


def _sign(figure: str) -> int:
    return -1 if figure in _LESS_IS_BETTER else 1


def _turned(figure: str, difference: Interval) -> Interval:
    """Give a difference so that above 0 is better."""
    low, point, high = difference
    return Interval(-high, -point, -low) if _sign(figure) < 0 else difference
