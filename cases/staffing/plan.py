"""How many agents each quarter-hour needs, and what to say when there are too few."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from itertools import takewhile
from typing import Any, NamedTuple

from msgspec import Struct

from cases.errors import WrongUse
from cases.staffing.erlang import positions
from cases.staffing.policy import StaffingPolicy
from domain.forecasts import QUARTER_MS, QuarterHour
from domain.instants import from_ms, iso
from domain.wording import counted

_QUARTERS_PER_HOUR = 4


class Work(Struct, frozen=True, kw_only=True):
    """What an alert means to the desk: so many calls, each of so many seconds, dial and wrap-up included."""

    calls_per_alert: float
    aht_s: float


class Need(Struct, frozen=True, kw_only=True):
    """What a quarter-hour needs. `load` is the work on each of the agents at hand, None without a number."""

    from_ms: int
    calls_per_hour: float
    positions: int
    rostered: int
    occupancy: float
    service_level: float
    asa_s: float
    agents: int | None = None
    load: float | None = None

    @property
    def missing(self) -> int:
        """How many positions are not filled."""
        return 0 if self.agents is None else max(0, self.positions - self.agents)


class Shortfall(NamedTuple):
    """So many agents are missing, until then."""

    agents: int
    until_ms: int


def plan(
    forecast: Iterable[QuarterHour], work: Work, policy: StaffingPolicy, agents: int | None = None
) -> tuple[Need, ...]:
    """Give what each quarter-hour needs for the 95th percentile of its alerts.

    Not for their mean: alerts come in bursts, for which the formula is optimistic. Raises WrongUse for work
    or a number of agents that cannot be.
    """
    if agents is not None and agents < 1:
        raise WrongUse(f"{agents} agents; give those who are at work, 1 or more")
    return tuple(_need(quarter, work, policy, agents) for quarter in forecast)


def _need(quarter: QuarterHour, work: Work, policy: StaffingPolicy, agents: int | None) -> Need:
    calls_per_hour = quarter.high * _QUARTERS_PER_HOUR * work.calls_per_alert
    within_s = policy.within.total_seconds()
    staff = positions(
        calls_per_hour,
        work.aht_s,
        target=policy.target,
        within_s=within_s,
        max_occupancy=policy.max_occupancy,
        shrinkage=policy.shrinkage,
    )
    return Need(
        from_ms=quarter.from_ms,
        calls_per_hour=calls_per_hour,
        positions=staff.positions,
        rostered=staff.rostered,
        occupancy=staff.waiting.occupancy,
        service_level=staff.waiting.service_level(within_s),
        asa_s=staff.waiting.asa_s,
        agents=agents,
        load=None if agents is None else staff.waiting.offered / agents,
    )


def load_words(needs: Sequence[Need], zone: tzinfo) -> str:
    """Say how things stand now: 'load 1.08, need 3 more agents until 03:30'."""
    if not needs or needs[0].load is None:
        return "give the number of agents at work to see the load on them"
    load = needs[0].load
    short = shortfall(needs)
    if short is None:
        return f"load {load:.2f}, enough agents"
    until = from_ms(short.until_ms).astimezone(zone)
    return f"load {load:.2f}, need {counted(short.agents, 'more agent')} until {until:%H:%M}"


def shortfall(needs: Sequence[Need]) -> Shortfall | None:
    """Give how many agents are missing from the first quarter-hour on, None where it has enough.

    The most that any quarter-hour lacks, until one has enough.
    """
    short = list(takewhile(lambda need: need.missing, needs))
    if not short:
        return None
    return Shortfall(max(need.missing for need in short), short[-1].from_ms + QUARTER_MS)


def need_record(need: Need) -> dict[str, Any]:
    """Give it as one JSON object; times of day are ISO 8601 in UTC, spans in seconds."""
    return {
        "from": iso(need.from_ms),
        "calls_per_hour": round(need.calls_per_hour, 3),
        "positions": need.positions,
        "rostered": need.rostered,
        "occupancy": round(need.occupancy, 4),
        "service_level": round(need.service_level, 4),
        "asa_s": round(need.asa_s, 3),
        "agents": need.agents,
        "load": None if need.load is None else round(need.load, 3),
        "missing": need.missing,
    }
