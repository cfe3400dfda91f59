"""Axes: where their ticks stand, and how a value on them is written."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil, floor, log10
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from domain.instants import from_ms, to_ms
from domain.money import minor_digits, money_words
from tuning.report.drawing import width_of
from tuning.report.numerals import drawable, number, percent
from tuning.report.words import Language, Said, Words, say

_WANTED = 5
# Less than this apart, figures are the same to a reader and too near for floats to divide.
_LEAST_SPAN = 1e-18
_GAP = 14  # between two labels
# Large figures are counted in these, from the least that is.
_LARGE: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M")),
    "zh": ((1e8, "亿"), (1e5, "万")),
}
_UNITS = {"T": 1e12, "B": 1e9, "M": 1e6, "亿": 1e8, "万": 1e4}


class Axis(NamedTuple):
    """What an axis shows, and in which unit its values are handed over.

    Attributes:
        title: What is counted, with its unit where `kind` does not say it.
        kind: `number`; `percent`, values are shares of 1; `money`, values are minor units of `currency`;
            `time`, values are milliseconds since 1970, shown in `zone`.
        currency: ISO 4217 code of money.
        zone: IANA name of the time zone.
        low: The axis begins here or lower.
        high: The axis ends here or higher.
    """

    title: Said = ""
    kind: Literal["number", "percent", "money", "time"] = "number"
    currency: str = ""
    zone: str = "UTC"
    low: float | None = None
    high: float | None = None

    @property
    def heading(self) -> Said:
        """The title with what is needed to read the figures: the currency or the time zone."""
        unit = {"money": self.currency, "time": self.zone}.get(self.kind, "")
        if not unit:
            return self.title
        if not self.title:
            return unit
        return Words(*(f"{say(self.title, language)} ({unit})" for language in ("en", "zh")))

    def write(self, value: float | None) -> str:
        """Write a value of this axis in full."""
        if self.kind == "percent":
            return percent(value)
        if value is None or drawable(value) is None:
            return number(value)
        if self.kind == "money":
            return money_words(round(value), self.currency)
        if self.kind == "time":
            return moment(round(value), self.zone)
        return number(value)


class Tick(NamedTuple):
    """A figure beside an axis; `below` is a second line."""

    at: float
    label: str
    below: str = ""


class Ticks(NamedTuple):
    """An axis from `low` to `high`, which are never the same."""

    low: float
    high: float
    marks: tuple[Tick, ...]


def moment(at_ms: int, zone: str) -> str:
    """Write a time to the minute as it is in `zone`.

    >>> moment(1_789_690_020_000, "Asia/Taipei")
    '2026-09-18 08:07'
    """
    return f"{from_ms(at_ms).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def number_ticks(values: Iterable[float], axis: Axis, language: Language, *, zero: bool = False) -> Ticks:
    """Give an axis that covers all values with round figures; `zero` makes it reach 0."""
    per = {"percent": 100.0, "money": 10.0 ** -minor_digits(axis.currency)}.get(axis.kind, 1.0)
    given = [value for value in (*values, axis.low, axis.high) if value is not None]
    shown = [value * per for value in given]
    low, high = _ends(shown, zero=zero)
    step = _step(high - low)
    if axis.kind == "number" and all(float(value).is_integer() for value in shown):
        step = max(step, 1.0)  # there is no half alert
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    label = _labels(max(abs(first), abs(last)) * step, step, axis, language)
    marks = tuple(Tick(index * step / per, label(index * step)) for index in range(first, last + 1))
    # The last digit of a float must not push a value off the axis.
    return Ticks(min((marks[0].at, *given)), max((marks[-1].at, *given)), marks)


def _ends(shown: list[float], *, zero: bool) -> tuple[float, float]:
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    # Where the lowest is not far above 0, an axis from 0 shows how much, and not only how different.
    if zero or 0 <= low <= 0.6 * high:
        low = min(low, 0.0)
    if zero or 0.6 * low <= high <= 0:
        high = max(high, 0.0)
    most = max(abs(low), abs(high))
    if high - low <= max(1e-6 * most, _LEAST_SPAN):
        around = 0.1 * most if most > _LEAST_SPAN else 1.0
        return (0.0, 1.0) if low == high == 0 else (low - around, high + around)
    return low, high


def _step(span: float) -> float:
    """Give a round step of which a span takes about five."""
    rough = span / _WANTED
    power: float = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _labels(most: float, step: float, axis: Axis, language: Language) -> Callable[[float], str]:
    unit = next((name for least, name in _LARGE[language] if most >= least), "")
    size = _UNITS.get(unit, 1.0)
    digits = max(0, -floor(log10(step / size) + 1e-9))
    sign = " %" if axis.kind == "percent" else unit

    def label(value: float) -> str:
        if abs(value) < step / 2:
            return "0 %" if axis.kind == "percent" else "0"
        return (f"{value / size:,.{digits}f}" if digits <= 6 else f"{value / size:.4g}") + sign

    return label


# Steps of time with about how long they last.
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_TIME_STEPS = (
    *(("minutes", count, count * _MINUTE) for count in (1, 5, 15, 30)),
    *(("minutes", count * 60, count * _HOUR) for count in (1, 3, 6, 12)),
    *(("days", count, count * _DAY) for count in (1, 2, 7, 14)),
    *(("months", count, count * 30 * _DAY) for count in (1, 3, 6)),
    *(("months", 12 * count, count * 365 * _DAY) for count in (1, 5, 20, 100, 1000)),
)


def time_ticks(values: Iterable[float], axis: Axis, room: float) -> Ticks:
    """Give an axis of time with ticks at full hours, days or months of its zone, as many as have room."""
    given = [value for value in (*values, axis.low, axis.high) if value is not None]
    low, high = min(given, default=0.0), max(given, default=0.0)
    if low == high:
        low, high = low - _HOUR, high + _HOUR
    unit, count = _time_step(high - low, room)
    zone = ZoneInfo(axis.zone)
    marks = [_time_tick(at, unit, count) for at in _times(low, high, zone, unit, count)]
    if unit == "minutes":
        marks = _dated(marks, zone, low, (width_of("2026-09-18") + _GAP) * (high - low) / room)
    return Ticks(low, high, tuple(marks))


def _time_step(span_ms: float, room: float) -> tuple[str, int]:
    """Give the shortest step whose labels all have room; of more than three days only days are named."""
    for unit, count, length_ms in _TIME_STEPS:
        if unit == "minutes" and span_ms > 3 * _DAY:
            continue
        label = width_of({"minutes": "00:00", "days": "2026-09-18", "months": "2026-09"}[unit]) + _GAP
        if span_ms / length_ms * label <= room:
            return unit, count
    return _TIME_STEPS[-1][:2]


def _times(low: float, high: float, zone: ZoneInfo, unit: str, count: int) -> Iterator[datetime]:
    """Give the round times from `low` to `high`, each later than the one before."""
    local = from_ms(floor(low)).astimezone(zone).replace(tzinfo=None)
    at = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "months":
        at = at.replace(day=1, month=1, year=max(1, at.year - at.year % max(1, count // 12)))
    elif unit == "days" and count % 7 == 0:
        at -= timedelta(days=at.weekday())
    last = floor(low) - 1
    while to_ms(there := at.replace(tzinfo=zone)) <= high:
        if to_ms(there) > last and to_ms(there) >= low:  # an hour that a clock skips or repeats counts once
            last = to_ms(there)
            yield there
        at = _later(at, unit, count)


def _later(at: datetime, unit: str, count: int) -> datetime:
    if unit == "minutes":
        return at + timedelta(minutes=count)
    if unit == "days":
        return at + timedelta(days=count)
    years, month = divmod(at.month - 1 + count, 12)
    return at.replace(year=at.year + years, month=month + 1)


def _time_tick(at: datetime, unit: str, count: int) -> Tick:
    form = {"minutes": "%H:%M", "days": "%Y-%m-%d"}.get(unit, "%Y-%m" if count < 12 else "%Y")
    return Tick(float(to_ms(at)), f"{at:{form}}")


def _dated(marks: list[Tick], zone: ZoneInfo, low: float, apart: float) -> list[Tick]:
    """Write the day below each midnight, and below the first tick where that leaves room for both."""
    midnights = [tick.at for tick in marks if tick.label == "00:00"]
    found, last = [], low - 2 * apart
    for index, tick in enumerate(marks):
        first = index == 0 and (not midnights or midnights[0] - tick.at >= apart)
        if (first or tick.label == "00:00") and tick.at - last >= apart:
            tick = tick._replace(below=f"{from_ms(round(tick.at)).astimezone(zone):%Y-%m-%d}")
            last = tick.at
        found.append(tick)
    return found
