"""What a desk would feel: cases and calls by the hour, the people it takes, what is late, what that costs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from msgspec import Struct

from cases.ranking import BAND_NAMES
from cases.staffing.erlang import positions
from cases.staffing.policy import StaffingPolicy
from domain.instants import from_ms
from tuning.backtest.desk_load import Contact, Handling, Worked
from tuning.measures.judging import Judge
from tuning.measures.labels import Use

_HOURS = range(24)
_SHIFT_HOURS = 8
# Alerts come in bursts, for which Erlang C is optimistic: it is given a bad day (cases/staffing/erlang.py).
_BAD_DAY = 0.95

# How much there was in each hour of each day: (date's ordinal, hour).
_ByHour = Mapping[tuple[int, int], int]


class HourLoad(Struct, frozen=True, kw_only=True):
    """An hour of the day: cases and calls on a mean day, calls on a bad one (95th percentile of days).

    `positions` are the people at work that the bad day needs by Erlang C, `rostered` those to be paid for it.
    """

    hour: int
    cases: float
    calls: float
    calls_high: float
    positions: int
    rostered: int


class ShiftLoad(Struct, frozen=True, kw_only=True):
    """A shift of eight hours: calls on a mean day, on a bad one, and on the worst."""

    from_hour: int
    calls: float
    calls_high: float
    calls_most: float


class BandService(Struct, frozen=True, kw_only=True):
    """How soon cases of a band were taken up; `late` waited for longer than the queue's policy allows."""

    band: str
    cases: int
    late: int
    longest_wait_s: float


class DeskFigures(Struct, frozen=True, kw_only=True):
    """What a desk of `agents` feels (None: of as many people as there is work for).

    Hours and shifts count from when a case could be worked, whoever was free then. `at_stake_minor` is what
    could still go when the cases were taken up, `lost_minor` the known frauds on a case's cards after its
    first alert and before its first contact; both by currency.
    """

    agents: int | None
    handling: Handling
    days: int
    cases: int
    calls: float
    calls_a_day: float
    positions: int
    hours: tuple[HourLoad, ...]
    shifts: tuple[ShiftLoad, ...]
    bands: tuple[BandService, ...]
    late: int
    at_stake_minor: dict[str, int]
    lost_frauds: int
    lost_minor: dict[str, int]
    device_alerts: int


def desk_figures(
    worked: Worked,
    judge: Judge,
    handling: Handling,
    days: Sequence[int],
    *,
    agents: int | None = None,
    staffing: StaffingPolicy | None = None,
) -> DeskFigures:
    """Sum up what a desk did; `days` are the local dates' ordinals of the whole time, quiet ones too."""
    first = _first_contacts(worked.contacts)
    of_cases = _by_hour(first, judge)
    of_tasks = _by_hour(worked.contacts, judge)
    calls = len(worked.contacts) * handling.calls_per_task
    lost = _lost(first, judge, worked.ended_ms)
    bands = tuple(_service(band, first, worked.ended_ms) for band in BAND_NAMES)
    hours = tuple(
        _hour_load(hour, of_cases, of_tasks, handling, days, staffing or StaffingPolicy()) for hour in _HOURS
    )
    return DeskFigures(
        agents=agents,
        handling=handling,
        days=len(days),
        cases=len(first),
        calls=calls,
        calls_a_day=calls / len(days) if days else 0.0,
        positions=max(hour.positions for hour in hours),
        hours=hours,
        shifts=tuple(_shift_load(hour, of_tasks, handling, days) for hour in _HOURS[::_SHIFT_HOURS]),
        bands=bands,
        late=sum(band.late for band in bands),
        at_stake_minor=_by_currency((each.currency, each.exposure_minor) for each in first),
        lost_frauds=len(lost),
        lost_minor=_by_currency((use.currency, use.amount_minor) for use in lost),
        device_alerts=worked.device_alerts,
    )


def _first_contacts(contacts: Iterable[Contact]) -> list[Contact]:
    """Give the first contact of each case; one that nobody had any of was not contacted."""
    first: dict[str, Contact] = {}
    for contact in contacts:
        first.setdefault(contact.case, contact)
    return list(first.values())


def _by_hour(contacts: Iterable[Contact], judge: Judge) -> Counter[tuple[int, int]]:
    return Counter(
        (judge.day(contact.ready_ms), from_ms(contact.ready_ms).astimezone(judge.zone).hour)
        for contact in contacts
    )


def _hour_load(
    hour: int,
    of_cases: _ByHour,
    of_tasks: _ByHour,
    handling: Handling,
    days: Sequence[int],
    staffing: StaffingPolicy,
) -> HourLoad:
    calls = [of_tasks.get((day, hour), 0) * handling.calls_per_task for day in days]
    high = _bad_day(calls)
    staff = positions(
        high,
        handling.aht_s,
        target=staffing.target,
        within_s=staffing.within.total_seconds(),
        max_occupancy=staffing.max_occupancy,
        shrinkage=staffing.shrinkage,
    )
    return HourLoad(
        hour=hour,
        cases=sum(of_cases.get((day, hour), 0) for day in days) / max(1, len(days)),
        calls=sum(calls) / max(1, len(days)),
        calls_high=high,
        # The formula staffs a silent hour with one; nobody is needed for what never comes.
        positions=staff.positions if any(calls) else 0,
        rostered=staff.rostered if any(calls) else 0,
    )


def _shift_load(from_hour: int, of_tasks: _ByHour, handling: Handling, days: Sequence[int]) -> ShiftLoad:
    hours = range(from_hour, from_hour + _SHIFT_HOURS)
    calls = [
        sum(of_tasks.get((day, hour), 0) for hour in hours) * handling.calls_per_task for day in days
    ] or [0.0]
    return ShiftLoad(
        from_hour=from_hour,
        calls=sum(calls) / len(calls),
        calls_high=_bad_day(calls),
        calls_most=max(calls),
    )


def _bad_day(values: Sequence[float]) -> float:
    """Give the least value that at least 95 of a hundred days stay within."""
    return sorted(values)[max(0, ceil(_BAD_DAY * len(values)) - 1)] if values else 0.0


def _service(band: str, first: Iterable[Contact], ended_ms: int) -> BandService:
    waits = [(_wait_ms(contact, ended_ms), contact) for contact in first if contact.band == band]
    return BandService(
        band=band,
        cases=len(waits),
        late=sum(wait_ms > contact.allowed_ms for wait_ms, contact in waits),
        longest_wait_s=max((wait_ms for wait_ms, _ in waits), default=0) / 1000,
    )


def _wait_ms(contact: Contact, ended_ms: int) -> int:
    """Give how long a case waited, so far: open ones are late as soon as those that were taken up."""
    return max(0, (ended_ms if contact.taken_ms is None else contact.taken_ms) - contact.ready_ms)


def _lost(first: Iterable[Contact], judge: Judge, ended_ms: int) -> list[Use]:
    lost = {
        use.event_id: use
        for contact in first
        for card in contact.cards
        for use in judge.frauds_on(card, contact.opened_ms + 1, contact.taken_ms or ended_ms)
    }
    return list(lost.values())


def _by_currency(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for currency, minor in amounts:
        if currency:
            total[currency] += minor
    return dict(sorted(total.items()))
