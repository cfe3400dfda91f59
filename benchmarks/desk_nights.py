"""Simulated nights at the desk: what comes, who takes it up when, and how long it waited."""

from collections.abc import Sequence
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple, Protocol

from cases.ranking import PROMOTED_BAND, Facts, RankPolicy, rank
from cases.work.policy import WorkPolicy
from domain.findings import Severity

AGENTS, AHT_S, NIGHT_S = 20, 180.0, 8 * 3600
MIX = {Severity.CRITICAL: 0.05, Severity.HIGH: 0.60, Severity.MEDIUM: 0.25, Severity.LOW: 0.10}
PROBABILITY, CURRENCY = 0.5, "CNY"
# Expected losses (minor units): of one in five nothing is known, the others are spread around the middle by
# so much (of the natural logarithm), and stay below what would lift them into the band above.
_UNKNOWN, _SPREAD = 0.2, 1.5
_MIDDLE_MINOR = {
    Severity.CRITICAL: 600_000,
    Severity.HIGH: 600_000,
    Severity.MEDIUM: 60_000,
    Severity.LOW: 60_000,
}
START_MS = 1_772_712_000_000
POLICY = RankPolicy()
PROMOTE_AFTER = WorkPolicy().promote_after
_BANDS = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 2}
SLA_S = {severity: POLICY.sla(band, severity).total_seconds() for severity, band in _BANDS.items()}


class Arrival(NamedTuple):
    """A case of a night: when it comes, how bad it is, how long it takes (seconds), and its expected loss."""

    number: int
    at_s: float
    severity: Severity
    work_s: float
    loss_minor: int = 0

    @property
    def at_ms(self) -> int:
        """The time of day at which it comes."""
        return START_MS + round(self.at_s * 1000)


class Taken(NamedTuple):
    """A case and when an agent took it up, None when nobody did by the end of the night."""

    arrival: Arrival
    at_s: float | None

    @property
    def wait_s(self) -> float:
        """How long it waited, so far."""
        return (NIGHT_S if self.at_s is None else self.at_s) - self.arrival.at_s


class Desk(Protocol):
    """What orders the cases."""

    def add(self, arrival: Arrival) -> None:
        """Take in a case."""

    def take(self, agent: int, at_s: float) -> Arrival | None:
        """Give the agent, who is done with what they had, the best case."""


class RankedDesk:
    """The product's rank and promotion, in memory."""

    def __init__(self, promote_after: float | None) -> None:
        """Promote after so many times the service level, or never."""
        self._promotion = WorkPolicy(promote_after=promote_after)
        self._ready: list[tuple[int, int, int, Arrival]] = []
        self._promotions: list[tuple[int, int, int, Arrival]] = []
        self._taken: set[int] = set()
        self.promoted = 0

    def add(self, arrival: Arrival) -> None:
        exposure = {CURRENCY: round(arrival.loss_minor / PROBABILITY)}
        facts = Facts(arrival.severity, PROBABILITY, exposure, arrival.at_ms, frozenset(), 1, 1)
        ranked = rank(facts, POLICY)
        heappush(self._ready, (ranked.band, ranked.rank_ms, arrival.number, arrival))
        wait_ms = self._promotion.promotion_ms(POLICY.sla(ranked.band, arrival.severity))
        if wait_ms is not None and ranked.band > PROMOTED_BAND:
            heappush(self._promotions, (arrival.at_ms + wait_ms, ranked.rank_ms, arrival.number, arrival))

    def take(self, agent: int, at_s: float) -> Arrival | None:
        now_ms = START_MS + round(at_s * 1000)
        while self._promotions and self._promotions[0][0] <= now_ms:
            _, rank_ms, number, arrival = heappop(self._promotions)
            if number not in self._taken:
                heappush(self._ready, (PROMOTED_BAND, rank_ms, number, arrival))
                self.promoted += 1
        while self._ready:
            _, _, number, arrival = heappop(self._ready)
            if number not in self._taken:
                self._taken.add(number)
                return arrival
        return None


def night(seed: int, load: float, hours: float = NIGHT_S / 3600) -> list[Arrival]:
    """Make the cases of a night: Poisson arrivals, exponential work."""
    random = Random(f"{seed}|{load}")
    found: list[Arrival] = []
    at_s = random.expovariate(load * AGENTS / AHT_S)
    while at_s < hours * 3600:
        severity = random.choices(list(MIX), list(MIX.values()))[0]
        found.append(Arrival(len(found), at_s, severity, random.expovariate(1 / AHT_S)))
        at_s += random.expovariate(load * AGENTS / AHT_S)
    return found


def with_losses(arrivals: Sequence[Arrival], seed: int) -> list[Arrival]:
    """Give the same cases with money at risk."""
    random = Random(f"losses|{seed}")
    found = []
    for arrival in arrivals:
        minor = round(_MIDDLE_MINOR[arrival.severity] * random.lognormvariate(0, _SPREAD))
        upper = arrival.severity in (Severity.CRITICAL, Severity.HIGH)
        most = (POLICY.critical_loss_minor if upper else POLICY.high_loss_minor) - 1
        known = random.random() >= _UNKNOWN
        found.append(arrival._replace(loss_minor=min(minor, most) if known else 0))
    return found


def work(arrivals: Sequence[Arrival], desk: Desk) -> list[Taken]:
    """Let the agents work through a night, and give its cases in the order in which they were taken up."""
    free = [(0.0, agent) for agent in range(AGENTS)]
    taken: list[Taken] = []
    come = 0
    while free:
        at_s, agent = heappop(free)
        if at_s >= NIGHT_S:
            continue
        while come < len(arrivals) and arrivals[come].at_s <= at_s:
            desk.add(arrivals[come])
            come += 1
        arrival = desk.take(agent, at_s)
        if arrival is not None:
            taken.append(Taken(arrival, at_s))
            heappush(free, (at_s + arrival.work_s, agent))
        elif come < len(arrivals):
            heappush(free, (arrivals[come].at_s, agent))
    done = {each.arrival.number for each in taken}
    return taken + [Taken(arrival, None) for arrival in arrivals if arrival.number not in done]


class Service(NamedTuple):
    """How nights went: shares within the service level, and the longest wait of a low case in seconds.

    `worst` are the shares of the worst night.
    """

    in_sla: dict[Severity, float]
    worst: dict[Severity, float]
    longest_low_s: float


def judge(nights: Sequence[Sequence[Taken]]) -> Service:
    """Count, over all nights and for each. Open cases younger than their service level are not judged."""
    shares = {severity: [_kept(taken, severity) for taken in nights] for severity in MIX}
    low = [each.wait_s for taken in nights for each in taken if each.arrival.severity is Severity.LOW]
    return Service(
        {
            severity: sum(kept for kept, _ in each) / sum(judged for _, judged in each)
            for severity, each in shares.items()
        },
        {
            severity: min(kept / judged for kept, judged in each if judged)
            for severity, each in shares.items()
        },
        max(low),
    )


def _kept(taken: Sequence[Taken], severity: Severity) -> tuple[int, int]:
    kept = late = 0
    for each in taken:
        if each.arrival.severity is severity:
            in_time = each.wait_s <= SLA_S[severity]
            kept += in_time and each.at_s is not None
            late += not in_time
    return kept, kept + late
