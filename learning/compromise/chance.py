"""How likely so many bad cards are by chance, and the stretch of time in which there are the most."""

from math import exp, inf, lgamma, log, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Beyond this share of the sum, terms of a tail do not matter.
_SMALL = 1e-12
# Of more bad uses, that many are tried as the beginning of a stretch, evenly spread.
_MOST_BEGINNINGS = 400


class Stretch(NamedTuple):
    """A stretch of time at a point: distinct cards `seen` and `bad`, how many were `expected` to turn bad.

    `log_p` is the decimal log of the chance of so many bad, in any of the stretches that were tried.
    """

    since_ms: int
    until_ms: int
    seen: int
    bad: int
    expected: float
    log_p: float


def log_chance(count: int, expected: float) -> float:
    """Give the decimal log of the chance of `count` or more where so many are expected.

    The count is taken to be Poisson. Cards turn bad each with a chance of its own, and for counts above
    the mean that has the lighter tail, so that this errs to the careful side.

    Source: T. W. Anderson, S. M. Samuels, Some Inequalities among Binomial and Poisson Probabilities (1967).

    >>> log_chance(0, 2.0), round(log_chance(3, 1.0), 3), round(log_chance(30, 0.6), 1)
    (0.0, -1.095, -39.3)
    """
    if count <= 0:
        return 0.0
    if expected <= 0:
        return -inf
    term = total = 1.0
    number = count
    # Below the mean the terms rise before they fall.
    while term > _SMALL * total or number < expected:
        number += 1
        term *= expected / number
        total += term
    first = count * log(expected) - expected - lgamma(count + 1.0)
    return min(0.0, first / log(10) + log10(total))


def probability(log_p: float) -> float:
    """Give a probability from its decimal log; what is too small for a float is its smallest."""
    return max(exp(log_p * log(10)), 5e-324) if log_p < 0 else 1.0


def fullest_stretch(
    at_ms: Ints, cards: Ints, rates: Floats, bad: Flags, *, least: int, times: float
) -> Stretch | None:
    """Find the stretch of time whose bad cards are hardest to explain by chance.

    The arrays are the uses of one point: when, by which card, how likely a card with as much use was to turn
    bad, and whether this one did. Only stretches with `least` bad cards, and `times` as many as expected, are
    looked at; they begin and end with a bad card, so that none is longer than what it explains. None
    without any. Each card counts once in a stretch.

    Source: M. Kulldorff, A Spatial Scan Statistic, Communications in Statistics 26 (1997), on the line of
    time; that many stretches were tried is paid for by Bonferroni's bound.
    """
    order = np.lexsort((cards, at_ms))
    at_ms, cards, rates, bad = at_ms[order], cards[order], rates[order], bad[order]
    before_ms = _use_before(at_ms, cards)
    begins = np.unique(at_ms[bad])
    # A stretch ends with the last use of a moment.
    ends = np.searchsorted(at_ms, begins, side="right") - 1
    tried = len(begins) * (len(begins) + 1) // 2
    if len(begins) > _MOST_BEGINNINGS:
        begins = begins[np.linspace(0, len(begins) - 1, _MOST_BEGINNINGS).astype(np.int64)]
    best: tuple[float, int, int] | None = None
    for begin_ms in begins:
        first = int(np.searchsorted(at_ms, begin_ms))
        new = before_ms[first:] < begin_ms
        held = ends[ends >= first] - first
        count = np.cumsum(new & bad[first:])[held]
        expected = np.cumsum(np.where(new, rates[first:], 0.0))[held]
        enough = (count >= least) & (count >= times * expected)
        if not enough.any():
            continue
        count, expected, held = count[enough], expected[enough], held[enough]
        gain = count * np.log(count / np.maximum(expected, _SMALL)) - (count - expected)
        top = int(np.argmax(gain))
        if best is None or gain[top] > best[0]:
            best = float(gain[top]), first, first + int(held[top])
    if best is None:
        return None
    _, first, last = best
    new = before_ms[first : last + 1] < at_ms[first]
    count_bad = int((new & bad[first : last + 1]).sum())
    expected_bad = float(rates[first : last + 1][new].sum())
    return Stretch(
        int(at_ms[first]),
        int(at_ms[last]),
        int(new.sum()),
        count_bad,
        expected_bad,
        min(0.0, log_chance(count_bad, expected_bad) + log10(tried)),
    )


def _use_before(at_ms: Ints, cards: Ints) -> Ints:
    """Give for each use when the same card was used before, the smallest of numbers where it was not."""
    by_card = np.lexsort((at_ms, cards))
    before = np.full(len(at_ms), np.iinfo(np.int64).min)
    same = cards[by_card][1:] == cards[by_card][:-1]
    before[by_card[1:][same]] = at_ms[by_card[:-1][same]]
    return before
