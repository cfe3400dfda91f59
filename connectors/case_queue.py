"""Sink: alerts into the desk's work queue."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from cases.errors import StoreBusy
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from domain.alerts import Alert
from observability.metrics import Metrics

T = TypeVar("T")

log = logging.getLogger(__name__)

# Beside the 15 s that the store itself waits for each turn.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4, 8))


class CaseQueueSink(FixedPartitionedSink[Alert, None]):
    """Alerts, from items (key, Alert), into the store at `url`, where they become cases.

    Unit of parallelism: none; one worker holds the one connection that writes, as a SQLite store has one
    writer anyway.

    Guarantee: each alert takes effect once. A batch is one transaction, committed before the epoch can be;
    what comes again after a crash is known by its id and changes nothing, not even what an analyst did
    with it meanwhile.

    While another process holds the store the flow stands still, which is the back-pressure; when it does
    not let go after the last of `pauses`, StoreBusy ends the flow, and its supervisor begins again.

    Resumed: nothing; the store knows what it has.
    """

    def __init__(
        self,
        url: str,
        policy: QueuePolicy | None = None,
        metrics: Metrics | None = None,
        *,
        pauses: Sequence[timedelta] = _PAUSES,
    ) -> None:
        """Keep what it takes to open the store, which the worker that writes to it does."""
        self._url = url
        self._policy = policy or QueuePolicy()
        self._metrics = metrics or Metrics()
        self._pauses = tuple(pauses)

    def list_parts(self) -> list[str]:
        return ["cases"]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: None
    ) -> StatefulSinkPartition[Alert, None]:
        store = patiently(
            lambda: open_store(self._url, grouping=self._policy.grouping, ranking=self._policy.ranking),
            self._pauses,
        )
        return _CaseQueuePartition(store, self._metrics, self._pauses)


class _CaseQueuePartition(StatefulSinkPartition[Alert, None]):
    def __init__(self, store: Store, metrics: Metrics, pauses: Sequence[timedelta]) -> None:
        self._store = store
        self._metrics = metrics
        self._pauses = pauses

    def write_batch(self, values: list[Alert]) -> None:
        with self._metrics.store_seconds.time():
            new = patiently(lambda: self._store.cases.take_in(values), self._pauses)
        self._metrics.alerts_stored.inc(new)

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._store.close()


def patiently(action: Callable[[], T], pauses: Sequence[timedelta] = _PAUSES) -> T:
    """Do `action`, and once more after each of `pauses` while the store is busy.

    Raises StoreBusy when it is busy even then.
    """
    for pause in pauses:
        try:
            return action()
        except StoreBusy as busy:
            log.warning("%s; next try in %.1f s", busy, pause.total_seconds())
            time.sleep(pause.total_seconds())
    return action()
