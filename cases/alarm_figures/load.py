"""How many alarms reach the desk: averages with their peaks, busy hours, and floods."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from cases.kpi.values import Ratio

TEN_MINUTES_MS = 600_000
HOUR_MS = 6 * TEN_MINUTES_MS
DAY_MS = 24 * HOUR_MS

# More than so many make an hour, or ten minutes, too busy to work through.
BUSY_HOUR = 30
BUSY_TEN_MINUTES = 10
# A flood begins with more than so many within ten minutes, and is over once there are fewer than so many.
FLOOD_BEGINS = 10
FLOOD_ENDS = 5


class Span(NamedTuple):
    """A stretch of time, [from, to)."""

    from_ms: int
    to_ms: int


class Pace(Struct, frozen=True, kw_only=True):
    """How many come in `span_ms` on average and at most; the busiest such span begins at `peak_from_ms`."""

    count: int
    length_ms: int
    span_ms: int
    peak: int
    peak_from_ms: int | None

    @property
    def average(self) -> float:
        """Give the count / the number of such spans in the period."""
        return self.count * self.span_ms / self.length_ms


class Load(Struct, frozen=True, kw_only=True):
    """The alarms of a period; `busy_*` are shares of its hours and ten-minute periods, from its start on."""

    per_day: Pace
    per_hour: Pace
    per_ten_minutes: Pace
    busy_hours: Ratio
    busy_ten_minutes: Ratio
    floods: tuple[Span, ...]
    length_ms: int

    @property
    def count(self) -> int:
        """Give how many there were."""
        return self.per_day.count

    @property
    def flood_ms(self) -> int:
        """Give how long the desk was in flood."""
        return sum(flood.to_ms - flood.from_ms for flood in self.floods)

    @property
    def flood_share(self) -> Ratio:
        """Give time in flood / time."""
        return Ratio(self.flood_ms, self.length_ms)


def load(times_ms: Sequence[int], from_ms: int, to_ms: int) -> Load:
    """Give the load of [from_ms, to_ms); ascending `times_ms` may begin before, for a flood that goes on."""
    within = [at_ms for at_ms in times_ms if from_ms <= at_ms < to_ms]
    period = Span(from_ms, to_ms)
    return Load(
        per_day=_pace(within, period, DAY_MS),
        per_hour=_pace(within, period, HOUR_MS),
        per_ten_minutes=_pace(within, period, TEN_MINUTES_MS),
        busy_hours=_busy(within, period, HOUR_MS, BUSY_HOUR),
        busy_ten_minutes=_busy(within, period, TEN_MINUTES_MS, BUSY_TEN_MINUTES),
        floods=tuple(clipped(floods([at_ms for at_ms in times_ms if at_ms < to_ms], to_ms), period)),
        length_ms=to_ms - from_ms,
    )


def most_within(times_ms: Sequence[int], span_ms: int) -> tuple[int, int | None]:
    """Give the most of ascending times in any stretch of `span_ms`, its end outside, and when it begins.

    >>> most_within([0, 400_000, 599_999, 600_000], 600_000)
    (3, 0)
    """
    most, begins_ms = 0, None
    first = 0
    for index, at_ms in enumerate(times_ms):
        while at_ms - times_ms[first] >= span_ms:
            first += 1
        if index - first + 1 > most:
            most, begins_ms = index - first + 1, times_ms[first]
    return most, begins_ms


def floods(times_ms: Sequence[int], until_ms: int) -> Iterator[Span]:
    """Give the floods among ascending times, one that goes on until `until_ms`.

    What happened at t counts until ten minutes later, that moment outside: a flood begins with the alarm
    that makes them more than 10, and ends at the moment that leaves fewer than 5.
    """
    recent: deque[int] = deque()
    began_ms: int | None = None
    for at_ms in (*times_ms, until_ms):
        while recent and recent[0] + TEN_MINUTES_MS <= at_ms:
            left_ms = recent.popleft() + TEN_MINUTES_MS
            if began_ms is not None and len(recent) < FLOOD_ENDS:
                yield Span(began_ms, left_ms)
                began_ms = None
        recent.append(at_ms)
        if began_ms is None and len(recent) > FLOOD_BEGINS and at_ms < until_ms:
            began_ms = at_ms
    if began_ms is not None:
        yield Span(began_ms, until_ms)


def clipped(spans: Iterator[Span], period: Span) -> Iterator[Span]:
    """Give the parts of spans that lie within a period."""
    for span in spans:
        part = Span(max(span.from_ms, period.from_ms), min(span.to_ms, period.to_ms))
        if part.from_ms < part.to_ms:
            yield part


def _pace(times_ms: Sequence[int], period: Span, span_ms: int) -> Pace:
    peak, begins_ms = most_within(times_ms, span_ms)
    length_ms = period.to_ms - period.from_ms
    return Pace(count=len(times_ms), length_ms=length_ms, span_ms=span_ms, peak=peak, peak_from_ms=begins_ms)


def _busy(times_ms: Sequence[int], period: Span, span_ms: int, most: int) -> Ratio:
    counts = Counter((at_ms - period.from_ms) // span_ms for at_ms in times_ms)
    spans = -(-(period.to_ms - period.from_ms) // span_ms)
    return Ratio(sum(count > most for count in counts.values()), spans)
