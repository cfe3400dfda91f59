"""What the wallboard shows: how the desk stands now, what it achieved, and whether those here are enough.

Counts and times alone: nothing of it is about a person, of the bank's or among its customers.
"""

from datetime import timedelta
from typing import Literal, NamedTuple

from cases.gauges import DeskGauges, read_gauges
from cases.handover import SHIFT_MS
from cases.kpi.agents import AT_WORK
from cases.kpi.service import BandBacklog
from cases.kpi.values import Figure
from cases.staffing.plan import Need, Shortfall, Work, plan, shortfall
from cases.staffing.policy import StaffingPolicy
from cases.store import Store
from desk.context import Context
from desk.forecasting import Forecast
from desk.keeping import Kept
from domain.forecasts import QUARTER_MS, QuarterHour
from domain.instants import span_ms

Span = Literal["shift", "day", "week"]

_SECOND_MS = 1000
_DAY_MS = 86_400_000
# What is older tells little about the coming hours.
_HISTORY_MS = span_ms(timedelta(weeks=8))
_AHEAD_QUARTERS = 32
# A handover older than this ended another shift.
_LONGEST_SHIFT_MS = SHIFT_MS * 3 // 2


class Standing(NamedTuple):
    """How the desk stands at this moment."""

    backlog: tuple[BandBacklog, ...]
    agents: dict[str, int]
    gauges: DeskGauges

    @property
    def at_work(self) -> int:
        """How many agents are on cases, or ready for one."""
        return sum(count for state, count in self.agents.items() if state in AT_WORK)


class Staffing(NamedTuple):
    """What the coming quarter-hours need; `known` tells whether there was anything to plan from."""

    needs: tuple[Need, ...]
    short: Shortfall | None
    known: bool


def standing(here: Context) -> Standing:
    """Read how the desk stands, a second old at most, for all screens at once."""

    def read() -> Standing:
        kpi = here.store.kpi
        return Standing(kpi.backlog(here.now_ms), kpi.agents_by_state(), read_gauges(here.store.db))

    return here.desk.keeping.get("standing", here.now_ms, _SECOND_MS, read).value


def begins_ms(store: Store, span: Span, now_ms: int) -> int:
    """Give when a window began that ends now; a shift begins where the last handover ended one."""
    if span != "shift":
        return now_ms - (_DAY_MS if span == "day" else 7 * _DAY_MS)
    for handover in store.handover.latest(1):
        if 0 < now_ms - handover.shift_end_ms <= _LONGEST_SHIFT_MS:
            return handover.shift_end_ms
    return now_ms - SHIFT_MS


def achieved(here: Context, span: Span) -> Kept[list[Figure]]:
    """Give the figures of a window that ends now; long windows are not counted every few seconds."""

    def count() -> list[Figure]:
        from_ms = begins_ms(here.store, span, here.now_ms)
        return here.store.kpi.figures(from_ms, here.now_ms, here.now_ms, live=False)

    return here.desk.keeping.get(f"achieved:{span}", here.now_ms, 10 * _SECOND_MS, count)


def staffing(here: Context, at_work: int) -> Staffing:
    """Set what alerts will mean in the coming hours against who is at work."""
    quarters, work = here.desk.keeping.get(
        "forecast", here.now_ms, QUARTER_MS, lambda: _forecast(here.store, here.desk.forecast, here.now_ms)
    ).value
    coming = tuple(each for each in quarters if each.from_ms + QUARTER_MS > here.now_ms)
    if work is None or not coming:
        return Staffing((), None, False)
    needs = plan(coming, work, StaffingPolicy(), at_work or None)
    return Staffing(needs, shortfall(needs), True)


def _forecast(store: Store, forecast: Forecast, now_ms: int) -> tuple[tuple[QuarterHour, ...], Work | None]:
    """Give the alerts of the coming quarter-hours, and what one means as measured; None without calls."""
    from_ms = now_ms - _HISTORY_MS
    calls, time_ms = store.kpi.work(from_ms, now_ms)
    if not calls.value or not time_ms.value:
        return (), None
    quarters = forecast(store.kpi.alert_times(from_ms, now_ms), from_ms, now_ms, _AHEAD_QUARTERS)
    return quarters, Work(calls_per_alert=calls.value, aht_s=max(1.0, time_ms.value / 1000))
