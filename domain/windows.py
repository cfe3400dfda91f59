"""Sliding windows over event times, with every convention that others leave unsaid as a parameter.

Times are sorted lists of whole milliseconds, so an edge that does not count is one millisecond away from
one that does. A window belongs to an event, the current one, and ends at its time:

- `boundary`: which edges of the window count, that is, whether another event exactly on the edge is inside.
- `include_current`: whether the current event counts in its own window, whatever the boundary says.
- `count_declined`: whether declined uses are put into the list at all; the detector leaves them out.
- `stddev`: which standard deviation is taken of the values inside.

An event that arrives late is put into its place in time. It can then fill its own window, and also those
of the newer events that reach back to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal

# end: (t-W, t]   both: [t-W, t]   start: [t-W, t)   neither: (t-W, t)
Boundary = Literal["end", "both", "start", "neither"]
Stddev = Literal["population", "sample"]


def reach_ms(window_ms: int, boundary: Boundary) -> int:
    """Give how far back from its end a window still counts, in ms."""
    return window_ms if boundary in ("both", "start") else window_ms - 1


def end_counts(boundary: Boundary) -> bool:
    """Say whether other events exactly at the window's end are inside."""
    return boundary in ("end", "both")


def count_inside(
    times: Sequence[int], current: int, window_ms: int, boundary: Boundary, include_current: bool
) -> int:
    """Give how many events the window of the event at position `current` holds."""
    first, end = _edges(times, times[current], window_ms, boundary)
    return end - first - (first <= current < end) + include_current


def inside(
    times: Sequence[int], current: int, window_ms: int, boundary: Boundary, include_current: bool
) -> list[int]:
    """Give the positions, in order, of the events in the window of the event at position `current`."""
    first, end = _edges(times, times[current], window_ms, boundary)
    positions = [position for position in range(first, end) if position != current]
    if include_current:
        positions.insert(bisect_left(positions, current), current)
    return positions


def windows_holding(times: Sequence[int], position: int, window_ms: int, boundary: Boundary) -> range:
    """Give the positions of the events whose windows the event at `position` may have changed.

    These are itself and whatever is newer, or as old, and reaches back to it: for the newest event it
    is that event alone.
    """
    at_ms = times[position]
    return range(position, bisect_right(times, at_ms + reach_ms(window_ms, boundary)))


def put(times: list[int], at_ms: int) -> int:
    """Put a time into the sorted list, behind equal ones, and give its position."""
    position = bisect_right(times, at_ms)
    times.insert(position, at_ms)
    return position


def expire(times: list[int], oldest_ms: int) -> int:
    """Drop the times before `oldest_ms` and give how many they were."""
    gone = bisect_left(times, oldest_ms)
    if gone:
        del times[:gone]
    return gone


def _edges(times: Sequence[int], end_ms: int, window_ms: int, boundary: Boundary) -> tuple[int, int]:
    first = bisect_left(times, end_ms - reach_ms(window_ms, boundary))
    return first, bisect_right(times, end_ms) if end_counts(boundary) else bisect_left(times, end_ms)
