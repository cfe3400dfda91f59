"""From scores to probabilities: what share of such scores turned out to be fraud, and how well that holds."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from math import exp, log
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learning.risk.quality import QualityError

Numbers = NDArray[np.float64]

# Blocks of fewer are joined with their neighbour: a share of a handful of labels is no probability.
_LEAST_BLOCK = 30
# Fewer labels of either kind say nothing of probabilities.
LEAST_EACH = 50
_LEAST_PROBABILITY = 1e-12
_DECILES = 10
# Where the logistic function is as good as 0 or 1.
_MOST_SCORE = 700.0


class Scored(Protocol):
    """A score made before its label was known, and how many of its like the label stands for."""

    @property
    def score(self) -> float: ...
    @property
    def fraud(self) -> bool: ...
    @property
    def weight(self) -> float: ...


class _Block(NamedTuple):
    """Scores that share a probability: sums of weights, of scores and of frauds by weight, and how many."""

    weight: float
    scores: float
    frauds: float
    labels: int

    def joined(self, other: "_Block") -> "_Block":
        return _Block(
            self.weight + other.weight,
            self.scores + other.scores,
            self.frauds + other.frauds,
            self.labels + other.labels,
        )

    @property
    def share(self) -> float:
        return self.frauds / self.weight


class Errors(NamedTuple):
    """How far probabilities are from what happened; 0 is best for each.

    `brier` is the mean squared difference, `log_loss` the mean of minus the natural log of the
    probability of what happened, `expected` the mean difference between probability and share of fraud over
    ten groups of equal size (expected calibration error).
    """

    brier: float
    log_loss: float
    expected: float


def logistic(score: float) -> float:
    """Give the probability that a score as natural log of odds means."""
    return 1 / (1 + exp(-score)) if score > -700 else 0.0


def isotonic(scored: Collection[Scored]) -> tuple[tuple[float, float], ...]:
    """Give rising points (score, probability) between which lines are drawn; () for too few labels.

    Isotonic regression by pooling adjacent violators (Ayer and others, Annals of Mathematical Statistics
    26, 1955): the rising step function nearest to the labels. A step's point is at the mean of its scores.
    Steps of under 30 labels are joined with a neighbour, and each share is drawn towards that of all by one
    label, so that nothing is ever certain.
    """
    scores = np.array([one.score for one in scored], dtype=float)
    is_fraud = np.array([one.fraud for one in scored], dtype=float)
    weights = np.array([one.weight for one in scored], dtype=float)
    frauds = int(is_fraud.sum())
    if min(frauds, len(scored) - frauds) < LEAST_EACH:
        return ()
    overall = float(is_fraud @ weights / weights.sum())
    points: list[tuple[float, float]] = []
    for block in _grown(_pooled(_steps(scores, is_fraud, weights))):
        score = round(block.scores / block.weight, 6)
        probability = round((block.frauds + overall) / (block.weight + 1), 6)
        # A step of few labels is drawn further than a neighbour of many, and must not fall below it.
        probability = max(probability, points[-1][1]) if points else probability
        if not points or score > points[-1][0]:
            points.append((score, probability))
    return tuple(points)


def calibrated(scores: ArrayLike, points: Sequence[tuple[float, float]]) -> Numbers:
    """Give each score's probability on the lines between points, by the logistic function without any."""
    given = np.asarray(scores, dtype=float)
    if not points:
        return np.asarray(1 / (1 + np.exp(-np.clip(given, -_MOST_SCORE, _MOST_SCORE))))
    known, said = zip(*points, strict=True)
    return np.asarray(np.interp(given, known, said))


def reliability(
    probabilities: Sequence[float] | Numbers, frauds: Sequence[bool]
) -> tuple[tuple[float, float, int], ...]:
    """Give mean probability, share of fraud and count of each tenth, the lowest probabilities first."""
    said, came = np.asarray(probabilities, dtype=float), np.asarray(frauds, dtype=float)
    order = np.lexsort((came, said))
    return tuple(
        (round(float(said[tenth].mean()), 6), round(float(came[tenth].mean()), 6), len(tenth))
        for tenth in np.array_split(order, _DECILES)
        if len(tenth)
    )


def errors(probabilities: Sequence[float] | Numbers, frauds: Sequence[bool]) -> Errors:
    """Compare probabilities with what happened. Raises QualityError without any."""
    if not len(probabilities):
        raise QualityError("no probability has a label; errors are told of labelled ones")
    said, came = np.asarray(probabilities, dtype=float), np.asarray(frauds, dtype=bool)
    right = np.maximum(_LEAST_PROBABILITY, np.where(came, said, 1 - said))
    apart = sum(abs(mean - share) * count for mean, share, count in reliability(probabilities, frauds))
    return Errors(
        float(np.mean((said - came) ** 2)), float(-np.mean(np.log(right))), apart / len(probabilities)
    )


def loss(probability: float, *, fraud: bool) -> float:
    """Give minus the natural log of the probability of what happened, 27.6 at the most."""
    return -log(max(_LEAST_PROBABILITY, probability if fraud else 1 - probability))


def _steps(scores: Numbers, frauds: Numbers, weights: Numbers) -> Iterator[_Block]:
    """Give equal scores together, and with them those that follow while their shares of fraud do not rise.

    These are one step of any rising function that is nearest, and most scores are thus done with at once.
    """
    distinct, place = np.unique(scores, return_inverse=True)
    count = len(distinct)
    weight = np.bincount(place, weights, count)
    caught = np.bincount(place, weights * frauds, count)
    labels = np.bincount(place, minlength=count)
    share = caught / weight
    begins = np.concatenate(([0], np.flatnonzero(share[1:] > share[:-1]) + 1))
    sums = (np.add.reduceat(each, begins) for each in (weight, distinct * weight, caught, labels))
    yield from map(_Block, *(each.tolist() for each in sums))


def _pooled(steps: Iterable[_Block]) -> list[_Block]:
    blocks: list[_Block] = []
    for step in steps:
        block = step
        while blocks and blocks[-1].share >= block.share:
            block = blocks.pop().joined(block)
        blocks.append(block)
    return blocks


def _grown(blocks: Iterable[_Block]) -> list[_Block]:
    """Join blocks until each is large enough; neighbours rise, so what they make together rises too."""
    grown: list[_Block] = []
    for block in blocks:
        if grown and grown[-1].labels < _LEAST_BLOCK:
            grown[-1] = grown[-1].joined(block)
        else:
            grown.append(block)
    if len(grown) > 1 and grown[-1].labels < _LEAST_BLOCK:
        grown[-2:] = [grown[-2].joined(grown[-1])]
    return grown
