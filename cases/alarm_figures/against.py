"""The desk's figures beside the limits of the standards, one line for each that has a limit."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from cases.alarm_figures import limits
from cases.alarm_figures.limits import Limit, Verdict
from cases.alarm_figures.load import Load, Pace
from cases.alarm_figures.report import AlarmFigures
from cases.kpi.values import Ratio

_MINUTE_MS = 60_000


class Line(Struct, frozen=True, kw_only=True):
    """One figure with its limit: a `count`, a `share` of counts, or of `time`, in milliseconds.

    It is made of `part` of `whole`; for averages the alarms, and how many such spans the period has.
    """

    name: str
    kind: Literal["count", "share", "time"]
    value: float | None
    part: float
    whole: float
    limit: Limit

    @property
    def verdict(self) -> Verdict | None:
        """Say where it stands; None for a share of nothing."""
        return None if self.value is None else self.limit.verdict(self.value)


def against_limits(found: AlarmFigures) -> list[Line]:
    """Give the figures of everything annunciated beside their limits, in the order they are shown in."""
    load = found.all
    return [
        _average("average_per_day", load.per_day, limits.PER_DAY),
        _average("average_per_hour", load.per_hour, limits.PER_HOUR),
        _average("average_per_ten_minutes", load.per_ten_minutes, limits.PER_TEN_MINUTES),
        _count("peak_in_ten_minutes", load.per_ten_minutes.peak, load.count, limits.PEAK_IN_TEN_MINUTES),
        _share("busy_hours", load.busy_hours, limits.BUSY_SHARE),
        _share("busy_ten_minutes", load.busy_ten_minutes, limits.BUSY_SHARE),
        _share("flood_share", load.flood_share, limits.BUSY_SHARE, "time"),
        _share("top_ten_share", found.top_alarms.share, limits.TOP_TEN_SHARE),
        *_nuisance(found),
    ]


def _nuisance(found: AlarmFigures) -> Iterator[Line]:
    known = found.nuisance
    yield _count("chattering", len(known.chattering), known.conditions, limits.NONE_AT_ALL)
    yield _count("chattering_told", len(known.chattering_told), known.conditions, limits.NONE_AT_ALL)
    fleeting = known.fleeting_told
    yield _count("fleeting", fleeting.numerator, fleeting.denominator, limits.NONE_AT_ALL)
    yield _count("stale", known.most_stale, found.all.count, limits.STALE_ON_A_DAY)


def _average(name: str, pace: Pace, limit: Limit) -> Line:
    spans = pace.length_ms / pace.span_ms
    return Line(name=name, kind="count", value=pace.average, part=pace.count, whole=spans, limit=limit)


def _count(name: str, count: int, whole: int, limit: Limit) -> Line:
    return Line(name=name, kind="count", value=count, part=count, whole=whole, limit=limit)


def _share(name: str, ratio: Ratio, limit: Limit, kind: Literal["share", "time"] = "share") -> Line:
    part, whole = ratio.numerator, ratio.denominator
    return Line(name=name, kind=kind, value=ratio.value, part=part, whole=whole, limit=limit)


def line_cells(line: Line) -> tuple[str, str, str, str]:
    """Write a line's value, what it is made of (times in minutes), and its two bounds."""
    parts = [line.part, line.whole]
    if line.kind == "time":
        parts = [length_ms / _MINUTE_MS for length_ms in parts]
    values = line.value, line.limit.acceptable, line.limit.manageable
    value, acceptable, manageable = (_written(each, line.kind) for each in values)
    return value, " / ".join(map(_plain, parts)), acceptable, manageable


def load_cells(load: Load) -> list[str]:
    """Write a load: how many, each pace with its peak, and the minutes in flood of all."""
    paces = (load.per_day, load.per_hour, load.per_ten_minutes)
    return [
        f"{load.count:,}",
        *(f"{_plain(pace.average)} · {pace.peak:,}" for pace in paces),
        f"{_plain(load.flood_ms / _MINUTE_MS)} / {_plain(load.length_ms / _MINUTE_MS)}",
    ]


def _written(value: float | None, kind: str) -> str:
    if value is None:
        return "-"
    return _plain(value) if kind == "count" else f"{_plain(100 * value)} %"


def _plain(value: float) -> str:
    """Write a figure with two decimals at most.

    >>> _plain(1_234_567), _plain(0.125), _plain(40.0)
    ('1,234,567', '0.12', '40')
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".")
