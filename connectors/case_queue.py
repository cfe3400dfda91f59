"""Sink: alerts into the desk's work queue."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from cases.policy import QueuePolicy
from cases.store import Store, open_store
from connectors.alarm_counts import AlarmCounter
from connectors.flood_counts import FloodCounter
from connectors.patience import patiently
from domain.alerts import Alert, Reached
from observability.metrics import Metrics


class Stamped(NamedTuple):
    """An alert with what the desk's clock said when it was raised, for measuring alone; of live runs."""

    alert: Alert
    raised_ms: int


Item = Alert | Reached | Stamped


class CaseQueueSink(FixedPartitionedSink[Item, None]):
    """Alerts, from items (key, Alert, Stamped or Reached), into the store at `url`, where they become cases.

    Alarms of devices are worked in the order of event time, up to what every one of `clocks` has reached:
    what becomes of them does not depend on how fast each worker was.

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

    def __init__(
        self,
        url: str,
        policy: QueuePolicy | None = None,
        metrics: Metrics | None = None,
        clocks: Iterable[str] = (),
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """Keep what it takes to open the store, which the worker that writes to it does.

        `clocks` are the sources of Reached that alarms wait for. `now_ms` is the desk's clock, from which on
        a case can be worked; without it, as in a replay, the event time of its alerts stands for it.
        """
        self._clocks = tuple(clocks)
        self._now_ms = now_ms
        self._url = url
        self._policy = policy or QueuePolicy()
        self._metrics = metrics or Metrics()

    def list_parts(self) -> list[str]:
        return ["cases"]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: None
    ) -> StatefulSinkPartition[Item, None]:
        patience = self._policy.store_patience
        store = patiently(lambda: open_store(self._url, policy=self._policy), patience)
        alarms = patiently(lambda: AlarmCounter(store, self._metrics), patience) if self._clocks else None
        floods = patiently(lambda: FloodCounter(store, self._metrics), patience)
        return _CaseQueuePartition(store, self._metrics, self._clocks, self._now_ms, alarms, floods)


class _CaseQueuePartition(StatefulSinkPartition[Item, None]):
    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        clocks: tuple[str, ...],
        now_ms: Callable[[], int] | None,
        alarms: AlarmCounter | None,
        floods: FloodCounter,
    ) -> None:
        self._alarms = alarms
        self._floods = floods
        self._now_ms = now_ms
        self._store = store
        self._metrics = metrics
        self._reached_ms = dict.fromkeys(clocks, 0)
        self._settled_ms = 0
        self._raised_ms: list[int] = []  # of the alerts of a batch, where that is known

    def write_batch(self, values: list[Item]) -> None:
        cards: list[Alert] = []
        alarms: list[Alert] = []
        for value in values:
            if isinstance(value, Stamped):
                value, raised_ms = value
                self._raised_ms.append(raised_ms)
            if isinstance(value, Reached):
                self._reached_ms[value.source] = max(value.at_ms, self._reached_ms[value.source])
            else:
                (cards if value.alarm is None else alarms).append(value)
        reached_ms = min(self._reached_ms.values(), default=0)
        if cards:
            now_ms = None if self._now_ms is None else self._now_ms()
            self._write(lambda: self._store.cases.take_in(cards, now_ms))
            self._floods.count()
        if alarms or reached_ms > self._settled_ms:
            self._write(lambda: self._store.alarms.take_in(alarms, reached_ms))
            self._settled_ms = reached_ms
            if self._alarms is not None:
                self._alarms.count()
        if self._now_ms is not None:
            self._tell_latency(self._now_ms())

    def _write(self, take_in: Callable[[], int]) -> None:
        metrics = self._metrics
        with metrics.store_seconds.time():
            new = patiently(
                take_in, self._store.policy.store_patience, on_wait=lambda: metrics.store_waiting.set(1)
            )
        metrics.store_waiting.set(0)
        metrics.alerts_stored.inc(new)

    def _tell_latency(self, kept_ms: int) -> None:
        for raised_ms in self._raised_ms:
            self._metrics.alert_to_queue.observe(max(0, kept_ms - raised_ms) / 1000)
        self._raised_ms.clear()

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._store.close()
