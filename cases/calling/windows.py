"""When a customer may be called: by the clock on their own wall, later on weekends and holidays.

Pure but for the two tables it reads, the zones' and the holidays': both are of installed packages.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from domain.instants import from_ms, span_ms, to_ms

_SATURDAY = 5
# A window opens every day, so that tomorrow's is never further away than this, however the clocks change.
_DAYS_AHEAD = 3

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Window:
    """The hours of a day in which calls are made, as hh:mm on the customer's clock; `closes` is not in it.

    On a Saturday, Sunday or holiday calling starts at `rest_day_opens`.
    """

    opens: ClockTime = "08:00"
    closes: ClockTime = "21:00"
    rest_day_opens: ClockTime = "10:00"

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if not max(self.opens, self.rest_day_opens) < self.closes:
            raise ValueError("a window opens before it closes, on rest days too; 00:00 to 24:00 is all day")
        return self

    def holds(self, local: datetime, rest_day: bool) -> bool:
        """Whether a clock on the wall that shows `local` is inside the window."""
        clock = f"{local:%H:%M}"
        return (self.rest_day_opens if rest_day else self.opens) <= clock < self.closes


class RestDays:
    """The days on which people are called later: weekends, and the public holidays of a country.

    Working days that a country moves onto a weekend count as working days.
    """

    def __init__(self, country: str | None) -> None:
        """Read the calendar of `country` (ISO 3166, `CN`); with None there are weekends only.

        Raises ValueError for a country without a calendar.
        """
        try:
            self._calendar = None if country is None else holidays.country_holidays(country)
        except NotImplementedError as error:
            raise ValueError(f"there is no calendar for {country!r}; want a code such as CN or SG") from error

    def __contains__(self, day: date) -> bool:
        """Whether `day` is a day of rest."""
        if self._calendar is None:
            return day.weekday() >= _SATURDAY
        return not self._calendar.is_working_day(day)


@cache
def rest_days(country: str | None) -> RestDays:
    """Give the days of rest of a country, read once. Raises ValueError where there is no calendar."""
    return RestDays(country)


def may_call(at_ms: int, zone: str, window: Window | None, resting: RestDays) -> int | None:
    """Give None when a call may be made at `at_ms`, else when the window opens next (ms).

    Without a window calls are made around the clock. `zone` is the customer's, an IANA name.
    """
    if window is None or _open(at_ms, zone, window, resting):
        return None
    return next_opening(at_ms, zone, window, resting)


def next_opening(after_ms: int, zone: str, window: Window, resting: RestDays) -> int:
    """Give when the window opens next, later than `after_ms`.

    Where the clocks go back over the opening hour it opens the first time; where they skip it, with the
    first time of day that there is, at most as late as the clocks went forward.
    """
    today = from_ms(after_ms).astimezone(ZoneInfo(zone)).date()
    openings = (
        opening
        for days in range(_DAYS_AHEAD)
        for opening in _openings(today + timedelta(days=days), zone, window, resting)
    )
    return min(opening for opening in openings if opening > after_ms)


def on_another_hour(
    last_ms: int, gaps: tuple[timedelta, ...], zone: str, window: Window | None, resting: RestDays
) -> int:
    """Give the first of `last_ms` plus each gap that lies in the window, else the opening after the least.

    Whoever was out at six in the evening is best tried at another hour the next day.
    """
    for gap in gaps:
        at_ms = last_ms + span_ms(gap)
        if may_call(at_ms, zone, window, resting) is None:
            return at_ms
    at_ms = last_ms + span_ms(min(gaps))
    return may_call(at_ms, zone, window, resting) or at_ms


def _open(at_ms: int, zone: str, window: Window, resting: RestDays) -> bool:
    local = from_ms(at_ms).astimezone(ZoneInfo(zone))
    return window.holds(local, local.date() in resting)


def _openings(day: date, zone: str, window: Window, resting: RestDays) -> tuple[int, ...]:
    """Give when the clock shows the opening time of `day`: twice where it goes back over it."""
    opens = time.fromisoformat(window.rest_day_opens if day in resting else window.opens)
    local = datetime.combine(day, opens, tzinfo=ZoneInfo(zone))
    found = (to_ms(local), to_ms(local.replace(fold=1)))
    return tuple(at_ms for at_ms in found if _open(at_ms, zone, window, resting))
