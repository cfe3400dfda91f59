"""The handbook's stream as alerts and episodes: scores of its learned model, amounts as exposure.

A use raises an alert when its probability reaches the least one; the severity is that of the product's
`learned_risk`, the same for all, so that its order by severity is that of arrival. What can still go is
unknown there, so the exposure is the amount. A fraud that comes 7 days or more after the first of an
episode begins the next one: by then the claim about the first is known, and the card is stopped without
the desk.
"""

from collections import defaultdict

from benchmarks.handbook.scored import Scored
from benchmarks.ranking.calls import DAY_MS, Alert, Episode
from detectors.learned_risk import LearnedRisk

EPISODE_MS = 7 * DAY_MS
DETECTOR = "learned_risk"


def alerts_of(scored: Scored, least: float) -> list[Alert]:
    """Give the uses of at least a probability as alerts, in order."""
    found = (scored.probabilities >= least).nonzero()[0].tolist()
    at_ms, amounts, probabilities = scored.at_ms, scored.amounts, scored.probabilities
    return [
        Alert(
            at_ms=int(at_ms[row]),
            party=scored.customers[row],
            detector=DETECTOR,
            severity=LearnedRisk.severity,
            probability=float(probabilities[row]),
            exposure_minor=int(amounts[row]),
            joint_minor=int(amounts[row]),
        )
        for row in found
    ]


def episodes_of(scored: Scored) -> list[Episode]:
    """Put the frauds of each customer together to episodes."""
    at_ms, amounts = scored.at_ms, scored.amounts
    frauds: defaultdict[str, list[list[tuple[int, int]]]] = defaultdict(list)
    for row in scored.frauds.nonzero()[0].tolist():
        of_customer = frauds[scored.customers[row]]
        loss = int(at_ms[row]), int(amounts[row])
        if of_customer and loss[0] < of_customer[-1][0][0] + EPISODE_MS:
            of_customer[-1].append(loss)
        else:
            of_customer.append([loss])
    return [
        Episode(customer, losses[0][0], losses[0][0] + EPISODE_MS, tuple(losses[1:]))
        for customer, episodes in frauds.items()
        for losses in episodes
    ]
