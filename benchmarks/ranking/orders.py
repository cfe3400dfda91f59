"""The orders that are compared."""

from collections.abc import Sequence
from math import frexp, log

from benchmarks.ranking.calls import Alert, Case, Order
from benchmarks.ranking.harm import Harm
from cases.ranking import PROMOTED_BAND, Facts, Rank, RankPolicy, rank
from cases.work.policy import WorkPolicy

OWN = "the desk's own"
LOSS = "expected loss"
# Nothing is worth nothing: a logarithm is taken of it (minor units).
_LEAST_WORTH = 1e-6
# Of the cases of the past, so many in a hundred lie below the fitted limits of the bands.
_HIGH_PERCENTILE, _CRITICAL_PERCENTILE = 80, 95


def orders(harm: Harm, past: Sequence[Alert], currency: str) -> list[Order]:
    """Give all orders; what is learnt comes from the past alone."""
    fitted = _fitted(past)
    return [
        Order("first in, first out", _first),
        Order("severity, then first", lambda case, at_ms: (case.severity, case.first_ms)),
        Order("score", lambda case, at_ms: (-case.probability, case.first_ms)),
        Order(LOSS, lambda case, at_ms: -_loss(case)),
        Order("remaining loss", lambda case, at_ms: -harm.remaining(case, at_ms), ages=True),
        Order("loss of the next hour", lambda case, at_ms: -harm.next_hour(case, at_ms), ages=True),
        Order("remaining loss at the alert", lambda case, at_ms: -harm.at_first(case)),
        Order("the same, fading", lambda case, at_ms: _fading(case, harm)),
        Order(OWN, lambda case, at_ms: _own(case, at_ms, RankPolicy(), currency), ages=True),
        Order(
            "its bands with fitted limits", lambda case, at_ms: _own(case, at_ms, fitted, currency), ages=True
        ),
        Order("its bands, due time inside", lambda case, at_ms: _by_due(case, currency)),
        Order("its bands, expected loss inside", lambda case, at_ms: _by_loss(case, currency)),
        Order("its bands, loss in steps inside", lambda case, at_ms: _by_steps(case, currency)),
        Order("its bands, the fading one inside", lambda case, at_ms: _fading_inside(case, harm, currency)),
    ]


def _first(case: Case, at_ms: int) -> int:
    del at_ms
    return case.first_ms


def _loss(case: Case) -> float:
    return case.probability * case.exposure_minor


def _own(case: Case, at_ms: int, policy: RankPolicy, currency: str) -> tuple[int, int]:
    """Give band and rank time as the product does, promoted for having waited too long."""
    ranked = _ranked(case, policy, currency)
    wait_ms = WorkPolicy().promotion_ms(policy.sla(ranked.band, case.severity))
    waited = wait_ms is not None and at_ms - case.first_ms >= wait_ms
    return min(ranked.band, PROMOTED_BAND) if waited else ranked.band, ranked.rank_ms


def _by_due(case: Case, currency: str) -> tuple[int, int]:
    ranked = _ranked(case, RankPolicy(), currency)
    return ranked.band, ranked.due_ms


def _ranked(case: Case, policy: RankPolicy, currency: str) -> Rank:
    facts = Facts(
        severity=case.severity,
        probability=case.probability,
        exposure_minor={currency: case.joint_minor},
        first_at_ms=case.first_ms,
        tiers=frozenset(),
        people=case.people,
        cards=case.cards,
        findings=case.findings,
    )
    return rank(facts, policy)


def _by_loss(case: Case, currency: str) -> tuple[int, float]:
    return _ranked(case, RankPolicy(), currency).band, -_loss(case)


def _by_steps(case: Case, currency: str) -> tuple[int, int, int]:
    """Give the band, then a step down for each half of the expected loss, then the due time."""
    band, due_ms = _by_due(case, currency)
    return band, -frexp(_loss(case))[1], due_ms


def _fading(case: Case, harm: Harm) -> float:
    """Give what remains at the alert, falling to 1/e in the time that money lasts, as a key without a clock.

    What falls alike everywhere keeps its order, so its logarithm at any one moment serves at every other.
    """
    worth = max(harm.at_first(case), _LEAST_WORTH)
    return -(log(worth) + case.latest_ms / harm.lasts_ms)


def _fading_inside(case: Case, harm: Harm, currency: str) -> tuple[int, float]:
    return _ranked(case, RankPolicy(), currency).band, _fading(case, harm)


def _fitted(past: Sequence[Alert]) -> RankPolicy:
    """Put the limits of the bands where so many of the past alerts lie below them."""
    losses = sorted(round(alert.probability * alert.joint_minor) for alert in past)
    if not losses:
        return RankPolicy()
    high, critical = (
        max(1, losses[len(losses) * percentile // 100])
        for percentile in (_HIGH_PERCENTILE, _CRITICAL_PERCENTILE)
    )
    return RankPolicy(high_loss_minor=high, critical_loss_minor=critical)
