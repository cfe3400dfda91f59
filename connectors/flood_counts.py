"""Tells, for the log and for Prometheus, that a detector's alerts were put into one case as a flood."""

import logging

from cases.store import Store
from observability.metrics import Metrics

log = logging.getLogger(__name__)


class FloodCounter:
    """Counts the floods of a store from now on; those that are there already were counted before."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        """Begin with what the store has."""
        self._store = store
        self._metrics = metrics
        self._before = store.cases.floods()

    def count(self) -> None:
        """Tell of the floods that began since the last time: one look-up by index."""
        now = self._store.cases.floods()
        for detector, floods in now.items():
            if new := floods - self._before.get(detector, 0):
                self._metrics.floods.labels(detector).inc(new)
                log.error(
                    "a detector gives too many alerts: they go into one case, and none is lost",
                    extra={"detector": detector, "floods": new},
                )
        self._before = now
