"""The time axis: hours and days as the clock on the wall has them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from desk.drawing.svg import line, text, text_width
from domain.instants import from_ms, to_ms

_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_ROOM = 58.0
# Days nearer to each other than this have no lines of their own.
_LEAST_DAY = 8.0
# A name may stand out a little to the right.
_BEYOND = 20.0
_DAY = timedelta(days=1)
AXIS_HEIGHT = 36.0


class Span(NamedTuple):
    """What time a drawing shows, and where on it: `from_ms` lies at `left`, `to_ms` at `right`."""

    from_ms: int
    to_ms: int
    left: float
    right: float

    def x(self, at_ms: float) -> float:
        """Give the place of a time, at the nearer end for one that lies outside."""
        share = (at_ms - self.from_ms) / max(1, self.to_ms - self.from_ms)
        return self.left + (self.right - self.left) * min(1.0, max(0.0, share))


def axis(
    span: Span, zone: str, top: float, bottom: float, day_words: Callable[[date], str] = date.isoformat
) -> Iterator[str]:
    """Draw hours and days down from `top`, with their names below `bottom` in two rows."""
    local = ZoneInfo(zone)
    days = list(_days(span, local))
    step = _step_minutes(span)
    for at_ms, said in _hours(span, days, local, step) if step < _STEPS_MIN[-1] else ():
        x = span.x(at_ms)
        yield line(x, top, x, bottom, "grid")
        if text_width(said) / 2 <= x:
            yield text(x, bottom + 15, said, "middle", "tick")
    yield from _day_marks(span, days, top, bottom, day_words)


def _day_marks(
    span: Span, days: list[tuple[int, date]], top: float, bottom: float, day_words: Callable[[date], str]
) -> Iterator[str]:
    free = 0.0
    apart = (span.right - span.left) / max(1, len(days)) >= _LEAST_DAY
    for index, (at_ms, day) in enumerate(days):
        x = span.x(at_ms)
        until = span.x(days[index + 1][0]) if index + 1 < len(days) else span.right
        said = day_words(day)
        # The day that the drawing begins in may end at once, and then has no room for its name.
        short = at_ms <= span.from_ms and until - x < text_width(said) + 8
        named = x >= free and not short and x + 4 + text_width(said, bold=True) <= span.right + _BEYOND
        if at_ms > span.from_ms and (apart or named):
            yield line(x, top, x, bottom + 32 if named else bottom, "day")
        if named:
            yield text(x + 4, bottom + 31, said, "start", "tick day-name")
            free = x + 12 + text_width(said, bold=True)


def _step_minutes(span: Span) -> int:
    minutes = max(1, span.to_ms - span.from_ms) / 60_000
    most = max(1.0, (span.right - span.left) / _ROOM)
    return next((step for step in _STEPS_MIN if minutes / step <= most), _STEPS_MIN[-1])


def _days(span: Span, local: ZoneInfo) -> Iterator[tuple[int, date]]:
    day = from_ms(span.from_ms).astimezone(local).date()
    while (begin_ms := to_ms(datetime.combine(day, time(), local))) < span.to_ms:
        yield max(begin_ms, span.from_ms), day
        day += _DAY


def _hours(span: Span, days: list[tuple[int, date]], local: ZoneInfo, step: int) -> Iterator[tuple[int, str]]:
    for _, day in days:
        for minute in range(0, 1440, step):
            wall = datetime.combine(day, time(minute // 60, minute % 60), local)
            at_ms = to_ms(wall)
            # An hour that the clocks leave out is no hour.
            left_out = from_ms(at_ms).astimezone(local).replace(tzinfo=None) != wall.replace(tzinfo=None)
            if span.from_ms <= at_ms <= span.to_ms and not left_out:
                yield at_ms, f"{wall:%H:%M}"
