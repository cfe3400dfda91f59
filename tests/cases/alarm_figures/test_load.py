"""Rates, peaks, busy spans and floods, against what was counted by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.alarm_figures.load import DAY_MS, HOUR_MS, TEN_MINUTES_MS, Span, floods, load, most_within
from cases.kpi.values import Ratio

MINUTE_MS = 60_000
TIMES = st.lists(st.integers(0, 3 * HOUR_MS), max_size=80).map(sorted)


def at(*minutes: float) -> list[int]:
    return [round(minute * MINUTE_MS) for minute in minutes]


def flooded(times_ms: Sequence[int], until: float) -> list[tuple[float, float]]:
    spans = floods(times_ms, round(until * MINUTE_MS))
    return [(begin / MINUTE_MS, end / MINUTE_MS) for begin, end in spans]


def test_an_average_never_stands_without_its_peak() -> None:
    # Two hours: 3 alarms in the first minutes, 2 around the full hour, 1 at the very end.
    found = load(at(0, 1, 2, 59, 60, 119), 0, 2 * HOUR_MS)
    assert (found.per_hour.average, found.per_day.average, found.per_ten_minutes.average) == (3, 72, 0.5)
    # 59 and 60 fall into two hours of the clock, 119 into the hour that begins with 60; 0 to 59 are 4.
    assert (found.per_hour.peak, found.per_hour.peak_from_ms) == (4, 0)
    assert (found.per_ten_minutes.peak, found.per_day.peak) == (3, 6)


def test_the_period_and_its_spans_are_half_open() -> None:
    found = load(at(-1, 0, 60), 0, HOUR_MS)
    assert found.count == 1
    assert most_within(at(0, 10), TEN_MINUTES_MS) == (1, 0)
    assert most_within([0, TEN_MINUTES_MS - 1], TEN_MINUTES_MS) == (2, 0)


def test_a_span_is_busy_beyond_the_limit_only_and_the_last_may_be_shorter() -> None:
    # 30 in the first hour, 31 in the second, and a third that lasts half an hour.
    times_ms = [*range(0, 30 * MINUTE_MS, MINUTE_MS), *range(HOUR_MS, HOUR_MS + 31_000, 1000)]
    found = load(times_ms, 0, 2 * HOUR_MS + 30 * MINUTE_MS)
    assert found.busy_hours == Ratio(1, 3)
    # Ten a period in the first half hour are not too many; 31 at the start of the second hour are.
    assert found.busy_ten_minutes == Ratio(1, 15)


def test_a_flood_begins_with_the_eleventh_in_ten_minutes_and_ends_when_fewer_than_five_are_left() -> None:
    # One every half minute from 0 to 5: the eleventh comes at 5. They leave from 10 on, and the seventh
    # of them, at 3, leaves 4 behind it when it leaves at 13.
    assert flooded(at(*(half / 2 for half in range(11))), 60) == [(5, 13)]


def test_ten_in_ten_minutes_are_no_flood() -> None:
    assert flooded(at(*range(10)), 60) == []
    assert flooded(at(*range(11)), 60) == []  # the first has left when the eleventh comes


def test_a_flood_goes_on_while_five_are_left() -> None:
    # At 10 the eleven leave and 5 stay, at 11 comes one more, at 12 and 14 the oldest leave: 5, then 4.
    assert flooded(at(*[0] * 11, 2, 4, 6, 8, 9, 11), 60) == [(0, 14)]


def test_a_flood_that_goes_on_ends_with_what_is_known() -> None:
    assert flooded(at(*[0] * 11), 4) == [(0, 4)]


def test_a_flood_that_began_before_the_period_counts_from_its_start() -> None:
    found = load(at(*[-5] * 11), 0, HOUR_MS)
    assert found.floods == (Span(0, 5 * MINUTE_MS),)
    assert found.flood_share == Ratio(5 * MINUTE_MS, HOUR_MS)
    assert found.count == 0


def test_a_quiet_period_is_quiet() -> None:
    found = load([], 0, DAY_MS)
    assert (found.count, found.per_day.peak, found.per_day.peak_from_ms, found.floods) == (0, 0, None, ())
    assert found.busy_hours == Ratio(0, 24)


@given(TIMES, st.sampled_from([TEN_MINUTES_MS, HOUR_MS]))
def test_a_peak_is_the_most_that_any_window_holds(times_ms: list[int], span_ms: int) -> None:
    most = max((sum(begin <= at_ms < begin + span_ms for at_ms in times_ms) for begin in times_ms), default=0)
    assert most_within(times_ms, span_ms)[0] == most


@given(TIMES)
def test_a_flood_is_what_looking_at_every_moment_finds(times_ms: list[int]) -> None:
    """Go through every moment at which the count of the last ten minutes changes."""
    until_ms = 4 * HOUR_MS
    flooding, expected = None, []
    for moment in sorted({*times_ms, *(at_ms + TEN_MINUTES_MS for at_ms in times_ms)}):
        # Of one moment, what leaves comes before what arrives.
        staying = [at_ms for at_ms in times_ms if moment - TEN_MINUTES_MS < at_ms < moment]
        if flooding is not None and len(staying) < 5:
            expected.append(Span(flooding, moment))
            flooding = None
        arrived = len(staying) + times_ms.count(moment)
        if flooding is None and arrived > 10:
            flooding = moment
    assert list(floods(times_ms, until_ms)) == expected


@pytest.mark.parametrize("length_ms", [1, MINUTE_MS, DAY_MS])
def test_every_period_has_at_least_one_span(length_ms: int) -> None:
    assert load([], 0, length_ms).busy_hours.denominator >= 1
