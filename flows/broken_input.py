"""Input that cannot be read on ends a flow with a word of why, instead of crashing it again and again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.blocks import Block
from connectors.errors import BrokenFileError, PositionTooNewError
from connectors.stopping import StopSign

# What a restart would only meet again.
_LASTING = (BrokenFileError, PositionTooNewError)

_State = tuple[Any, ...]


class EndingSource(FixedPartitionedSource[Block, _State]):
    """A source as it is, except that a file which is damaged, cut short or replaced ends the flow.

    What was read before is watched and committed; the next run begins where that ended.
    """

    def __init__(self, source: FixedPartitionedSource[Block, _State], stop: StopSign) -> None:
        """Wrap `source`; its error is the reason with which `stop` is asked for."""
        self._source = source
        self._stop = stop

    def list_parts(self) -> list[str]:
        return self._source.list_parts()

    def build_part(
        self, step_id: str, for_part: str, resume_state: _State | None
    ) -> StatefulSourcePartition[Block, _State]:
        try:
            partition = self._source.build_part(step_id, for_part, resume_state)
        except _LASTING as error:
            self._stop.ask(str(error))
            if resume_state is None:
                raise
            return _Unread(resume_state)
        return _EndingPartition(partition, self._stop)


class _EndingPartition(StatefulSourcePartition[Block, _State]):
    def __init__(self, partition: StatefulSourcePartition[Block, _State], stop: StopSign) -> None:
        self._partition = partition
        self._stop = stop

    def next_batch(self) -> Iterable[Block]:
        try:
            return self._partition.next_batch()
        except _LASTING as error:
            self._stop.ask(str(error))
            raise StopIteration from error

    def next_awake(self) -> datetime | None:
        return self._partition.next_awake()

    def snapshot(self) -> _State:
        return self._partition.snapshot()

    def close(self) -> None:
        self._partition.close()


class _Unread(StatefulSourcePartition[Block, _State]):
    """A partition that cannot be returned to: its position is kept."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def next_batch(self) -> Iterable[Block]:
        raise StopIteration

    def snapshot(self) -> _State:
        return self._state
