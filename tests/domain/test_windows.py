"""Windows against an oracle that looks at every event, under every convention."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.windows import Boundary, count_inside, expire, inside, put, reach_ms, windows_holding

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Few and small values, so that edges are hit.
TIMES = st.lists(st.integers(0, 30), min_size=1, max_size=12).map(sorted)
WINDOW_MS = st.integers(1, 12)
BOUNDARY = st.sampled_from(get_args(Boundary))


def naively_inside(
    times: list[int], current: int, window_ms: int, boundary: Boundary, include_current: bool
) -> list[int]:
    """Compare dates and times one by one, as the definitions are written."""
    at = [EPOCH + timedelta(milliseconds=time) for time in times]
    end, start = at[current], at[current] - timedelta(milliseconds=window_ms)
    held = {
        "end": lambda time: start < time <= end,
        "both": lambda time: start <= time <= end,
        "start": lambda time: start <= time < end,
        "neither": lambda time: start < time < end,
    }[boundary]
    return [index for index, time in enumerate(at) if (include_current if index == current else held(time))]


@given(times=TIMES, data=st.data(), window_ms=WINDOW_MS, boundary=BOUNDARY, include_current=st.booleans())
def test_a_window_holds_what_its_definition_says(
    times: list[int], data: st.DataObject, window_ms: int, boundary: Boundary, include_current: bool
) -> None:
    current = data.draw(st.integers(0, len(times) - 1))
    expected = naively_inside(times, current, window_ms, boundary, include_current)
    assert inside(times, current, window_ms, boundary, include_current) == expected
    assert count_inside(times, current, window_ms, boundary, include_current) == len(expected)


@given(times=TIMES, data=st.data(), window_ms=WINDOW_MS, boundary=BOUNDARY)
def test_only_windows_that_may_hold_an_event_are_touched_by_it(
    times: list[int], data: st.DataObject, window_ms: int, boundary: Boundary
) -> None:
    position = data.draw(st.integers(0, len(times) - 1))
    touched = windows_holding(times, position, window_ms, boundary)
    assert position in touched
    for current in range(position + 1, len(times)):
        if position in naively_inside(times, current, window_ms, boundary, True):
            assert current in touched


@given(times=st.lists(st.integers(0, 30), max_size=12))
def test_times_that_come_in_any_order_lie_in_order(times: list[int]) -> None:
    kept: list[int] = []
    for time in times:
        position = put(kept, time)
        assert kept[position] == time
        assert all(other > time for other in kept[position + 1 :])
    assert kept == sorted(times)


@given(times=TIMES, oldest_ms=st.integers(-1, 31))
def test_what_is_older_goes(times: list[int], oldest_ms: int) -> None:
    kept = times.copy()
    gone = expire(kept, oldest_ms)
    assert kept == [time for time in times if time >= oldest_ms]
    assert gone == len(times) - len(kept)


@pytest.mark.parametrize(
    ("boundary", "include_current", "held"),
    [
        ("end", True, [1, 2, 3, 4]),  # (0, 10]
        ("both", True, [0, 1, 2, 3, 4]),  # [0, 10]
        ("start", True, [0, 1, 2, 4]),  # [0, 10) and the current event itself
        ("neither", True, [1, 2, 4]),  # (0, 10) and the current event itself
        ("end", False, [1, 2, 3]),
        ("start", False, [0, 1, 2]),
    ],
)
def test_the_four_conventions_on_one_list(boundary: Boundary, include_current: bool, held: list[int]) -> None:
    times = [0, 1, 9, 10, 10]
    assert inside(times, 4, 10, boundary, include_current) == held


def test_an_open_edge_is_one_millisecond_shorter() -> None:
    assert [reach_ms(1000, boundary) for boundary in get_args(Boundary)] == [999, 1000, 1000, 999]
