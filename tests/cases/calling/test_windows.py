from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calling.windows import RestDays, Window, may_call, next_opening, on_another_hour, rest_days
from domain.instants import from_ms, span_ms, to_ms

SHANGHAI, BERLIN, NEW_YORK, LORD_HOWE = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
)
WEEKENDS = rest_days(None)
MEDIUM = Window(opens="08:00", closes="21:00", rest_day_opens="10:00")
SPAN_MS = span_ms(timedelta(days=400))


def at(zone: str, written: str, fold: int = 0) -> int:
    return to_ms(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone), fold=fold))


def test_at_three_in_the_morning_medium_waits_and_critical_dials() -> None:
    now_ms = at(SHANGHAI, "2026-03-06 03:00")
    assert may_call(now_ms, SHANGHAI, MEDIUM, WEEKENDS) == at(SHANGHAI, "2026-03-06 08:00")
    assert may_call(now_ms, SHANGHAI, None, WEEKENDS) is None


def test_it_is_the_customers_clock_that_counts() -> None:
    noon_in_shanghai = at(SHANGHAI, "2026-03-06 12:00")
    assert may_call(noon_in_shanghai, SHANGHAI, MEDIUM, WEEKENDS) is None
    assert may_call(noon_in_shanghai, NEW_YORK, MEDIUM, WEEKENDS) == at(NEW_YORK, "2026-03-06 08:00")


@pytest.mark.parametrize(
    ("written", "opens"),
    [
        ("2026-03-05 07:59", "2026-03-05 08:00"),
        ("2026-03-05 08:00", None),
        ("2026-03-05 20:59", None),
        ("2026-03-05 21:00", "2026-03-06 08:00"),
        ("2026-03-06 21:00", "2026-03-07 10:00"),  # a Saturday
        ("2026-03-07 09:59", "2026-03-07 10:00"),
        ("2026-03-08 21:00", "2026-03-09 08:00"),  # back to a Monday
    ],
)
def test_the_window_opens_and_closes_to_the_minute(written: str, opens: str | None) -> None:
    wanted = opens and at(SHANGHAI, opens)
    assert may_call(at(SHANGHAI, written), SHANGHAI, MEDIUM, WEEKENDS) == wanted


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        ("2026-03-28", 10),
        ("2026-10-24", 12),
        ("2026-06-06", 11),
    ],  # clocks forward, back, and an ordinary Sunday
)
def test_the_clock_on_the_wall_opens_the_window_when_the_clocks_change(night: str, hours: int) -> None:
    """The window closes at 23:00 and opens at 10:00 on Sunday: an hour sooner or later than usual."""
    window = Window(opens="08:00", closes="23:00", rest_day_opens="10:00")
    closed_ms = at(BERLIN, f"{night} 23:00")
    opens_ms = may_call(closed_ms, BERLIN, window, WEEKENDS)
    assert opens_ms == closed_ms + span_ms(timedelta(hours=hours))
    assert f"{from_ms(opens_ms).astimezone(ZoneInfo(BERLIN)):%H:%M}" == "10:00"


def test_an_opening_that_the_clocks_skip_comes_with_the_first_time_there_is() -> None:
    early = Window(opens="02:30", closes="22:00", rest_day_opens="02:30")
    opens_ms = may_call(at(BERLIN, "2026-03-29 01:59"), BERLIN, early, WEEKENDS)
    assert opens_ms == at(BERLIN, "2026-03-29 03:30")


def test_an_opening_that_comes_twice_opens_twice() -> None:
    early = Window(opens="02:30", closes="22:00", rest_day_opens="02:30")
    assert may_call(at(BERLIN, "2026-10-25 02:00"), BERLIN, early, WEEKENDS) == at(BERLIN, "2026-10-25 02:30")
    again_ms = at(BERLIN, "2026-10-25 02:15", fold=1)
    assert may_call(again_ms, BERLIN, early, WEEKENDS) == at(BERLIN, "2026-10-25 02:30", fold=1)


def test_a_holiday_begins_later_and_a_moved_working_day_does_not() -> None:
    china = rest_days("CN")
    spring_festival = at(SHANGHAI, "2026-02-17 08:30")
    assert may_call(spring_festival, SHANGHAI, MEDIUM, china) == at(SHANGHAI, "2026-02-17 10:00")
    assert may_call(spring_festival, SHANGHAI, MEDIUM, WEEKENDS) is None
    worked_saturday = at(SHANGHAI, "2026-02-28 08:30")
    assert may_call(worked_saturday, SHANGHAI, MEDIUM, china) is None
    assert may_call(worked_saturday, SHANGHAI, MEDIUM, WEEKENDS) is not None
    assert date(2030, 1, 1) in china


def test_a_country_without_a_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="no calendar for 'XX'"):
        RestDays("XX")


@pytest.mark.parametrize("given_", [{"opens": "21:00"}, {"rest_day_opens": "22:00"}, {"closes": "25:00"}])
def test_a_window_that_never_opens_is_refused(given_: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"opens before it closes|should match pattern"):
        Window(**given_)


@given(
    at_ms=st.integers(at("UTC", "2026-01-01 00:00"), at("UTC", "2026-01-01 00:00") + SPAN_MS),
    zone=st.sampled_from([SHANGHAI, BERLIN, NEW_YORK, LORD_HOWE, "Pacific/Apia", "Africa/Casablanca"]),
    hours=st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1]),
)
def test_what_may_be_called_is_what_the_wall_says(at_ms: int, zone: str, hours: tuple[int, int]) -> None:
    opens, closes = (f"{hour:02}:00" for hour in hours)
    window = Window(opens=opens, closes=closes, rest_day_opens=opens)
    answer = may_call(at_ms, zone, window, WEEKENDS)
    local = from_ms(at_ms).astimezone(ZoneInfo(zone))
    assert (answer is None) == (hours[0] <= local.hour < hours[1])
    if answer is not None:
        assert at_ms < answer <= at_ms + span_ms(timedelta(hours=26))
        assert may_call(answer, zone, window, WEEKENDS) is None
        # Nothing was open in between, to the half hour: nobody is kept waiting for no reason.
        step_ms = span_ms(timedelta(minutes=30))
        between = range(at_ms, answer, step_ms)
        assert all(may_call(each, zone, window, WEEKENDS) is not None for each in between)


def test_the_next_opening_is_never_now() -> None:
    opening_ms = at(SHANGHAI, "2026-03-05 08:00")
    assert next_opening(opening_ms, SHANGHAI, MEDIUM, WEEKENDS) == at(SHANGHAI, "2026-03-06 08:00")


def test_another_hour_falls_back_to_the_opening() -> None:
    narrow = Window(opens="18:00", closes="18:30", rest_day_opens="18:00")
    gaps = (timedelta(hours=27), timedelta(hours=21))
    last_ms = at(SHANGHAI, "2026-03-04 18:00")
    assert on_another_hour(last_ms, gaps, SHANGHAI, narrow, WEEKENDS) == at(SHANGHAI, "2026-03-05 18:00")
    assert on_another_hour(last_ms, gaps, SHANGHAI, None, WEEKENDS) == last_ms + span_ms(gaps[0])


def test_an_instant_is_an_instant_whatever_the_zone_of_who_asks() -> None:
    noon = datetime(2026, 3, 6, 4, tzinfo=UTC)
    assert may_call(to_ms(noon), SHANGHAI, MEDIUM, WEEKENDS) is None
