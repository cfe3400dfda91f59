"""Several findings about one subject become one probability, and never a plain sum.

The strongest finding counts in full. Each further detector adds a share of what it would say alone, in log
odds above what any finding is worth: two detectors that watch one card see the same uses, so what they say is
not independent, and taking it so would turn two guesses into certainty.

    logit P = logit p1 + further x sum over the others of max(0, logit p - logit base)

where each p is first corrected by its detector's offset in log odds, learnt from what the desk found out. Of
several findings of one detector the strongest counts alone.

Source: pooling of opinions in log odds, C. Genest and J. Zidek, Statistical Science 1 (1986), with the weight
of all but the first held below 1.
"""

from collections.abc import Mapping
from math import exp, log
from typing import NamedTuple

# Nobody is ever surer than that, whatever a detector says.
MOST, LEAST = 0.99, 0.0001


class ClosedCase(NamedTuple):
    """A case of which the desk knows whether it was fraud, and each detector's strongest finding in it."""

    case: str
    known_ms: int
    fraud: bool
    findings: dict[str, float]


def held(probability: float) -> float:
    """Give a probability within what anybody may say."""
    return min(MOST, max(LEAST, probability))


def logit(probability: float) -> float:
    """Give the log odds of a probability, which is first held within what anybody may say."""
    within = held(probability)
    return log(within / (1 - within))


def logistic(log_odds: float) -> float:
    """Give the probability of log odds, within what anybody may say."""
    return held(1 / (1 + exp(-log_odds)))


def corrected(probability: float, offset: float) -> float:
    """Give a probability moved by an offset in log odds; one that is not moved stays as it was said."""
    return logistic(logit(probability) + offset) if offset else probability


def combined(
    findings: Mapping[str, float], *, base: float, further: float, offsets: Mapping[str, float]
) -> float:
    """Give the probability that anything is wrong, from each detector's strongest finding.

    One detector alone is believed as corrected; more never make it less. `base` is what any finding is
    worth, `further` (0 to 1) the share in which all but the strongest count, and `offsets` the detectors'
    corrections in log odds. Raises ValueError without any finding.
    """
    if not findings:
        raise ValueError("there is no finding to combine; give at least one")
    said = sorted((corrected(each, offsets.get(name, 0.0)) for name, each in findings.items()), reverse=True)
    first, *others = said
    added = further * sum(max(0.0, logit(each) - logit(base)) for each in others)
    return max(first, logistic(logit(first) + added)) if added else first
