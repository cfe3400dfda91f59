"""What the processes beside a flow tell: its supervisor, and the sweep of the desk."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge

from observability.described import MetricSet


class SupervisorMetrics(MetricSet):
    """The metrics of a supervisor."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self.restarts = self._add(
            Counter, "restarts_total", "Times the supervisor started the flow again after it had failed."
        )


class SweepMetrics(MetricSet):
    """The metrics of `riskdesk queue sweep --follow`."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self.swept_at = self._add(
            Gauge, "sweep_timestamp_seconds", "When the last sweep ended, in seconds since 1970."
        )
        self.swept = self._add(
            Counter, "swept_total", "What sweeps did by themselves with tasks and cases.", "what"
        )

    def count(self, done: Mapping[str, int], now_ms: int) -> None:
        """Note that a sweep ended at `now_ms`, and how often it did what."""
        self.swept_at.set(now_ms / 1000)
        for what, times in done.items():
            self.swept.labels(what).inc(times)
