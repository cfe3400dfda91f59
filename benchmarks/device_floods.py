"""How much the desk was shown at a time: peaks and floods, as ISA-18.2 counts them."""

from bisect import bisect_left
from collections.abc import Sequence

WINDOW_MS = 600_000
# A flood begins with more than so many in a window, and is over with fewer than so many.
FLOOD_MOST, FLOOD_END = 10, 5


def most_at_a_time(times_ms: Sequence[int], window_ms: int = WINDOW_MS) -> int:
    """Give the most of `times_ms` that lie within any stretch of `window_ms`, its end outside."""
    ordered = sorted(times_ms)
    return max(
        (bisect_left(ordered, at_ms + window_ms) - first for first, at_ms in enumerate(ordered)), default=0
    )


def floods(times_ms: Sequence[int], window_ms: int = WINDOW_MS) -> list[tuple[int, int]]:
    """Give the floods among `times_ms`, from the alarm that began each until few are left."""
    ordered = sorted(times_ms)
    # An alarm leaves the window before another at the same instant comes into it.
    steps = sorted([(at_ms, 1) for at_ms in ordered] + [(at_ms + window_ms, -1) for at_ms in ordered])
    found: list[tuple[int, int]] = []
    inside, began_ms = 0, -1
    for at_ms, change in steps:
        inside += change
        if began_ms < 0 and inside > FLOOD_MOST:
            began_ms = at_ms
        elif began_ms >= 0 and inside < FLOOD_END:
            found.append((began_ms, at_ms))
            began_ms = -1
    return found


def share_of_time(spans: Sequence[tuple[int, int]], begins_ms: int, ends_ms: int) -> float:
    """Give the share of the time from `begins_ms` to `ends_ms` that spans take up, which do not overlap."""
    inside = sum(max(0, min(end, ends_ms) - max(begin, begins_ms)) for begin, end in spans)
    return inside / (ends_ms - begins_ms)
