"""What is put around the steps of a flow where traces are wanted: they do what they did, and tell how long.

A trace is a block of events. It holds the block itself, how long it was read and decoded, each batch of it
that a scope's detectors watched, and the transaction that took in the alerts which came of the batch. The gap
between two spans is the way from one step to the next. Where a batch lets out what was held back for it, the
alerts are those of the batch.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.blocks import Block
from domain.alerts import Alert, Reached
from domain.rejections import Rejected
from flows.exchange import Addressed, EventBatch
from flows.job import Job
from flows.snapshots import Snapshot
from observability.traces import Traces, check_library, now_ns, open_traces

P = TypeVar("P")

Logic = StatefulBatchLogic[EventBatch, Alert | Reached, Snapshot | None]
Build = Callable[[Snapshot | None], Logic]
Decode = Callable[[Block], list[Addressed | Rejected]]

# Of a batch that brings more, the first will do to find it by.
_MOST_IDS = 32


class Traced(NamedTuple):
    """Goes with the alerts of a batch to where they are taken in: their span, and how many they are."""

    within: str
    alerts: int


class TracedBatch(EventBatch):
    """A batch that knows which trace it is of, also in another process."""

    __slots__ = ("within",)

    def __init__(self, batch: EventBatch, within: str) -> None:
        """Take over what `batch` holds."""
        super().__init__(
            batch.partition, batch.high_ms, batch.events, batch.orders, batch.closed, batch.bucket
        )
        self.within = within

    def __reduce__(self) -> tuple[Callable[..., EventBatch], tuple[Any, ...]]:
        """Cross to another process as any batch does, with the trace beside it."""
        make, parts = super().__reduce__()
        return _within, (self.within, make, parts)


def _within(within: str, make: Callable[..., EventBatch], parts: tuple[Any, ...]) -> TracedBatch:
    return TracedBatch(make(*parts), within)


def traces_of(job: Job, process: int = 0) -> Traces | None:
    """Give what makes the traces of a process of a job, None where none are wanted. Raises TracesError."""
    return None if job.traces is None else open_traces(job.traces, job.traces_share, process)


def check_traces(job: Job) -> None:
    """See that the traces of a job can be made. Raises TracesError."""
    if job.traces is not None:
        check_library()


class Tracing:
    """Puts itself around the steps of one process's flow."""

    def __init__(self, traces: Traces) -> None:
        """Make spans with `traces`."""
        self._traces = traces
        # When the blocks were read that are not yet decoded: that is done where they were read.
        self._read: dict[tuple[str, int], tuple[int, int]] = {}

    def source(self, source: FixedPartitionedSource[Block, P]) -> FixedPartitionedSource[Block, P]:
        """Notice when each block of a source is read."""
        return _TracedSource(source, self._read)

    def decoding(self, decode: Decode) -> Decode:
        """Begin a trace with each block that is decoded."""

        def traced(block: Block) -> list[Addressed | Rejected]:
            began_ns = now_ns()
            items = decode(block)
            ended_ns = now_ns()
            read_ns, got_ns = self._read.pop((block.partition, block.offset), (began_ns, began_ns))
            whole = self._traces.tell(
                "block",
                read_ns,
                ended_ns,
                {
                    "riskdesk.partition": block.partition,
                    "riskdesk.offset": block.offset,
                    "riskdesk.bytes": len(block.data),
                },
            )
            if not whole:
                return items
            rejected = sum(isinstance(item, Rejected) for item in items)
            self._traces.tell("read", read_ns, got_ns, {}, whole)
            self._traces.tell("decode", began_ns, ended_ns, {"riskdesk.rejected": rejected}, whole)
            return [
                Addressed(item.address, [TracedBatch(batch, whole) for batch in item.batches])
                if isinstance(item, Addressed)
                else item
                for item in items
            ]

        return traced

    def watch(self, scope: str, build: Build) -> Build:
        """Notice how long a scope's detectors are at each batch, and what they tell."""
        return lambda saved: _TracedWatch(build(saved), scope, self._traces)

    def queue(self, sink: FixedPartitionedSink[Any, None]) -> FixedPartitionedSink[Any, None]:
        """Notice how long the alerts of a batch are taken in."""
        return _TracedSink(sink, self._traces)


class _TracedSource(FixedPartitionedSource[Block, P]):
    def __init__(
        self, source: FixedPartitionedSource[Block, P], read: dict[tuple[str, int], tuple[int, int]]
    ) -> None:
        self._source = source
        self._read = read

    def list_parts(self) -> list[str]:
        return self._source.list_parts()

    def build_part(
        self, step_id: str, for_part: str, resume_state: P | None
    ) -> StatefulSourcePartition[Block, P]:
        return _TracedPartition(self._source.build_part(step_id, for_part, resume_state), self._read)


class _TracedPartition(StatefulSourcePartition[Block, P]):
    def __init__(
        self, partition: StatefulSourcePartition[Block, P], read: dict[tuple[str, int], tuple[int, int]]
    ) -> None:
        self._partition = partition
        self._read = read

    def next_batch(self) -> Iterable[Block]:
        began_ns = now_ns()
        blocks = list(self._partition.next_batch())
        ended_ns = now_ns()
        for block in blocks:
            self._read[block.partition, block.offset] = began_ns, ended_ns
        return blocks

    def next_awake(self) -> datetime | None:
        return self._partition.next_awake()

    def snapshot(self) -> P:
        return self._partition.snapshot()

    def close(self) -> None:
        self._partition.close()


class _TracedWatch(StatefulBatchLogic[EventBatch, Any, Snapshot | None]):
    def __init__(self, logic: Logic, scope: str, traces: Traces) -> None:
        self._logic = logic
        self._scope = scope
        self._traces = traces

    def on_batch(self, values: list[EventBatch]) -> tuple[Iterable[Any], bool]:
        told: list[Any] = []
        for value in values:
            if isinstance(value, TracedBatch):
                told += self._traced(value)
            else:
                told += self._logic.on_batch([value])[0]
        return told, False

    def _traced(self, batch: TracedBatch) -> list[Any]:
        began_ns = now_ns()
        told: list[Any] = list(self._logic.on_batch([batch])[0])
        ended_ns = now_ns()
        ids = tuple(item.id for item in told if isinstance(item, Alert))
        if not (batch.events or ids):
            return told  # it only heard that time has passed
        within = self._traces.tell(
            f"watch {self._scope}",
            began_ns,
            ended_ns,
            {
                "riskdesk.bucket": batch.bucket,
                "riskdesk.events": len(batch.events),
                "riskdesk.alerts": len(ids),
                "riskdesk.alert_ids": ids[:_MOST_IDS],
            },
            batch.within,
        )
        return [*told, Traced(within, len(ids))] if ids else told

    def on_eof(self) -> tuple[Iterable[Any], bool]:
        return self._logic.on_eof()

    def on_notify(self) -> tuple[Iterable[Any], bool]:
        return self._logic.on_notify()

    def notify_at(self) -> datetime | None:
        return self._logic.notify_at()

    def snapshot(self) -> Snapshot | None:
        return self._logic.snapshot()


class _TracedSink(FixedPartitionedSink[Any, None]):
    def __init__(self, sink: FixedPartitionedSink[Any, None], traces: Traces) -> None:
        self._sink = sink
        self._traces = traces

    def list_parts(self) -> list[str]:
        return self._sink.list_parts()

    def part_fn(self, item_key: str) -> int:
        return self._sink.part_fn(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> StatefulSinkPartition[Any, None]:
        return _TracedQueue(self._sink.build_part(step_id, for_part, resume_state), self._traces)


class _TracedQueue(StatefulSinkPartition[Any, None]):
    def __init__(self, partition: StatefulSinkPartition[Any, None], traces: Traces) -> None:
        self._partition = partition
        self._traces = traces

    def write_batch(self, values: list[Any]) -> None:
        traced = [value for value in values if isinstance(value, Traced)]
        began_ns = now_ns()
        self._partition.write_batch([value for value in values if not isinstance(value, Traced)])
        ended_ns = now_ns()
        for each in traced:
            self._traces.tell("intake", began_ns, ended_ns, {"riskdesk.alerts": each.alerts}, each.within)

    def snapshot(self) -> None:
        return self._partition.snapshot()

    def close(self) -> None:
        self._partition.close()
