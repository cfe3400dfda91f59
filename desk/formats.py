"""How times, amounts and numbers look to a person: by their language and time zone."""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import TIMEDELTA_UNITS, format_date, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from desk.settings import Language
from domain.instants import from_ms
from domain.money import minor_digits

# What stands where there is nothing to write.
NOTHING = "\N{EN DASH}"

_LOCALES = {"en": Locale.parse("en_GB"), "zh": Locale.parse("zh_Hans_CN")}
_DAY_OF_MOMENT = {"en": "d MMM", "zh": "M月d日"}
# From so much of a unit on a length of time is told in it.
_ENOUGH_OF_A_UNIT = 0.85


@cache
def _symbol(locale: Locale, currency: str) -> str:
    """Give what stands before an amount: both languages group digits alike, and a table has hundreds."""
    return str(format_currency(1, currency, "¤1", locale=locale, currency_digits=False)).removesuffix("1")


@lru_cache(maxsize=1000)
def _day_of_moment(language: Language, day: date) -> str:
    return str(format_date(day, _DAY_OF_MOMENT[language], locale=_LOCALES[language]))


@lru_cache(maxsize=1000)
def _length(locale: Locale, seconds: int, direction: bool) -> str:
    span = timedelta(seconds=seconds)  # whole units, so that none of the larger ones is meant
    return str(format_timedelta(span, threshold=1, add_direction=direction, locale=locale))


def _rounded(length_ms: float) -> int:
    """Give a length of time in seconds, rounded to the unit that it is told in: few are told apart."""
    seconds = int(length_ms // 1000)
    for _, unit in TIMEDELTA_UNITS:
        if abs(seconds) >= _ENOUGH_OF_A_UNIT * unit:
            rounded = max(1, round(abs(seconds) / unit)) * unit
            return rounded if seconds > 0 else -rounded
    return seconds


class Formats:
    """The formats of one person at one moment; times are milliseconds since 1970."""

    def __init__(self, language: Language, time_zone: str, now_ms: int) -> None:
        """Write for a language and zone; `now_ms` is what `ago` counts from."""
        self._locale = _LOCALES[language]
        self.language = language
        self._zone = ZoneInfo(time_zone)
        self._now_ms = now_ms

    def local(self, at_ms: int) -> datetime:
        """Give a time as the person's clock showed it."""
        return from_ms(at_ms).astimezone(self._zone)

    def moment(self, at_ms: int | None) -> str:
        """Write day and time: `3 Sep 14:05:09`; a dash for None."""
        if at_ms is None:
            return NOTHING
        local = self.local(at_ms)
        return f"{_day_of_moment(self.language, local.date())} {local:%H:%M:%S}"

    def clock(self, at_ms: int | None) -> str:
        """Write the time of day: `14:05:09`."""
        return NOTHING if at_ms is None else f"{self.local(at_ms):%H:%M:%S}"

    def day(self, at_ms: int | None) -> str:
        """Write the day with its year."""
        return (
            NOTHING if at_ms is None else str(format_date(self.local(at_ms), "medium", locale=self._locale))
        )

    def ago(self, at_ms: int | None) -> str:
        """Write how long ago a time is, or how far ahead: `5 minutes ago`, `in 2 hours`."""
        if at_ms is None:
            return NOTHING
        return _length(self._locale, _rounded(at_ms - self._now_ms), True)

    def span(self, length_ms: float | None) -> str:
        """Write a length of time: `5 minutes`."""
        if length_ms is None:
            return NOTHING
        return _length(self._locale, _rounded(length_ms), False)

    def money(self, amount_minor: int, currency: str) -> str:
        """Write an amount: `CN¥12,345.67`; a dash without a currency."""
        if not currency:
            return NOTHING
        digits = minor_digits(currency)
        sign = "-" if amount_minor < 0 else ""
        return f"{sign}{_symbol(self._locale, currency)}{abs(amount_minor) / 10**digits:,.{digits}f}"

    def number(self, value: float) -> str:
        """Write a number with its groups of digits."""
        if isinstance(value, int):
            return f"{value:,}"
        return str(format_decimal(value, locale=self._locale))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """Write a share of 1: `73 %`."""
        if share is None:
            return NOTHING
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return str(format_percent(share, pattern, locale=self._locale))
