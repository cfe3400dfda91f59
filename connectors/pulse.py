"""The pulse of a process: when its sources last came to the end of an epoch."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

X = TypeVar("X")
S = TypeVar("S")


class Pulse:
    """When an epoch of this process last ended, in milliseconds of the machine's steady clock.

    That is the same clock for all processes of a machine. 0 before the first, and for ever in a process that
    reads no partition.
    """

    def __init__(self) -> None:
        """Begin before the first epoch."""
        self.epoch_ms = 0

    def beat(self) -> None:
        """Say that an epoch ends."""
        self.epoch_ms = steady_ms()


class PulsedSource(FixedPartitionedSource[X, S]):
    """A source as it is, which also tells `pulse` of each epoch.

    The engine asks a source for its position at the end of every epoch, and begins no epoch before the last
    one is kept everywhere: a flow that stands still anywhere has no pulse.
    """

    def __init__(self, source: FixedPartitionedSource[X, S], pulse: Pulse) -> None:
        """Wrap `source`."""
        self._source = source
        self._pulse = pulse

    def list_parts(self) -> list[str]:
        return self._source.list_parts()

    def build_part(
        self, step_id: str, for_part: str, resume_state: S | None
    ) -> StatefulSourcePartition[X, S]:
        return _PulsedPartition(self._source.build_part(step_id, for_part, resume_state), self._pulse)


class _PulsedPartition(StatefulSourcePartition[X, S]):
    def __init__(self, partition: StatefulSourcePartition[X, S], pulse: Pulse) -> None:
        self._partition = partition
        self._pulse = pulse

    def next_batch(self) -> Iterable[X]:
        return self._partition.next_batch()

    def next_awake(self) -> datetime | None:
        return self._partition.next_awake()

    def snapshot(self) -> S:
        self._pulse.beat()
        return self._partition.snapshot()

    def close(self) -> None:
        self._partition.close()


def steady_ms() -> int:
    """Read the steady clock, which no correction of the time of day moves."""
    return time.monotonic_ns() // 1_000_000
