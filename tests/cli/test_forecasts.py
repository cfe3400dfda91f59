"""What the desk's forecast is made of: its own alerts, from the first one on."""

from cli.forecasts import forecast_alerts
from domain.forecasts import QUARTER_MS

NOW_MS = 1_000_000 * QUARTER_MS + 60_000


def test_quarter_hours_to_come_follow_the_history():
    times = [NOW_MS - ahead * QUARTER_MS for ahead in range(200, 0, -1)]
    coming = forecast_alerts(times, 0, NOW_MS, 4)
    assert [each.from_ms for each in coming] == [(1_000_000 + ahead) * QUARTER_MS for ahead in range(4)]
    assert all(0.5 < each.expected < 1.5 for each in coming)


def test_before_there_is_a_whole_quarter_hour_there_is_no_forecast():
    assert forecast_alerts([], 0, NOW_MS, 4) == ()
    assert forecast_alerts([NOW_MS - 1000], 0, NOW_MS, 4) == ()


def test_what_lies_before_the_first_alert_does_not_count_as_quiet():
    first = NOW_MS - 20 * QUARTER_MS
    busy = [first + quarter * QUARTER_MS for quarter in range(20) for _ in range(10)]
    assert forecast_alerts(busy, NOW_MS - 5000 * QUARTER_MS, NOW_MS, 1)[0].expected > 5
