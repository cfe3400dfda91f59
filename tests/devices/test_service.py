from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.service import (
    ALL_DAY,
    DAY_MINUTES,
    ServiceWeek,
    day_span_ms,
    days_between,
    local_day,
    minutes_of_day,
    service_spans_ms,
)
from domain.instants import to_ms

NEW_YORK = "America/New_York"
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # clocks change there at 02:00
HOUR_MS = 3_600_000
MINUTES = st.integers(0, DAY_MINUTES)
WINDOWS = st.lists(MINUTES, min_size=2, max_size=8, unique=True).map(
    lambda ends: tuple(zip(*[iter(sorted(ends))] * 2, strict=False))
)
ZONES = st.sampled_from(
    [NEW_YORK, "Asia/Shanghai", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo"]
)
DAYS = st.dates(date(2015, 1, 1), date(2030, 1, 1))


def utc_ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


def spans(day: date, *windows: tuple[int, int], zone: str = NEW_YORK) -> list[tuple[int, int]]:
    return list(service_spans_ms(ServiceWeek((windows,) * 7), day, frozenset(), zone))


@pytest.mark.parametrize(
    ("day", "hours"),
    [(SPRING, 23), (AUTUMN, 25), (date(2026, 3, 9), 24)],
)
def test_a_day_is_as_long_as_clocks_make_it(day, hours):
    begin, end = day_span_ms(day, NEW_YORK)
    assert end - begin == hours * HOUR_MS
    assert spans(day, *ALL_DAY) == [(begin, end)]


def test_a_window_is_where_the_wall_clock_shows_it():
    assert spans(date(2026, 7, 1), (510, 1020)) == [(utc_ms("2026-07-01T12:30"), utc_ms("2026-07-01T21:00"))]


def test_an_hour_that_comes_twice_is_served_twice():
    assert spans(AUTUMN, (60, 120)) == [(utc_ms("2026-11-01T05:00"), utc_ms("2026-11-01T07:00"))]


def test_an_hour_that_clocks_leave_out_is_neither_served_nor_missed():
    assert spans(SPRING, (120, 180)) == []
    assert spans(SPRING, (135, 165)) == []
    assert spans(SPRING, (60, 150)) == [(utc_ms("2026-03-08T06:00"), utc_ms("2026-03-08T07:00"))]
    assert spans(SPRING, (150, 240)) == [(utc_ms("2026-03-08T07:00"), utc_ms("2026-03-08T08:00"))]


@given(day=DAYS, windows=WINDOWS, zone=ZONES)
def test_windows_stay_in_order_within_their_day(day, windows, zone):
    begin, end = day_span_ms(day, zone)
    found = spans(day, *windows, zone=zone)
    edges = [begin, *(edge for span in found for edge in span), end]
    assert edges == sorted(edges)
    assert all(first < last for first, last in found)


@given(day=DAYS, zone=ZONES)
def test_days_follow_one_another_without_gap_or_overlap(day, zone):
    days = [day + timedelta(days=offset) for offset in range(3)]
    for before, after in pairwise(days):
        assert day_span_ms(before, zone)[1] == day_span_ms(after, zone)[0]
    begin, end = day_span_ms(day, zone)
    assert (local_day(begin, zone), local_day(end - 1, zone)) == (day, day)
    assert list(days_between(begin, day_span_ms(days[2], zone)[1], zone)) == days


def test_a_holiday_has_its_own_windows_where_it_has_any():
    closed = ServiceWeek(holiday=())
    holiday = frozenset({SPRING})
    assert closed.on(SPRING, holiday) == ()
    assert closed.on(AUTUMN, holiday) == ALL_DAY
    assert ServiceWeek().on(SPRING, holiday) == ALL_DAY


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("08:30", 510), ("24:00", 1440)])
def test_a_time_of_day_is_read(text, minute):
    assert minutes_of_day(text) == minute


@pytest.mark.parametrize("text", ["8:30", "08:60", "24:01", "0830", "", "08:30:00", "٠٨:٣٠"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match="no time of day; write it as 08:30"):
        minutes_of_day(text)
