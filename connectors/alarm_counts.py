"""Counts for Prometheus what the store makes of alarms."""

from cases.store import Store
from observability.metrics import Metrics


class AlarmCounter:
    """Counts what happens to a store's alarms from now on; what is there already was counted before."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        """Begin with what the store has."""
        self._store = store
        self._metrics = metrics
        self._last = store.alarm_figures.tally(None).last

    def count(self) -> None:
        """Add what happened since the last time: two look-ups by index and a count of what is live."""
        found = self._store.alarm_figures.tally(self._last)
        self._metrics.count_alarms(found)
        self._last = found.last
