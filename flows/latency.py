"""How long alerts take from what they are about, which only a live run can say."""

from collections.abc import Callable

from connectors.case_queue import Stamped
from domain.alerts import Alert, Reached
from observability.metrics import Metrics

Told = tuple[str, Alert | Reached]


class Timing:
    """Steps behind the detectors, which know no clock themselves; a replay has none of these."""

    def __init__(self, now_ms: Callable[[], int], metrics: Metrics) -> None:
        """Go by the desk's clock, `now_ms`."""
        self._now_ms = now_ms
        self._metrics = metrics

    def measure(self, item: Told) -> Told:
        """Tell how long it took from an alert's event to the alert, and pass it on."""
        _, told = item
        if isinstance(told, Alert):
            # A device's clock may be ahead of ours.
            took_ms = max(0, self._now_ms() - told.at_ms)
            self._metrics.event_to_alert.labels(told.detector).observe(took_ms / 1000)
        return item

    def stamp(self, item: Told) -> tuple[str, Stamped | Reached]:
        """Note on an alert when it was raised."""
        bucket, told = item
        return bucket, Stamped(told, self._now_ms()) if isinstance(told, Alert) else told
