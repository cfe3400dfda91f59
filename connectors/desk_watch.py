"""Asks the store how the desk stands, for the metrics, from a process that has nothing else to do with it."""

import logging

from cases.errors import StoreError
from cases.gauges import DeskGauges, read_gauges
from cases.store import Store, open_store

log = logging.getLogger(__name__)


class DeskWatch:
    """Opens the store at `url` when first asked, and again after it was away."""

    def __init__(self, url: str) -> None:
        """Keep the URL: a flow that has just been started makes the store only then."""
        self._url = url
        self._store: Store | None = None
        self._away = False

    def __call__(self) -> DeskGauges | None:
        """Read how the desk stands; None while the store cannot be read."""
        try:
            self._store = self._store or open_store(self._url, create=False, upgrade=False)
            gauges = read_gauges(self._store.db)
        except StoreError as error:
            if not self._away:
                log.warning("the metrics cannot tell how the desk stands: %s", error)
            self._away = True
            self._let_go()
            return None
        self._away = False
        return gauges

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
