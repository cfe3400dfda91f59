"""From scores to probabilities: what share of such scores turned out to be fraud, and how well that holds."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import exp, log
from operator import itemgetter
from typing import NamedTuple

from learning.risk.quality import QualityError

# Blocks of fewer are joined with their neighbour: a share of a handful of labels is no probability.
_LEAST_BLOCK = 30
# Fewer labels of either kind say nothing of probabilities.
LEAST_EACH = 50
_LEAST_PROBABILITY = 1e-12
_DECILES = 10


class Scored(NamedTuple):
    """A score made before its label was known, and how many of its like the label stands for."""

    score: float
    fraud: bool
    weight: float = 1.0


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


def isotonic(scored: Iterable[Scored]) -> tuple[tuple[float, float], ...]:
    """Give rising points (score, probability) between which lines are drawn; () for too few labels.

    Isotonic regression by pooling adjacent violators (Ayer and others, Annals of Mathematical Statistics
    26, 1955): the rising step function nearest to the labels. A step's point is at the mean of its scores.
    Steps of under 30 labels are joined with a neighbour, and each share is drawn towards that of all by one
    label, so that nothing is ever certain.
    """
    ordered = sorted(scored)
    frauds = sum(one.fraud for one in ordered)
    if min(frauds, len(ordered) - frauds) < LEAST_EACH:
        return ()
    overall = sum(one.fraud * one.weight for one in ordered) / sum(one.weight for one in ordered)
    points: list[tuple[float, float]] = []
    for block in _grown(_pooled(_steps(ordered))):
        score = round(block.scores / block.weight, 6)
        probability = round((block.frauds + overall) / (block.weight + 1), 6)
        # A step of few labels is drawn further than a neighbour of many, and must not fall below it.
        probability = max(probability, points[-1][1]) if points else probability
        if not points or score > points[-1][0]:
            points.append((score, probability))
    return tuple(points)


def calibrated(score: float, points: Sequence[tuple[float, float]]) -> float:
    """Give a score's probability on the lines between points, or by the logistic function without any."""
    if not points:
        return logistic(score)
    index = bisect_right(points, score, key=lambda point: point[0])
    if index == 0:
        return points[0][1]
    if index == len(points):
        return points[-1][1]
    (left, low), (right, high) = points[index - 1 : index + 1]
    return low + (high - low) * (score - left) / (right - left)


def reliability(
    probabilities: Sequence[float], frauds: Sequence[bool]
) -> tuple[tuple[float, float, int], ...]:
    """Give mean probability, share of fraud and count of each tenth, the lowest probabilities first."""
    ordered = sorted(zip(probabilities, frauds, strict=True))
    rows = []
    for number in range(_DECILES):
        tenth = ordered[number * len(ordered) // _DECILES : (number + 1) * len(ordered) // _DECILES]
        if tenth:
            mean = sum(probability for probability, _ in tenth) / len(tenth)
            rows.append((round(mean, 6), round(sum(fraud for _, fraud in tenth) / len(tenth), 6), len(tenth)))
    return tuple(rows)


def errors(probabilities: Sequence[float], frauds: Sequence[bool]) -> Errors:
    """Compare probabilities with what happened. Raises QualityError without any."""
    if not probabilities:
        raise QualityError("no probability has a label; errors are told of labelled ones")
    both = list(zip(probabilities, frauds, strict=True))
    squares = sum((probability - fraud) ** 2 for probability, fraud in both)
    logs = sum(loss(probability, fraud=fraud) for probability, fraud in both)
    apart = sum(abs(mean - share) * count for mean, share, count in reliability(probabilities, frauds))
    return Errors(squares / len(both), logs / len(both), apart / len(both))


def loss(probability: float, *, fraud: bool) -> float:
    """Give minus the natural log of the probability of what happened, 27.6 at the most."""
    return -log(max(_LEAST_PROBABILITY, probability if fraud else 1 - probability))


def _steps(ordered: Iterable[Scored]) -> Iterator[_Block]:
    """Give equal scores together, and with them those that follow while their shares of fraud do not rise.

    These are one step of any rising function that is nearest, and most scores are thus done with at once.
    """
    weight = scores = frauds = share = 0.0
    labels = 0
    for score, group in groupby(ordered, key=itemgetter(0)):
        its_weight = its_frauds = 0.0
        its_labels = 0
        for _, fraud, each in group:
            its_weight += each
            its_labels += 1
            if fraud:
                its_frauds += each
        if labels and its_frauds > share * its_weight:
            yield _Block(weight, scores, frauds, labels)
            weight = scores = frauds = 0.0
            labels = 0
        share = its_frauds / its_weight
        weight += its_weight
        scores += score * its_weight
        frauds += its_frauds
        labels += its_labels
    yield _Block(weight, scores, frauds, labels)


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
