"""Small detectors whose every word can be foretold, plans of them, and the buckets of a scope by hand."""

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar
from zlib import crc32

from hypothesis import strategies as st

from detectors.base import Detector, Scope
from domain.alerts import Alert, Reached
from domain.events import CardIssued, Event, Progress, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import from_ms
from flows.exchange import EventBatch, Exchange
from flows.plan import BUCKETS, ScopePlan, Watcher
from flows.snapshots import Snapshot
from flows.warm_file import History
from flows.watch import BucketWatch
from observability.metrics import Metrics

START_MS = 1_772_416_800_000
MINUTE_MS = 60_000


def minute_ms(minute: float) -> int:
    return START_MS + round(minute * MINUTE_MS)


def mark(minute: float) -> Progress:
    return Progress(at=from_ms(minute_ms(minute)), at_ms=minute_ms(minute))


def use(event_id: str, minute: float, key: str = "k", **fields: Any) -> Transaction:
    """Make a use of a card, at a terminal of the same name."""
    at_ms = minute_ms(minute)
    common: dict[str, Any] = {"amount_minor": 500, "currency": "EUR", "channel": "pos"}
    common |= {"card": key, "terminal": key, "at": from_ms(at_ms), "at_ms": at_ms}
    return Transaction(event_id=event_id, **(common | fields))


def found(**evidence: Any) -> tuple[Finding, ...]:
    return (Finding(reason="foretold", probability=0.5, evidence=evidence),)


@dataclass(frozen=True, kw_only=True)
class Counting(Detector[Any, list[int]]):
    """Tells at every event how many the key has had; forgets nothing by itself."""

    reads: ClassVar[tuple[type, ...]] = (Transaction, CardIssued)
    severity = Severity.LOW
    prior = 0.5
    scope: Scope = Scope.CARD
    remembers: timedelta = timedelta(minutes=60)

    def start(self) -> list[int]:
        return [0]

    def step(self, state: list[int], event: Any) -> tuple[Finding, ...]:
        state[0] += 1
        return found(seen=state[0])

    def dump(self, state: list[int]) -> tuple[Any, ...]:
        return tuple(state)

    def load(self, dumped: list[Any], state_version: int) -> list[int]:
        return list(dumped)

    @property
    def memory(self) -> timedelta:
        return self.remembers


@dataclass(frozen=True, kw_only=True)
class Failing(Counting):
    """Counts too, and fails at an amount of 13, quoting the card as a careless author would."""

    def step(self, state: list[int], event: Any) -> tuple[Finding, ...]:
        if event.amount_minor == 13:
            raise ValueError(f"unlucky card {event.card}")
        return super().step(state, event)


@dataclass(frozen=True, kw_only=True)
class NoticingSilence(Counting):
    """Says once when a key was silent for ten minutes; its state is the latest time, -1 when that is told."""

    wait: timedelta = timedelta(minutes=10)

    def start(self) -> list[int]:
        return [-1]

    def step(self, state: list[int], event: Any) -> tuple[Finding, ...]:
        state[0] = max(state[0], event.at_ms)
        return QUIET

    def due(self, state: list[int]) -> int | None:
        return None if state[0] < 0 else state[0] + self.wait // timedelta(milliseconds=1)

    def expire(self, state: list[int], at_ms: int) -> tuple[Finding, ...]:
        since_ms, state[0] = state[0], -1
        return (
            Finding(reason="silent", probability=0.5, evidence={"since_ms": since_ms}, anchor=str(since_ms)),
        )


def plan_of(
    *detectors: Detector[Any, Any], own_log: bool = False, one_log: bool = False, lateness_ms: int = 0
) -> ScopePlan:
    """Plan detectors of one scope, each under the name of its class."""
    scope: Any = detectors[0].scope
    watchers = tuple(Watcher(type(each).__name__, each, each.step, {}) for each in detectors)
    return ScopePlan(
        scope, watchers, own_log=own_log, one_log=one_log, lateness_ms=lateness_ms, address=scope.value
    )


# A block of a log as it is read: its partition, its events, and whether the log ends with it.
Block = tuple[str, Sequence[Event], bool]
# Keys that share a bucket, and one that lies in another.
BUCKET = 1
_NAMES = [f"k{number}" for number in range(9999)]
KEYS = [key for key in _NAMES if crc32(key.encode()) % BUCKETS == BUCKET]
ELSEWHERE = next(key for key in _NAMES if key not in KEYS)


def batches_of(
    plans: Iterable[ScopePlan], partition: str, events: Sequence[Event], closed: bool
) -> list[tuple[str, EventBatch]]:
    """Give what a block sends out: each batch behind the address that it goes to."""
    routed = Exchange(plans).route(partition, events, closed)
    return [(addressed.address, batch) for addressed in routed for batch in addressed.batches]


class Bank:
    """One scope's buckets, driven by hand: what the engine does, without the engine."""

    def __init__(self, plan: ScopePlan, partitions: Sequence[str] = ("p",), *, saves: bool = True) -> None:
        self.plan = plan
        self.metrics = Metrics()
        self.alerts: dict[str, list[Alert]] = {}
        # What each bucket said in the order in which it did, with how far time had come.
        self.said: dict[str, list[Alert | Reached]] = {}
        self._partitions = tuple(partitions)
        self._saves = saves
        # What a warm file remembers, for buckets that are built from now on.
        self.history: History | None = None
        self._buckets: dict[str, BucketWatch] = {}

    def read(self, *blocks: Block) -> None:
        for block in blocks:
            for _, batch in batches_of([self.plan], *block):
                bucket = self._buckets.get(batch.bucket) or self._built(batch.bucket, None)
                told, discard = bucket.on_batch([batch])
                assert not discard
                told = list(told)
                self.said.setdefault(batch.bucket, []).extend(told)
                alerts = [one for one in told if isinstance(one, Alert)]
                self.alerts.setdefault(batch.bucket, []).extend(alerts)

    def end_epoch(self) -> dict[str, bytes]:
        """Let every bucket save; gives what a recovery store would keep."""
        saved = {name: bucket.snapshot() for name, bucket in self._buckets.items()}
        return {name: pickle.dumps(snapshot) for name, snapshot in saved.items()}

    def resume(self, kept: dict[str, bytes], plan: ScopePlan | None = None) -> None:
        """Go on in new buckets from what `end_epoch` gave, perhaps under another plan."""
        self.plan = plan or self.plan
        self._buckets = {}
        for name, snapshot in kept.items():
            self._built(name, pickle.loads(snapshot))

    @property
    def told(self) -> dict[str, list[tuple[Any, ...]]]:
        """What was said, bucket by bucket and in order: detector, key, event time, event and evidence."""
        return {
            bucket: [
                (alert.detector, alert.key, alert.at_ms, alert.event_id, *alert.evidence.values())
                for alert in alerts
            ]
            for bucket, alerts in self.alerts.items()
            if alerts
        }

    def count(self, metric: str) -> float:
        """What a metric of the scope says."""
        labels = {"scope": self.plan.scope.value}
        return self.metrics.registry.get_sample_value(f"riskdesk_{metric}", labels) or 0.0

    def errors(self, detector: str) -> float:
        """How often a detector has failed."""
        labels = {"detector": detector}
        return self.metrics.registry.get_sample_value("riskdesk_detector_errors_total", labels) or 0.0

    def _built(self, name: str, saved: Snapshot | None) -> BucketWatch:
        bucket = BucketWatch(
            self.plan, self._partitions, self.metrics, saves=self._saves, saved=saved, history=self.history
        )
        self._buckets[name] = bucket
        return bucket


def cut(partition: str, events: Sequence[Event], sizes: Sequence[int], *, closed: bool) -> list[Block]:
    """Cut a log into blocks of these sizes and one with the rest; `closed` when it will not grow."""
    blocks: list[Block] = []
    left = list(events)
    for size in sizes:
        blocks.append((partition, left[:size], False))
        left = left[size:]
    blocks.append((partition, left, False))
    return [*(block for block in blocks if block[1]), *([(partition, [], True)] if closed else [])]


@st.composite
def runs(draw: st.DrawFn, logs: dict[str, list[Event]], *, closed: bool = True) -> list[list[Block]]:
    """Draw how logs may be read: cut anywhere, their blocks mixed anyhow, in runs that each resume the last.

    A log that has ended says so again in each later run.
    """
    sizes = st.lists(st.integers(1, 4), max_size=6)
    left = [cut(name, events, draw(sizes), closed=closed) for name, events in logs.items()]
    mixed: list[Block] = []
    while left := [blocks for blocks in left if blocks]:
        mixed.append(left[draw(st.integers(0, len(left) - 1))].pop(0))
    places = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=2)))
    drawn = [mixed[start:end] for start, end in pairwise([0, *places, len(mixed)])]
    ended: list[Block] = []
    for run in drawn:
        again = list(ended)
        ended += [block for block in run if block[2]]
        for block in again:
            run.insert(draw(st.integers(0, len(run))), block)
    return drawn
