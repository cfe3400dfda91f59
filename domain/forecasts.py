"""What is expected to come, as numbers: learnt on one side, planned with on the other."""

from msgspec import Struct

QUARTER_MS = 15 * 60_000
WEEK_QUARTERS = 7 * 24 * 4


class QuarterHour(Struct, frozen=True, kw_only=True):
    """The alerts of a quarter-hour from `from_ms` on: how many to expect, and the 95th percentile."""

    from_ms: int
    expected: float
    high: float


def quarter(at_ms: int) -> int:
    """Give the number of the quarter-hour since 1970 that `at_ms` lies in."""
    return at_ms // QUARTER_MS
