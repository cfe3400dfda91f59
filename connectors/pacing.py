"""Source: another one, whose events come out at their time instead of as fast as they can be read."""

import sys
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Annotated, Any

import msgspec
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.blocks import Block
from connectors.pulse import steady_ms
from connectors.stopping import StopSign
from domain.instants import to_ms

# How finely events are told apart: what is due within it comes out together.
_GRAIN = timedelta(milliseconds=20)
# How long a partition sleeps at most, so that it hears of being asked to stop.
_NAP_MS = 200

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_State = tuple[Any, ...]
# A state within a block: this word, how many of its lines are out, and the state before it.
_WITHIN = "within"


class _Times(msgspec.Struct):
    at: _Instant
    ingested_at: _Instant | None = None


_decode = msgspec.json.Decoder(_Times).decode


class Pace:
    """The one clock of a replay: which moment of event time it is now, `speed` times as fast as it happened.

    It begins to run, at the earliest first event of all `partitions`, once each has said what its own is. A
    replay that goes on after a crash or a stop begins there in the same way.
    """

    def __init__(self, speed: float, clock: Callable[[], float] = steady_ms) -> None:
        """Prepare; `clock` gives milliseconds that pass."""
        self._speed = speed
        self._clock = clock
        self._expected: set[str] = set()
        self._first: dict[str, int | None] = {}
        self._anchor: tuple[float, int] | None = None

    def expect(self, partitions: Iterable[str]) -> None:
        """Wait for what these say."""
        self._expected = set(partitions)

    def tell(self, partition: str, first_ms: int | None) -> None:
        """Say when the first event of a partition happened, None where it has none."""
        self._first.setdefault(partition, first_ms)
        if self._anchor is None and self._expected <= self._first.keys():
            known = [each for each in self._first.values() if each is not None]
            self._anchor = self._clock(), min(known, default=0)

    def reached_ms(self) -> int:
        """Give the event time up to which events are due, 0 while the clock does not run."""
        if self._anchor is None:
            return 0
        began, first_ms = self._anchor
        return first_ms + int((self._clock() - began) * self._speed)

    def wait_ms(self, at_ms: int) -> float:
        """Give how long it takes by the clock until `at_ms` is due."""
        return max(0.0, (at_ms - self.reached_ms()) / self._speed) if self._anchor is not None else 0.0


class PacedSource(FixedPartitionedSource[Block, _State]):
    """A source as it is, or at the pace that is given: blocks are then cut so that events are in time.

    An event is due when it was ingested where that is on record, else when it happened, and never before
    those in front of it in its partition. What is no event is due with what is in front of it. Order and
    content are those of the source: nothing but time is changed. All partitions must be read by this
    process, where there is a pace: it has the one clock.

    Resumed: the state of the source; within a block how many lines of it are out besides. Either is taken up
    with a pace and without.
    """

    def __init__(
        self, source: FixedPartitionedSource[Block, _State], pace: Pace | None, stop: StopSign | None = None
    ) -> None:
        """Wrap `source`; what is not due when `stop` is asked for is left for the next run."""
        self._source = source
        self._pace = pace
        self._stop = stop or StopSign()

    def list_parts(self) -> list[str]:
        return self._source.list_parts()

    def build_part(
        self, step_id: str, for_part: str, resume_state: _State | None
    ) -> StatefulSourcePartition[Block, _State]:
        out = 0
        if resume_state is not None and resume_state[0] == _WITHIN:
            _, out, resume_state = resume_state
        partition = self._source.build_part(step_id, for_part, resume_state)
        if self._pace is None and not out:
            return partition
        if self._pace is not None:
            self._pace.expect(self._source.list_parts())
        return _PacedPartition(for_part, partition, out, self._pace, self._stop)


class _PacedPartition(StatefulSourcePartition[Block, _State]):
    def __init__(
        self,
        name: str,
        partition: StatefulSourcePartition[Block, _State],
        out: int,
        pace: Pace | None,
        stop: StopSign,
    ) -> None:
        self._name = name
        self._partition = partition
        self._pace = pace
        self._stop = stop
        # The state before what was read last, how many of its lines are out, and how many are to be again.
        self._before = partition.snapshot()
        self._out = self._skip = out
        self._held: deque[_Held] = deque()
        self._latest_ms = 0

    def next_batch(self) -> list[Block]:
        if self._stop.asked:
            raise StopIteration
        if not self._held:
            self._read()
        until_ms = sys.maxsize if self._pace is None else self._pace.reached_ms()
        found = []
        while self._held:
            block = self._held[0].take(until_ms)
            if block is not None:
                self._out += block.data.count(b"\n")
                found.append(block)
            if not self._held[0].empty:
                break
            self._held.popleft()
        return found

    def next_awake(self) -> datetime | None:
        if self._pace is None or not self._held:
            return self._partition.next_awake()
        wait = timedelta(milliseconds=min(self._pace.wait_ms(self._held[0].due_ms), _NAP_MS))
        # The engine sleeps by the machine's clock; no event's time comes from it.
        return datetime.now(UTC) + max(wait, _GRAIN)  # noqa: TID251

    def snapshot(self) -> _State:
        if not (self._held or self._skip):
            return self._partition.snapshot()
        return (_WITHIN, self._out, self._before) if self._out else self._before

    def close(self) -> None:
        self._partition.close()

    def _read(self) -> None:
        if not self._skip:
            self._before, self._out = self._partition.snapshot(), 0
        try:
            blocks = list(self._partition.next_batch())
        except StopIteration:
            self._tell(None)
            raise
        for block in blocks:
            held = _Held(block, self._latest_ms)
            self._latest_ms = held.latest_ms
            self._skip -= held.skip(self._skip)
            first_ms = held.first_ms
            if first_ms or block.last:
                self._tell(first_ms)
            if not held.empty:
                self._held.append(held)

    def _tell(self, first_ms: int | None) -> None:
        if self._pace is not None:
            self._pace.tell(self._name, first_ms)


class _Held:
    """A block whose lines come out one after the other, each with the moment at which it is due."""

    def __init__(self, block: Block, latest_ms: int) -> None:
        self._block = block
        lines = block.data.removesuffix(b"\n").split(b"\n") if block.data else []
        self._lines = [line + b"\n" for line in lines]
        self.dues = list(accumulate(map(_due_ms, self._lines), max, initial=latest_ms))[1:]
        self.latest_ms = max(latest_ms, self.dues[-1] if self.dues else 0)
        self._next = 0
        self._offset = block.offset
        self._ended = False

    @property
    def empty(self) -> bool:
        return self._next == len(self._lines) and (self._ended or not self._block.last)

    @property
    def first_ms(self) -> int | None:
        """The first moment that its lines say, None where they say none."""
        return next(filter(None, self.dues[self._next :]), None)

    @property
    def due_ms(self) -> int:
        return self.dues[self._next] if self._next < len(self.dues) else self.latest_ms

    def skip(self, lines: int) -> int:
        """Leave out up to so many lines, and give how many those were."""
        skipped = min(lines, len(self._lines))
        self._go_to(skipped)
        return skipped

    def take(self, until_ms: int) -> Block | None:
        """Give what is due at a moment as a block, None when nothing is."""
        end = bisect_right(self.dues, until_ms, lo=self._next)
        whole = end == len(self._lines)
        if end == self._next and not (whole and self._block.last):
            return None
        start, offset = self._next, self._offset
        self._go_to(end)
        self._ended = whole
        positions = self._block.positions
        return self._block._replace(
            offset=offset,
            data=b"".join(self._lines[start:end]),
            last=whole and self._block.last,
            positions=None if positions is None else positions[start:end],
        )

    def _go_to(self, line: int) -> None:
        positions = self._block.positions
        if positions is None:
            self._offset += sum(map(len, self._lines[self._next : line]))
        elif line < len(positions):
            self._offset = positions[line]
        self._next = line


def _due_ms(line: bytes) -> int:
    """Give the moment at which a line is due by itself, 0 where it does not say."""
    try:
        times = _decode(line)
        return to_ms(times.ingested_at or times.at)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError):
        return 0
