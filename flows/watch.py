"""The keyed step: all detectors of a scope run fused over the keys of one bucket."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from bytewax.operators import StatefulBatchLogic
from msgspec.structs import replace

from detectors.base import EVERY_USE
from domain.alerts import Alert, Reached
from domain.events import Transaction
from domain.findings import Finding
from flows.alerting import alert_on, alert_on_silence
from flows.cells import LATEST, STATES, Cell, Cells, last_ids, relaid
from flows.exchange import EventBatch, Watched
from flows.hot import Stepper
from flows.ordering import Merger, held_back
from flows.plan import ScopePlan, Steps, Watcher
from flows.silence import Silence
from flows.snapshots import SNAPSHOT_FORMAT, Snapshot, current
from flows.state_size import StateSize
from flows.warm_file import History
from observability.metrics import Metrics

log = logging.getLogger(__name__)

# Any time that is past: whoever asks to be woken then is woken at once.
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


class BucketWatch(StatefulBatchLogic[EventBatch, Alert | Reached, Snapshot | None]):
    """Runs the scope's detectors over one bucket; the engine owns it, saves it and hands it back.

    What it says is a function of the ordered events of its logs alone: never of the clock, of how they
    were cut into blocks, or of how often it was saved and resumed.
    """

    def __init__(
        self,
        plan: ScopePlan,
        partitions: tuple[str, ...],
        metrics: Metrics,
        *,
        saves: bool,
        saved: Snapshot | None,
        history: History | None = None,
    ) -> None:
        """Start empty, or from what `snapshot` gave; `saves` is whether anyone keeps snapshots.

        What it has no memory of itself it takes from `history`.
        """
        _, layout, latest_ms, packed, order, due, due_under = current(saved)
        cells = msgspec.msgpack.decode(packed, type=dict[str, bytes]) if packed else {}
        self._plan = plan
        self._metrics = metrics
        self._saves = saves
        self._latest_ms = latest_ms
        self._size = StateSize(plan, metrics)
        unseen = _unknown if history is None else history.cell
        self._cells = Cells(plan, relaid(cells, layout, plan, unseen), unseen)
        self._merger = None if plan.by_log else Merger(partitions, order, plan.lateness_ms)
        # What was held back for an order that nobody asks for any more.
        self._order = order if plan.by_log else None
        self._silence = Silence(due) if plan.notices_silence else None
        # Keys that are due in the past, with when that became known.
        self._late_ms: dict[str, int] = {}
        # Of transactions by channel and type: most detectors want but some.
        steps_of_use: dict[str, dict[str, Steps]] = {}
        for channel, type_ in EVERY_USE if Transaction in plan.reads else ():
            steps = plan.steps(STATES, Transaction, (channel, type_))
            steps_of_use.setdefault(channel, {})[type_] = steps
        self._step = Stepper(
            plan.scope.value,
            plan.memory_ms,
            steps_of_use,
            {kind: plan.steps(STATES, kind) for kind in plan.reads - {Transaction}},
            self._cells.wake,
            self._cells.start,
            last_ids,
            self._tell,
            self._tell_failure,
        )
        # Those that notice silence, with their place in a cell.
        self._wakeful = tuple(
            (index, watcher)
            for index, watcher in enumerate(plan.watchers, start=STATES)
            if watcher.notices_silence
        )
        anew = saved is None or due_under != plan.wakes_under
        if self._silence is not None and saved is not None and anew:
            self._set_anew(self._silence)
        # Until the first batch says which bucket this is.
        self._history = history if anew else None

    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[Alert | Reached], bool]:
        alerts: list[Alert] = []
        self._catch_up(alerts)
        for batch in values:
            if self._history is not None:
                self._remember(self._history, batch)
            if self._merger is None:
                orders, events, reached_ms = batch.orders or [], batch.events, batch.high_ms
            else:
                held = self._merger.take(batch)
                orders, events = [order for order, _ in held], [event for _, event in held]
                reached_ms = self._merger.reached_ms
            if self._silence is not None:
                self._watch_silence(self._silence, events, orders, reached_ms, alerts)
            elif events:
                self._watch(events, alerts)
        if alerts:
            self._metrics.count_alerts(alerts)
        if self._merger is not None and self._plan.tells_time:
            return [*alerts, _reached(self._merger)], False
        return alerts, False

    def on_eof(self) -> tuple[Iterable[Alert], bool]:
        return (), False

    def on_notify(self) -> tuple[Iterable[Alert], bool]:
        alerts: list[Alert] = []
        self._catch_up(alerts)
        self._metrics.count_alerts(alerts)
        return alerts, False

    def notify_at(self) -> datetime | None:
        # Their log may have nothing more to say, so that no batch would ever bring them out.
        return None if self._order is None else _AT_ONCE

    def snapshot(self) -> Snapshot | None:
        # The engine asks at every epoch, also when nobody keeps the answer.
        if not self._saves:
            self._cells.rest(self._latest_ms)
            self._size.tell(self._cells)
            return None
        with self._metrics.snapshot_seconds.time():
            snapshot = self._pack()
        self._metrics.snapshot_bytes.inc(len(snapshot[3]))
        self._size.tell_saved(self._cells, len(snapshot[3]))
        return snapshot

    def _pack(self) -> Snapshot:
        layout = [(watcher.name, watcher.detector.state_version) for watcher in self._plan.watchers]
        packed = msgspec.msgpack.encode(self._cells.save(self._latest_ms))
        order = self._order if self._merger is None else self._merger.dump()
        due = None if self._silence is None else self._silence.dump()
        return SNAPSHOT_FORMAT, layout, self._latest_ms, packed, order, due, self._plan.wakes_under

    def _catch_up(self, alerts: list[Alert]) -> None:
        """Watch what an earlier run held back, where this one holds nothing back."""
        if self._order is None:
            return
        held, self._order = held_back(self._order), None
        events = [event for _, event in held]
        if self._silence is None or not held:
            self._watch(events, alerts)
        else:
            orders = [order for order, _ in held]
            self._watch_silence(self._silence, events, orders, orders[-1], alerts)

    def _set_anew(self, silence: Silence) -> None:
        """Work out when each key is due, since other detectors or parameters decide it now."""
        for key in tuple(self._cells.packed):
            cell = self._cells.wake(key, 0)
            fresh = self._latest_ms - cell[LATEST] <= self._plan.memory_ms
            due_ms = self._due(cell) if fresh else None
            silence.set(key, due_ms)
            if due_ms is not None and due_ms < silence.reached_ms:
                self._late_ms[key] = silence.reached_ms

    def _remember(self, history: History, batch: EventBatch) -> None:
        """Take from history which keys are due that may never be heard of again."""
        self._history = None
        if not self._latest_ms:
            history.begin(batch.events[0].at_ms if batch.events else batch.high_ms)
        if self._silence is None:
            return
        for key, due_ms in history.due(batch.bucket):
            if key not in self._cells:
                self._silence.set(key, due_ms)
                if due_ms < self._silence.reached_ms:
                    self._late_ms[key] = self._silence.reached_ms

    def _watch(self, events: list[Watched], alerts: list[Alert]) -> None:
        self._latest_ms, repeats, late = self._step(events, self._cells.live, self._latest_ms, alerts)
        if repeats:
            self._metrics.repeats.labels(self._plan.scope.value).inc(repeats)
        if late:
            self._metrics.late.labels(self._plan.scope.value).inc(late)

    def _tell(
        self, alerts: list[Alert], watcher: Watcher, key: str, found: tuple[Finding, ...], event: Watched
    ) -> None:
        alerts += [alert_on(watcher, self._plan.scope.value, key, finding, event) for finding in found]

    def _watch_silence(
        self,
        silence: Silence,
        events: list[Watched],
        orders: list[int],
        reached_ms: int,
        alerts: list[Alert],
    ) -> None:
        # Where in the order a late event made a key due that should have been earlier.
        late_ms, self._late_ms = self._late_ms, {}
        for order_ms, event in zip(orders, events, strict=True):
            if not silence.none_before(order_ms):
                self._expire(silence, order_ms, late_ms, alerts)
            before = len(alerts)
            self._watch([event], alerts)
            if order_ms > event.at_ms:
                alerts[before:] = [replace(alert, told_ms=order_ms) for alert in alerts[before:]]
            key = self._plan.key_of(event)
            due_ms = self._due(self._cells.live[key])
            if due_ms is not None and due_ms < order_ms:
                late_ms[key] = order_ms
            silence.set(key, due_ms)
        self._expire(silence, reached_ms, late_ms, alerts)

    def _expire(self, silence: Silence, until_ms: int, late_ms: dict[str, int], alerts: list[Alert]) -> None:
        scope = self._plan.scope.value
        for at_ms, key in silence.before(until_ms):
            cell = self._cells.live.get(key) or self._cells.wake(key, at_ms)
            if self._latest_ms - cell[LATEST] > self._plan.memory_ms:
                # It may have been swept already: what is so old is never told of, in either case.
                cell = self._cells.start(key, at_ms)
            for index, watcher in self._wakeful:
                if cell[index] is None:
                    continue
                try:
                    due_ms = watcher.detector.due(cell[index])
                    if due_ms is None or due_ms > at_ms:
                        continue
                    found = watcher.detector.expire(cell[index], at_ms)
                except Exception as error:
                    self._tell_failure(watcher, error)
                    continue
                told_ms = max(at_ms, late_ms.get(key, 0))
                alerts += [
                    alert_on_silence(watcher, scope, key, finding, at_ms, told_ms) for finding in found
                ]
            # A detector that is still due has had its turn, or it would have it again for ever.
            silence.set(key, self._due(cell, after_ms=at_ms))

    def _due(self, cell: Cell, after_ms: int = -1) -> int | None:
        earliest_ms = None
        for index, watcher in self._wakeful:
            if cell[index] is None:
                continue
            try:
                due_ms = watcher.detector.due(cell[index])
            except Exception as error:
                self._tell_failure(watcher, error)
                continue
            if due_ms is not None and due_ms > after_ms and (earliest_ms is None or due_ms < earliest_ms):
                earliest_ms = due_ms
        return earliest_ms

    def _tell_failure(self, watcher: Watcher, error: Exception) -> None:
        # One detector's fault must not stop the others: loud, counted, and the event goes on.
        self._metrics.detector_errors.labels(watcher.name).inc()
        log.error("detector failed", exc_info=error, extra={"detector": watcher.name})


def _unknown(key: str) -> None:
    del key


def _reached(merger: Merger) -> Reached:
    """Say up to when all was told; the bucket's name is added where it is known."""
    # What happens in the very millisecond that open logs have reached may still come.
    return Reached("", merger.reached_ms - (merger.bound_ms is not None))
