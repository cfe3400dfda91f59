"""How long calls wait for a number of agents: Erlang C, and Erlang A for callers who give up.

Both take Poisson arrivals and exponential handling times. Alerts come in bursts, so Erlang C is optimistic
for them: feed it the 95th percentile of a forecast rather than its mean.

Sources: A. K. Erlang, Elektroteknikeren 13 (1917); C. Palm, Tekniska Meddelanden (1946).
"""

from math import ceil, exp
from typing import NamedTuple

from cases.errors import WrongUse

# Beyond so many agents nobody plans by formula, and a wrong unit is the likelier cause.
_MOST_AGENTS = 100_000
# A birth-death chain is cut off where what is left cannot show in any printed digit.
_NEGLIGIBLE = 1e-15
# Far more callers than agents: the chain is scaled down before its largest state overflows.
_HUGE = 1e100


class Waiting(NamedTuple):
    """What a call meets in a steady queue without abandonment; times are in seconds."""

    agents: int
    offered: float  # erlangs: the agents that the work alone would keep busy
    aht_s: float
    wait_probability: float
    asa_s: float  # average speed of answer: the mean wait of all calls
    occupancy: float

    def service_level(self, within_s: float) -> float:
        """Give the share of calls that wait no longer than `within_s`."""
        if self.wait_probability >= 1:
            return 0.0
        free = self.agents - self.offered
        return 1 - self.wait_probability * exp(-free * within_s / self.aht_s)


class Abandoning(NamedTuple):
    """What a call meets where callers give up; times are in seconds."""

    wait_probability: float
    abandon_probability: float
    wait_s: float
    occupancy: float


class Staff(NamedTuple):
    """So many positions are to be staffed, `rostered` people for them with `shrinkage`."""

    positions: int
    rostered: int
    waiting: Waiting


def erlang_c(calls_per_hour: float, aht_s: float, agents: int) -> Waiting:
    """Give what calls meet when they wait until an agent is free.

    With as much work as agents or more the queue grows for ever: everybody waits, without bound.
    Raises WrongUse for a rate, time or number that cannot be.
    """
    offered = _offered(calls_per_hour, aht_s)
    if not 1 <= agents <= _MOST_AGENTS:
        raise WrongUse(f"{agents} agents; allowed is 1 to {_MOST_AGENTS}")
    if offered >= agents:
        return Waiting(agents, offered, aht_s, 1.0, float("inf"), 1.0)
    blocked = _erlang_b(offered, agents)
    occupancy = offered / agents
    wait_probability = blocked / (1 - occupancy * (1 - blocked))
    asa_s = wait_probability * aht_s / (agents - offered)
    return Waiting(agents, offered, aht_s, wait_probability, asa_s, occupancy)


def erlang_a(calls_per_hour: float, aht_s: float, agents: int, patience_s: float) -> Abandoning:
    """Give what callers meet who give up after `patience_s` on average (M/M/n+M).

    For inbound call-backs only: outbound work does not abandon. Raises WrongUse as `erlang_c` does.
    """
    offered = _offered(calls_per_hour, aht_s)
    if not 1 <= agents <= _MOST_AGENTS or patience_s <= 0:
        raise WrongUse(
            f"{agents} agents and a patience of {patience_s} s; want at least 1, and more than 0 s"
        )
    # The chance of each state, relative to those without a queue; `queue` is that of `waiting` callers.
    blocked = _erlang_b(offered, agents)
    free, queue, all_busy, queued = 1 - blocked, blocked, blocked, 0.0
    waiting = 0
    while queue > _NEGLIGIBLE * all_busy:
        waiting += 1
        queue *= offered / (agents + waiting * aht_s / patience_s)
        all_busy += queue
        queued += queue * waiting
        if all_busy > _HUGE:
            free, queue, all_busy, queued = (part / _HUGE for part in (free, queue, all_busy, queued))
    total = free + all_busy
    wait_s = queued / total * 3600 / calls_per_hour if calls_per_hour else 0.0
    abandon_probability = wait_s / patience_s
    # Every caller who stays keeps an agent busy for a handling time.
    occupancy = offered * (1 - abandon_probability) / agents
    return Abandoning(all_busy / total, abandon_probability, wait_s, occupancy)


def positions(
    calls_per_hour: float,
    aht_s: float,
    *,
    target: float = 0.8,
    within_s: float = 20,
    max_occupancy: float = 0.85,
    shrinkage: float = 0.3,
) -> Staff:
    """Give the fewest positions that answer `target` of the calls within `within_s` of their arrival.

    Nobody is to be busy for more than `max_occupancy` of the time. `shrinkage` is the share of paid time
    away from the phone: rostered = positions / (1 - shrinkage), rounded up. Raises WrongUse for shares
    that cannot be.
    """
    if not 0 < target < 1 or not 0 < max_occupancy < 1 or not 0 <= shrinkage < 1 or within_s < 0:
        raise WrongUse(
            f"target {target}, max_occupancy {max_occupancy} and shrinkage {shrinkage} are shares below 1, "
            f"and a call cannot be answered within {within_s} s"
        )
    agents = max(1, ceil(_offered(calls_per_hour, aht_s) / max_occupancy - 1e-9))
    while (waiting := erlang_c(calls_per_hour, aht_s, agents)).service_level(within_s) < target:
        agents += 1
    return Staff(agents, ceil(agents / (1 - shrinkage) - 1e-9), waiting)


def _offered(calls_per_hour: float, aht_s: float) -> float:
    if not 0 <= calls_per_hour < float("inf") or not 0 < aht_s < float("inf"):
        raise WrongUse(
            f"{calls_per_hour} calls an hour of {aht_s} s each; "
            "want a rate of 0 or more and a handling time above 0 s"
        )
    return calls_per_hour * aht_s / 3600


def _erlang_b(offered: float, agents: int) -> float:
    """Give the share of calls lost if nobody could wait, by the recursion that needs no factorial."""
    blocked = 1.0
    for served in range(1, agents + 1):
        blocked = offered * blocked / (served + offered * blocked)
    return blocked
