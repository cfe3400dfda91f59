"""Port: how many alerts the coming quarter-hours bring, learnt from when they came."""

from collections.abc import Sequence
from typing import Protocol

from domain.forecasts import QuarterHour


class Forecast(Protocol):
    """Learns from the times of all alerts in [from_ms, to_ms) and gives the quarter-hours that follow."""

    def __call__(
        self, times_ms: Sequence[int], from_ms: int, to_ms: int, quarters: int
    ) -> tuple[QuarterHour, ...]:
        """Give so many `quarters`; none where nothing can be learnt."""


def no_forecast(times_ms: Sequence[int], from_ms: int, to_ms: int, quarters: int) -> tuple[QuarterHour, ...]:
    """Forecast nothing."""
    del times_ms, from_ms, to_ms, quarters
    return ()
