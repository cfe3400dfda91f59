"""One partition of a topic: its consumer, what it hands over, and how far it has come."""

import logging
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Literal, NamedTuple

from bytewax.inputs import StatefulSourcePartition
from confluent_kafka import KafkaError, Message, TopicPartition

from connectors.blocks import Block
from connectors.errors import OffsetGoneError
from connectors.kafka_connection import KafkaConnection, refuse
from connectors.kafka_lines import Lines, lines_of
from connectors.kafka_marks import MarkRules, Marks
from connectors.kafka_positions import LOST_ADVICE, KafkaPosition, lost
from connectors.kafka_topics import TopicPart, span_left
from connectors.kafka_watch import TopicWatch
from connectors.stopping import StopSign
from observability.metrics import Metrics

log = logging.getLogger(__name__)

State = tuple[Any, ...]
LostMessages = Literal["stop", "skip"]

# How soon a partition that had nothing is asked again, which an event waits for: a moment while they come,
# and once so many polls have found none, a time in which even many partitions make next to no work.
_SOON = timedelta(milliseconds=1)
_POLL = timedelta(milliseconds=5)
_QUIET_POLLS = 100


class ReadingRules(NamedTuple):
    """How every partition is read."""

    lost: LostMessages
    marks: MarkRules | None
    most_messages: int
    max_line_bytes: int


class KafkaPartition(StatefulSourcePartition[Block, State]):
    """Reads one partition from a position on, up to before `end` where that is given."""

    def __init__(
        self,
        part: TopicPart,
        connection: KafkaConnection,
        position: KafkaPosition,
        end: int | None,
        *,
        rules: ReadingRules,
        watch: TopicWatch,
        stop: StopSign,
        metrics: Metrics,
    ) -> None:
        """Assign a consumer to the partition; it begins to fetch at once."""
        self._part = part
        self._name = part.name
        self._connection = connection
        self._next = position.next
        self._end = end
        self._ended = self._next == end
        self._told_end = False
        self._empty_polls = 0
        self._rules = rules
        self._marks = None if rules.marks is None else Marks(rules.marks, position.marked_ms)
        self._watch = watch
        self._stop = stop
        self._metrics = metrics
        self._lag = metrics.lag.labels(self._name)
        self._lag_at_ms = 0
        # When a message was last read, or none was left to read.
        self._moved_s = monotonic()
        self._standstill = metrics.partition_standstill.labels(self._name)
        self._standstill.set_function(self._stands_still_s)
        # Offsets that a snapshot told of, and that the group was told of.
        self._snapshotted = self._committed = self._next
        self._consumer = connection.open_consumer(self._on_commit)
        self._consumer.assign([self._place(self._next)])
        watch.begin()

    def next_batch(self) -> list[Block]:
        if self._told_end or self._stop.asked:
            raise StopIteration
        self._commit()
        self._watch.check()
        if self._ended:
            self._told_end = True
            return [Block(self._name, self._next, b"", last=True)]
        lines = self._lines(self._consumer.consume(self._rules.most_messages, 0))
        self._tell_lag()
        if lines.positions or not self._lacks():
            self._moved_s = monotonic()
        if not lines.positions:
            self._empty_polls += 1
            return self._mark_at_end()
        self._empty_polls = 0
        return [Block(self._name, lines.positions[0], lines.data, positions=lines.positions)]

    def next_awake(self) -> datetime | None:
        if not self._empty_polls or self._ended:
            return None
        # The engine sleeps by the machine's clock; no event's time comes from it.
        return datetime.now(UTC) + (_SOON if self._empty_polls < _QUIET_POLLS else _POLL)  # noqa: TID251

    def snapshot(self) -> State:
        self._snapshotted = self._next
        marked_ms = 0 if self._marks is None else self._marks.told_ms
        return tuple(KafkaPosition(next=self._next, identity=self._part.identity, marked_ms=marked_ms))

    def close(self) -> None:
        self._commit()
        self._watch.end()
        self._consumer.close()
        self._standstill.set_function(float)

    def _lines(self, polled: list[Message]) -> Lines:
        messages = []
        for message in polled:
            error = message.error()
            if error is not None:
                self._on_error(error, message)
            elif self._end is not None and (message.offset() or 0) >= self._end:
                self._ended = True
                break
            else:
                messages.append(message)
        if messages:
            self._next = (messages[-1].offset() or 0) + 1
            self._ended = self._ended or self._next == self._end
        lines = lines_of(messages, self._marks, self._rules.max_line_bytes)
        if lines.tombstones:
            self._metrics.tombstones.inc(lines.tombstones)
        return lines

    def _on_error(self, error: KafkaError, message: Message) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            # What compaction or a transaction left behind the last message holds none.
            self._next = max(self._next, message.offset() or 0)
            self._ended = self._ended or (self._end is not None and self._next >= self._end)
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._on_lost()
        else:
            refuse(error, self._name)
            # The client tries again by itself; what lasts is for the watch to find.
            log.warning("%s: %s", self._name, error.str())

    def _on_lost(self) -> None:
        first, end = span_left(self._connection.open_admin(), self._part)
        what = lost(self._part, self._next, first, end)
        if self._rules.lost == "stop":
            raise OffsetGoneError(f"{what}. {LOST_ADVICE}")
        log.error("%s; skipped, as the profile says", what)
        self._next = first if self._next < first else end
        self._consumer.assign([self._place(self._next)])

    def _mark_at_end(self) -> list[Block]:
        """Tell that time has passed where the broker has just said that nothing was appended."""
        known = None if self._marks is None or self._end is not None else self._watch.end_of(self._part)
        if known is None or self._marks is None or known[1] > self._next:
            return []
        line = self._marks.at_end(known[0])
        return [Block(self._name, self._next, line + b"\n", positions=(self._next,))] if line else []

    def _tell_lag(self) -> None:
        if self._end is not None:
            self._lag.set(max(0, self._end - self._next))
            return
        known = self._watch.end_of(self._part)
        if known is not None and known[0] != self._lag_at_ms and self._next >= 0:
            self._lag_at_ms, end = known
            self._lag.set(max(0, end - self._next))

    def _lacks(self) -> bool:
        """Whether the partition is known to have messages that were not read."""
        known = self._watch.end_of(self._part)
        return known is not None and not self._ended and self._next < known[1]

    def _stands_still_s(self) -> float:
        # Asked by whoever scrapes, also while the flow polls nothing.
        return monotonic() - self._moved_s if self._lacks() else 0.0

    def _commit(self) -> None:
        """Tell the group, without waiting, what the flow has committed: no poll is let through before."""
        if self._snapshotted > self._committed:
            self._committed = self._snapshotted
            self._consumer.commit(offsets=[self._place(self._committed)], asynchronous=True)

    def _on_commit(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        del places
        if error is not None:
            log.warning("the group does not take offsets of %s: %s", self._name, error.str())

    def _place(self, offset: int) -> TopicPartition:
        return TopicPartition(self._part.topic, self._part.number, offset)
