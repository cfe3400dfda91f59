"""The forecast of alerts: what it learns, what it says before it knows, and that it beats last week."""

import pytest

from benchmarks.forecast import counts, measure
from domain.forecasts import QUARTER_MS, WEEK_QUARTERS
from learning.alert_forecast import ForecastError, last_week, learn_alert_counts, learn_counts

MONDAY_MS = 1_772_409_600_000  # 2026-03-02T00:00Z
DAY = 96


def rhythm(weeks: int) -> list[int]:
    """Ten alerts a quarter-hour by day, none by night, and thirty by day on the last two days of a week."""
    day = [0] * (DAY // 2) + [10] * (DAY // 2)
    return (day * 5 + [3 * count for count in day] * 2) * weeks


def test_a_rhythm_of_day_and_week_is_learnt() -> None:
    forecast = learn_counts(0, rhythm(4)).forecast(WEEK_QUARTERS)
    middle = [forecast[day * DAY + 3 * DAY // 4].expected for day in range(7)]
    assert middle == pytest.approx([10] * 5 + [30] * 2, rel=0.05)
    assert all(forecast[day * DAY + DAY // 4].expected == 0 for day in range(7))


def test_a_busier_day_lifts_the_next_hours_and_is_forgotten() -> None:
    usual = learn_counts(0, rhythm(4)).forecast(5 * DAY)
    busy = learn_counts(0, [*rhythm(4), *(2 * count for count in rhythm(1)[:DAY])]).forecast(4 * DAY)
    tomorrow, later = busy[3 * DAY // 4], busy[3 * DAY + 3 * DAY // 4]
    assert tomorrow.expected > 1.3 * usual[DAY + 3 * DAY // 4].expected
    assert later.expected < 1.2 * usual[4 * DAY + 3 * DAY // 4].expected


def test_in_the_first_week_other_days_speak_for_a_day() -> None:
    forecast = learn_counts(0, rhythm(1)[: 2 * DAY]).forecast(DAY)
    assert forecast[3 * DAY // 4].expected == pytest.approx(10)
    assert forecast[DAY // 4].expected == 0
    (first,) = learn_counts(0, [4, 6]).forecast(1)
    assert first.expected == pytest.approx(5, abs=0.7)


def test_the_95th_percentile_lies_above_and_grows_with_the_spread() -> None:
    steady, wild = ([10] * 2000, [0, 20] * 1000)
    calm = learn_counts(0, steady).forecast(1)[0]
    storm = learn_counts(0, wild).forecast(1)[0]
    # Never below a Poisson's: 10 + 1.645 x sqrt(10)
    assert calm.high == pytest.approx(15.2, abs=0.1)
    assert storm.high > 20


def test_times_are_counted_by_whole_quarter_hours_also_where_there_are_none() -> None:
    times = [MONDAY_MS, MONDAY_MS + 1, MONDAY_MS + 3 * QUARTER_MS - 1]
    forecast = learn_alert_counts(times, MONDAY_MS, MONDAY_MS + 4 * QUARTER_MS + 5).forecast(2)
    assert [quarter.from_ms for quarter in forecast] == [
        MONDAY_MS + 4 * QUARTER_MS,
        MONDAY_MS + 5 * QUARTER_MS,
    ]
    by_hand = learn_counts(MONDAY_MS // QUARTER_MS, [2, 0, 1, 0]).forecast(2)
    assert forecast == by_hand


@pytest.mark.parametrize(
    ("times", "to_ms", "told"),
    [
        ([MONDAY_MS - 1], MONDAY_MS + QUARTER_MS, "2026-03-01T23:59:59.999Z lies outside"),
        ([MONDAY_MS + QUARTER_MS], MONDAY_MS + QUARTER_MS, "lies outside"),
        ([], MONDAY_MS + QUARTER_MS - 1, "one quarter-hour at least"),
    ],
)
def test_a_history_that_cannot_be_is_refused(times: list[int], to_ms: int, told: str) -> None:
    with pytest.raises(ForecastError, match=told):
        learn_alert_counts(times, MONDAY_MS, to_ms)


def test_last_week_takes_a_week() -> None:
    assert last_week(rhythm(2)[: WEEK_QUARTERS + DAY], 2) == rhythm(1)[DAY : DAY + 2]
    with pytest.raises(ForecastError, match="takes a week"):
        last_week([1] * (WEEK_QUARTERS - 1), 1)


def test_it_errs_less_than_last_week_and_holts_and_winters() -> None:
    errors = measure(counts(11, 3.0, 8))
    assert errors.ours < 0.85 * errors.last_week
    assert errors.ours < errors.holt_winters
    assert 0.92 < errors.within_high < 0.99
