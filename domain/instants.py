"""Event time: `datetime` at the edges, integers of milliseconds since 1970 (UTC) inside."""

from datetime import UTC, datetime, timedelta

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
    return from_ms(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
