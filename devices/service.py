"""When a device should serve customers: windows in its branch's local time, by weekday and holiday."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.instants import from_ms, to_ms

DAY_MINUTES = 24 * 60
_MINUTE_MS = 60_000
_TIME_OF_DAY = re.compile("([0-2][0-9]):([0-5][0-9])")

# From and to in minutes of the local day; the end itself is outside.
Window = tuple[int, int]
Windows = tuple[Window, ...]
ALL_DAY: Windows = ((0, DAY_MINUTES),)


@dataclass(frozen=True)
class ServiceWeek:
    """The windows of each weekday from Monday on, and of holidays (None: a holiday is as any day).

    Windows of a day are in order and do not touch; an empty day is closed.
    """

    days: tuple[Windows, ...] = (ALL_DAY,) * 7
    holiday: Windows | None = None

    def on(self, day: date, holidays: frozenset[date] = frozenset()) -> Windows:
        """Give the windows of a local day."""
        if self.holiday is not None and day in holidays:
            return self.holiday
        return self.days[day.weekday()]


AROUND_THE_CLOCK = ServiceWeek()


def local_day(at_ms: int, zone: str) -> date:
    """Give the local date of a time."""
    return from_ms(at_ms).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=65_536)
def day_span_ms(day: date, zone: str) -> tuple[int, int]:
    """Give when a local day begins and ends, in ms: 23, 24 or 25 hours where clocks change."""
    return _wall_ms(day, 0, zone, last=False), _wall_ms(day, DAY_MINUTES, zone, last=False)


@lru_cache(maxsize=65_536)
def service_spans_ms(week: ServiceWeek, day: date, holidays: frozenset[date], zone: str) -> Windows:
    """Give the windows of a local day as times in ms.

    An hour that comes twice is served twice; one that clocks leave out is not served, nor missed.
    """
    spans = []
    for begin, end in week.on(day, holidays):
        # The end of the day is the beginning of the next, also where midnight comes twice.
        begin_ms = _wall_ms(day, begin, zone, last=False)
        end_ms = _wall_ms(day, end, zone, last=end < DAY_MINUTES)
        if begin_ms < end_ms:
            spans.append((begin_ms, end_ms))
    return tuple(spans)


def _wall_ms(day: date, minute: int, zone: str, *, last: bool) -> int:
    """Give when clocks on the wall first (or for the last time) show a minute of a local day, or pass it."""
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    tz = ZoneInfo(zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    early, late = sorted(to_ms(wall.replace(tzinfo=tz, fold=fold)) for fold in (0, 1))
    if early == late:
        return early
    if _on_the_wall(early, tz) == wall:
        return late if last else early
    # The minute does not exist: find when the clocks jumped over it.
    while late - early > _MINUTE_MS:
        middle = (early + late) // 2 // _MINUTE_MS * _MINUTE_MS
        early, late = (early, middle) if _on_the_wall(middle, tz) >= wall else (middle, late)
    return late


def _on_the_wall(at_ms: int, tz: ZoneInfo) -> datetime:
    return from_ms(at_ms).astimezone(tz).replace(tzinfo=None)


def minutes_of_day(text: str) -> int:
    """Read 08:30 as a minute of the day, 24:00 as its end. Raises ValueError saying what is allowed."""
    found = _TIME_OF_DAY.fullmatch(text)
    if found and (minute := int(found[1]) * 60 + int(found[2])) <= DAY_MINUTES:
        return minute
    raise ValueError(f"{text!r} is no time of day; write it as 08:30, the end of the day as 24:00")


def days_between(first_ms: int, last_ms: int, zone: str) -> Iterator[date]:
    """Give the local days that a span of time touches, the end itself outside."""
    day = local_day(first_ms, zone)
    while day_span_ms(day, zone)[0] < last_ms:
        yield day
        day += timedelta(days=1)
