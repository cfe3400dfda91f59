"""How well scores put fraud first: exact figures of labelled scores, equal scores always taken together.

All take the scores in any order, and give the same for any order of them.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import inf
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
_LOWEST = -inf


class QualityError(ValueError):
    """Scores that a figure cannot be told of; the message says what is missing."""


class CardScore(NamedTuple):
    """One labelled use of a card on a day."""

    day: int
    card: str
    score: float
    fraud: bool


def auc(scores: Sequence[float], frauds: Sequence[bool]) -> float:
    """Give the chance that a fraud has a higher score than a genuine one, equal scores counting half.

    The area under the ROC curve, by the rank sum of Mann and Whitney (Annals of Mathematical Statistics 18,
    1947). Raises QualityError without one of each.
    """
    all_frauds, genuine = _both(frauds)
    caught, others = _steps(scores, frauds)
    below = np.cumsum(others) - others
    twice_won = int(np.sum(caught * (2 * below + others)))
    return twice_won / (2 * all_frauds * genuine)


def average_precision(scores: Sequence[float], frauds: Sequence[bool]) -> float:
    """Give the mean, over all frauds, of the precision at the score of each.

    Precision at a score is the share of fraud among those with this score or a higher one: no interpolation.
    Raises QualityError without one of each.
    """
    all_frauds, _ = _both(frauds)
    more, others = (counts[::-1] for counts in _steps(scores, frauds))
    precision = np.cumsum(more) / np.cumsum(more + others)
    return float(np.sum(more * precision)) / all_frauds


def card_precision(uses: Iterable[CardScore], k: int, *, drop_caught: bool = False) -> float:
    """Give the mean over days of the share of cards with fraud among the `k` with the highest scores.

    A card's score is that of its highest use of the day, and it has fraud when any use of the day is. A day
    with fewer cards is divided by `k` all the same: the people to look are there. Cards of equal score at
    the end of the list count by their mean. With `drop_caught`, cards with fraud in a list are left out on
    later days; there, cards of equal score at the end are taken in the order of their names.

    Raises QualityError without any day, or for `k` below 1.
    """
    if k < 1:
        raise QualityError(f"k is {k}; a list holds one card at least")
    shares = []
    caught: set[str] = set()
    for _, of_day in groupby(sorted(uses, key=itemgetter(0)), key=itemgetter(0)):
        cards = _cards(use for use in of_day if use.card not in caught)
        if drop_caught:
            found = {card for _, card, fraud in cards[:k] if fraud}
            caught |= found
            shares.append(len(found) / k)
        else:
            shares.append(_found(cards, k) / k)
    if not shares:
        raise QualityError("no use of a card is labelled; precision is told of labelled days only")
    return sum(shares) / len(shares)


def _both(frauds: Sequence[bool]) -> tuple[int, int]:
    all_frauds = sum(frauds)
    genuine = len(frauds) - all_frauds
    if not all_frauds or not genuine:
        raise QualityError(f"want frauds and genuine ones, and there are {all_frauds} and {genuine}")
    return all_frauds, genuine


def _steps(scores: Sequence[float], frauds: Sequence[bool]) -> tuple[Counts, Counts]:
    """Give how many frauds and how many others share each score, the lowest score first."""
    _, step, sizes = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    caught = np.bincount(step, weights=np.asarray(frauds), minlength=len(sizes)).astype(np.int64)
    return caught, sizes - caught


def _cards(uses: Iterable[CardScore]) -> list[tuple[float, str, bool]]:
    """Give score, name and fraud of each card of a day, highest first."""
    best: dict[str, float] = {}
    bad: set[str] = set()
    for _, card, score, fraud in uses:
        if score > best.get(card, _LOWEST):
            best[card] = score
        if fraud:
            bad.add(card)
    ranked = sorted([(-score, card) for card, score in best.items()])
    return [(-score, card, card in bad) for score, card in ranked]


def _found(cards: list[tuple[float, str, bool]], k: int) -> float:
    """Count the cards with fraud among the first `k`, those that share the last place by their mean."""
    found, room = 0.0, k
    for _, group in groupby(cards, key=itemgetter(0)):
        together = [fraud for _, _, fraud in group]
        taken = min(room, len(together))
        found += sum(together) * taken / len(together)
        room -= taken
        if not room:
            break
    return found
