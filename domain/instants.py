"""Event time: `datetime` at the edges, integers of milliseconds since 1970 (UTC) inside."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from domain.wording import counted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Give the milliseconds since 1970 of an aware `at`, rounded down."""
    return (at - EPOCH) // MILLISECOND


def from_ms(at_ms: int) -> datetime:
    """Give the UTC time of `at_ms` milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=at_ms)


def span_ms(span: timedelta) -> int:
    """Give a time span in whole milliseconds."""
    return span // MILLISECOND


def iso(at_ms: int) -> str:
    """Write `at_ms` as ISO 8601 in UTC with milliseconds, the one way the product prints a time."""
    seconds, rest = divmod(at_ms, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=4096)  # of a stream, many moments lie in one second
def _to_the_second(seconds: int) -> str:
    return from_ms(seconds * 1000).replace(tzinfo=None).isoformat()


def span_words(length_ms: int) -> str:
    """Say a length of time as a person would, to two units.

    >>> span_words(1_800_000), span_words(8_100_000), span_words(90_000_000), span_words(400)
    ('30 minutes', '2 hours 15 minutes', '25 hours', 'less than a second')
    """
    seconds = round(length_ms / 1000)
    if seconds < 1:
        return "less than a second"
    if seconds < 60:
        return counted(seconds, "second")
    minutes = round(seconds / 60)
    if minutes < 60:
        return counted(minutes, "minute")
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return counted(round(hours / 24), "day")
    return counted(hours, "hour") + (f" {counted(minutes, 'minute')}" if minutes else "")
