"""What agents did with their time, from intervals of one state each."""

from collections import defaultdict
from collections.abc import Iterable

from cases.kpi.rows import StateRow
from cases.kpi.values import Ratio
from cases.work.agent_states import AgentState

_ON_CASES = frozenset({AgentState.PREVIEW, AgentState.DIALING, AgentState.TALKING, AgentState.WRAPUP})

# Those who are on cases, or ready for one.
AT_WORK = _ON_CASES | {AgentState.AVAILABLE}


def time_in_states(intervals: Iterable[StateRow], from_ms: int, to_ms: int, now_ms: int) -> dict[str, int]:
    """Give the milliseconds that all agents together spent in each state within [from, to), so far."""
    end_ms = min(to_ms, now_ms)
    spent: defaultdict[str, int] = defaultdict(int)
    for interval in intervals:
        until_ms = end_ms if interval.to_ms is None else min(end_ms, interval.to_ms)
        spent[interval.state] += max(0, until_ms - max(from_ms, interval.from_ms))
    return dict(spent)


def occupancy(spent_ms: dict[str, int]) -> Ratio:
    """Preview + dial + talk + hold + wrap-up / that + available; breaks are in neither."""
    busy = sum(spent_ms.get(state, 0) for state in _ON_CASES)
    return Ratio(busy, busy + spent_ms.get(AgentState.AVAILABLE, 0))


def utilisation(spent_ms: dict[str, int]) -> Ratio:
    """Preview + dial + talk + hold + wrap-up / all logged-in time."""
    busy = sum(spent_ms.get(state, 0) for state in _ON_CASES)
    return Ratio(busy, sum(span for state, span in spent_ms.items() if state != AgentState.OFFLINE))
