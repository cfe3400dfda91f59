"""In which order cases are worked: band first, then when each is due, sooner or later by the money at risk.

Both are plain columns, so that a case ages by itself and the queue is read without a clock. Rank depends
on the alerts of a case alone, never on the order in which they came; more alerts only move it forward.
"""

from collections.abc import Mapping
from datetime import timedelta
from math import log2
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from domain.findings import Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words

BAND_NAMES = ("critical", "high", "rest")
# Where what waited too long moves up to. Waiting makes nothing critical: that band is kept free for what is.
PROMOTED_BAND = 1

# Of a loss so many times doubled, or halved, more of that counts for nothing: nobody waits without an end.
_MOST_DOUBLINGS = 10

Span = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=7))]
Factor = Annotated[float, Field(gt=0, le=1)]
HeadStart = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=31))]
LossMinor = Annotated[int, Field(ge=1, le=10**15)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class RankPolicy:
    """What puts a case into band 0, 1 or 2, and how long it may wait there.

    Expected loss (probability x exposure) is compared in minor units whatever the currency, so a bank
    sets both thresholds for the currency it mostly works in; the defaults suit one with two decimals
    (100,000.00 and 10,000.00). A ring is critical from `ring_customers` people and `ring_cards` cards on,
    at a probability of `ring_probability` or more. A tier's factor shortens the wait inside a band and
    never changes the band.

    Inside a band a case stands at its due time if `even_loss_minor` is its expected loss. Each doubling of
    that counts as if it were due so much earlier as `doubling_...` says for the band, each halving as if
    later; ten of either at most. With zero the due time alone decides. The defaults are measured
    (benchmarks/README.md): the last band waits longest and saves most if its loss decides, in high more than
    a little costs the service level, and what is critical never waits.
    """

    sla_critical: Span = timedelta(seconds=60)
    sla_high: Span = timedelta(minutes=5)
    sla_rest: Span = timedelta(minutes=30)
    sla_low: Span = timedelta(hours=2)
    tier_standard: Factor = 1.0
    tier_premium: Factor = 0.75
    tier_private: Factor = 0.5
    critical_loss_minor: LossMinor = 10_000_000
    high_loss_minor: LossMinor = 1_000_000
    even_loss_minor: LossMinor = 100_000
    doubling_critical: HeadStart = timedelta(0)
    doubling_high: HeadStart = timedelta(minutes=10)
    doubling_rest: HeadStart = timedelta(days=7)
    ring_customers: Annotated[int, Field(ge=2, le=1000)] = 2
    ring_cards: Annotated[int, Field(ge=2, le=1000)] = 4
    ring_probability: Annotated[float, Field(ge=0, le=1)] = 0.5

    @model_validator(mode="after")
    def _worse_is_never_later(self) -> Self:
        if not self.sla_critical <= self.sla_high <= self.sla_rest <= self.sla_low:
            raise ValueError(
                "a worse band must not wait longer: want sla_critical <= sla_high <= sla_rest <= sla_low"
            )
        if self.high_loss_minor > self.critical_loss_minor:
            raise ValueError("want high_loss_minor <= critical_loss_minor")
        return self

    def sla(self, band: int, severity: Severity) -> timedelta:
        """Give how long a case of `band` may wait; in the last band one of low severity waits longer."""
        if band == len(BAND_NAMES) - 1 and severity == Severity.LOW:
            return self.sla_low
        return (self.sla_critical, self.sla_high, self.sla_rest)[band]

    def head_start_ms(self, band: int, loss_minor: int) -> int:
        """Give by how much earlier than due a case with this expected loss stands; negative for later."""
        doubling = (self.doubling_critical, self.doubling_high, self.doubling_rest)[band]
        doublings = log2(loss_minor / self.even_loss_minor) if loss_minor else -_MOST_DOUBLINGS
        within = max(-_MOST_DOUBLINGS, min(doublings, _MOST_DOUBLINGS))
        return round(within * span_ms(doubling))

    def tier(self, tiers: frozenset[str]) -> tuple[str, float]:
        """Give the tier that counts, the one with the smallest factor, and that factor."""
        factors = {
            "standard": self.tier_standard,
            "premium": self.tier_premium,
            "private": self.tier_private,
        }
        known = [(factors[tier], tier) for tier in tiers if tier in factors]
        factor, tier = min(known, default=(self.tier_standard, "standard"))
        return tier, factor


class Facts(NamedTuple):
    """What the alerts of a case say together.

    `exposure_minor` maps a currency to the money that can still go in its minor units. `people` counts
    the known customers, or the different holders that one alert told apart if these are more: a number
    that can only grow, which counting cards of unknown customers in the whole case would not be. `findings`
    is the strongest of each detector, from which the probability comes.
    """

    severity: Severity
    probability: float
    exposure_minor: Mapping[str, int]
    first_at_ms: int
    tiers: frozenset[str]
    people: int
    cards: int
    findings: Mapping[str, float] = MappingProxyType({})


class Rank(NamedTuple):
    """Where a case stands, and why: in its band by `rank_ms`, the time that it is due less its head start."""

    band: int
    due_ms: int
    rank_ms: int
    exposure_minor: int
    currency: str
    expected_loss_minor: int
    breakdown: dict[str, Any]


def exposures(slots: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Add up the money that can still go in each currency, from the highest figure of each (card, currency).

    A card counts once, however many alerts it has. The figure of an alert about several cards (filed
    under no card, "") covers them all, so it is not added but stands where it is the larger one.
    """
    single: dict[str, int] = {}
    joint: dict[str, int] = {}
    for (card, currency), minor in slots.items():
        if card:
            single[currency] = single.get(currency, 0) + minor
        else:
            joint[currency] = max(joint.get(currency, 0), minor)
    return {
        currency: max(single.get(currency, 0), joint.get(currency, 0))
        for currency in sorted({*single, *joint})
    }


def rank(facts: Facts, policy: RankPolicy) -> Rank:
    """Rank a case: its band, due = first alert + SLA(band, severity) x tier factor, and its head start.

    Of several currencies the largest exposure decides; amounts of different currencies are never added.
    """
    currency, exposure_minor = max(
        facts.exposure_minor.items(), key=lambda item: (item[1], item[0]), default=("", 0)
    )
    loss_minor = round(facts.probability * exposure_minor)
    band, reason = _band(facts, loss_minor, currency, policy)
    tier, factor = policy.tier(facts.tiers)
    sla = policy.sla(band, facts.severity)
    due_ms = facts.first_at_ms + round(span_ms(sla) * factor)
    rank_ms = due_ms - policy.head_start_ms(band, loss_minor)
    breakdown = {
        "severity": facts.severity.name.lower(),
        "probability": facts.probability,
        "findings": dict(sorted(facts.findings.items())),
        "exposure_minor": dict(facts.exposure_minor),
        "expected_loss_minor": loss_minor,
        "currency": currency,
        "band": BAND_NAMES[band],
        "band_reason": reason,
        "sla_s": sla.total_seconds(),
        "tier": tier,
        "tier_factor": factor,
        "first_alert": iso(facts.first_at_ms),
        "due": iso(due_ms),
        "head_start_s": (due_ms - rank_ms) / 1000,
        "stands_at": iso(rank_ms),
    }
    return Rank(band, due_ms, rank_ms, exposure_minor, currency, loss_minor, breakdown)


def head_start_words(head_start_ms: int) -> str:
    """Say what a head start does; nothing for none."""
    if not head_start_ms:
        return ""
    way = "earlier" if head_start_ms > 0 else "later"
    return f"taken as if due {span_words(abs(head_start_ms))} {way}"


def _band(facts: Facts, loss_minor: int, currency: str, policy: RankPolicy) -> tuple[int, str]:
    severity = f"severity {facts.severity.name.lower()}"
    loss = f"expected loss {money_words(loss_minor, currency).strip()}"
    ring = (
        facts.people >= policy.ring_customers
        and facts.cards >= policy.ring_cards
        and facts.probability >= policy.ring_probability
    )
    critical = {
        severity: facts.severity == Severity.CRITICAL,
        f"ring of {facts.cards} cards and {facts.people} people": ring,
        loss: loss_minor >= policy.critical_loss_minor,
    }
    high = {
        severity: facts.severity == Severity.HIGH,
        loss: loss_minor >= policy.high_loss_minor,
    }
    for band, grounds in enumerate((critical, high)):
        found = [words for words, holds in grounds.items() if holds]
        if found:
            return band, " and ".join(found)
    return 2, f"{severity}, {loss}"
