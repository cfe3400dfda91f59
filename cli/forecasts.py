"""Where the desk's forecast of alerts comes from: what was learnt from its own history."""

from collections.abc import Sequence

from domain.forecasts import QUARTER_MS, QuarterHour, quarter
from learning.alert_forecast import learn_alert_counts


def forecast_alerts(
    times_ms: Sequence[int], from_ms: int, to_ms: int, quarters: int
) -> tuple[QuarterHour, ...]:
    """Give the quarter-hours after `to_ms`; none before there is a whole one to learn from."""
    if not times_ms:
        return ()
    # Before the first alert nobody watched, which is not the same as no alerts.
    start_ms = max(from_ms, quarter(times_ms[0]) * QUARTER_MS)
    if quarter(to_ms) <= quarter(start_ms):
        return ()
    return learn_alert_counts(times_ms, start_ms, to_ms).forecast(quarters)
