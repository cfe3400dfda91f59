"""Peaks and floods of what the desk is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.device_floods import floods, most_at_a_time, share_of_time

MINUTE_MS = 60_000


def minutes(*times: float) -> list[int]:
    return [round(at * MINUTE_MS) for at in times]


def test_the_end_of_the_window_is_outside() -> None:
    assert most_at_a_time(minutes(0, 5, 9.999)) == 3
    assert most_at_a_time(minutes(0, 5, 10)) == 2
    assert most_at_a_time([]) == 0


@given(st.lists(st.integers(min_value=0, max_value=3_000_000), max_size=30))
def test_no_window_that_begins_anywhere_holds_more(times_ms: list[int]) -> None:
    most = max(
        (sum(begin <= at < begin + 600_000 for at in times_ms) for begin in range(-600_000, 3_000_001, 997)),
        default=0,
    )
    assert most_at_a_time(times_ms) >= most


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are_one() -> None:
    assert floods(minutes(*range(10))) == []
    begin, end = floods(minutes(*(0.5 * each for each in range(11))))[0]
    # The eleventh comes after five minutes; with the seventh of them gone, at 13 minutes, four are left.
    assert (begin, end) == (5 * MINUTE_MS, 13 * MINUTE_MS)


def test_alarms_that_keep_coming_make_one_long_flood() -> None:
    assert floods(minutes(*range(60))) == []  # one a minute: ten at most in any ten minutes
    assert len(floods(minutes(*(0.8 * each for each in range(60))))) == 1


@pytest.mark.parametrize(
    ("spans", "share"),
    [([], 0.0), ([(0, 10)], 0.1), ([(-50, 10), (90, 500)], 0.2), ([(-10, 0), (100, 110)], 0.0)],
)
def test_time_outside_does_not_count(spans: list[tuple[int, int]], share: float) -> None:
    assert share_of_time(spans, 0, 100) == share
