"""What is still to be done, and whether cases were taken up by their due time."""

from collections.abc import Iterable

from msgspec import Struct

from cases.kpi.rows import CaseRow, CheckRow
from cases.kpi.values import Ratio, Spread


class Compliance(Struct, frozen=True, kw_only=True):
    """Cases by whether they were taken up by their due time: four counts that add up to all."""

    closed_in_time: int = 0
    closed_late: int = 0
    open_in_time: int = 0
    open_late: int = 0

    @property
    def share(self) -> Ratio:
        """In time / all; an open case counts as late from its due time on."""
        in_time = self.closed_in_time + self.open_in_time
        return Ratio(in_time, in_time + self.closed_late + self.open_late)


def backlog_age(live: Iterable[CaseRow], now_ms: int) -> Spread:
    """Now - ready, of live cases."""
    return Spread.of(now_ms - case.ready_at_ms for case in live)


def past_due(live: Iterable[CaseRow], now_ms: int) -> Ratio:
    """Live cases whose due time has passed / live cases."""
    late = [case.due_ms < now_ms for case in live]
    return Ratio(sum(late), len(late))


def most_overdue(live: Iterable[CaseRow], now_ms: int, limit: int) -> list[tuple[str, float]]:
    """The live cases with the largest age / time allowed, the worst first, each with that ratio."""
    ratios = [
        (case.id, (now_ms - case.opened_at_ms) / max(1, case.due_ms - case.opened_at_ms)) for case in live
    ]
    return sorted(ratios, key=lambda found: (-found[1], found[0]))[:limit]


def compliance(cases: Iterable[CaseRow], now_ms: int) -> Compliance:
    """Sort cases that became ready in the window into the four; merged ones are in none."""
    counts = {"closed_in_time": 0, "closed_late": 0, "open_in_time": 0, "open_late": 0}
    for case in cases:
        if case.status != "merged":
            taken_ms = case.taken_up_at_ms
            in_time = (now_ms if taken_ms is None else taken_ms) <= case.due_ms
            state = "open" if case.is_live else "closed"
            counts[f"{state}_{'in_time' if in_time else 'late'}"] += 1
    return Compliance(**counts)


def check_latency(actions: Iterable[CheckRow], now_ms: int) -> Spread:
    """Checked - proposed of actions that two people sign; one nobody has checked counts with its age."""
    return Spread.of(
        (now_ms if action.checked_at_ms is None else action.checked_at_ms) - action.made_at_ms
        for action in actions
    )
