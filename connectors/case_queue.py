"""Sink: alerts into the desk's work queue."""

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from cases.policy import QueuePolicy
from cases.store import Store, open_store
from connectors.patience import patiently
from domain.alerts import Alert
from observability.metrics import Metrics


class CaseQueueSink(FixedPartitionedSink[Alert, None]):
    """Alerts, from items (key, Alert), into the store at `url`, where they become cases.

    Unit of parallelism: none; one worker writes, since which alerts make one case is decided by one writer
    at a time.

    Guarantee: each alert takes effect once. A batch is one transaction, committed before the epoch can be;
    what comes again after a crash is known by its id and changes nothing, not even what an analyst did
    with it meanwhile.

    While another process holds the store, or the database is away, the flow stands still, which is the
    back-pressure, and goes on when it can. After the policy's `store_patience`, where there is one, StoreBusy
    ends the flow, and its supervisor begins again.

    Resumed: nothing; the store knows what it has.
    """

    def __init__(self, url: str, policy: QueuePolicy | None = None, metrics: Metrics | None = None) -> None:
        """Keep what it takes to open the store, which the worker that writes to it does."""
        self._url = url
        self._policy = policy or QueuePolicy()
        self._metrics = metrics or Metrics()

    def list_parts(self) -> list[str]:
        return ["cases"]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: None
    ) -> StatefulSinkPartition[Alert, None]:
        store = patiently(lambda: open_store(self._url, policy=self._policy), self._policy.store_patience)
        return _CaseQueuePartition(store, self._metrics)


class _CaseQueuePartition(StatefulSinkPartition[Alert, None]):
    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    def write_batch(self, values: list[Alert]) -> None:
        with self._metrics.store_seconds.time():
            new = patiently(lambda: self._store.cases.take_in(values), self._store.policy.store_patience)
        self._metrics.alerts_stored.inc(new)

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._store.close()
