"""Source: the messages of topics, each message an event's line."""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.blocks import Block
from connectors.errors import InputError, TopicGoneError
from connectors.kafka_connection import KafkaConnection
from connectors.kafka_marks import MarkRules
from connectors.kafka_partition import KafkaPartition, LostMessages, ReadingRules, State
from connectors.kafka_positions import KafkaPosition, check_identity
from connectors.kafka_topics import TopicInput, begin_and_end, find_parts, is_of
from connectors.kafka_watch import TopicWatch
from connectors.lines import MAX_LINE_BYTES
from connectors.stopping import StopSign
from observability.metrics import Metrics

log = logging.getLogger(__name__)

_LAG_EVERY = timedelta(seconds=1)
# Measured: a thousand take a fifth less CPU, as their block stays in the processor's cache; but a source that
# the engine seldom polls, as in an unevenly loaded cluster, must take along what there is.
MOST_MESSAGES = 4_000


class KafkaSource(FixedPartitionedSource[Block, State]):
    """Messages of topics as blocks of raw lines, one message a line.

    Unit of parallelism: a partition of a topic, named `topic-3`, with a consumer of its own that is assigned
    to it; no group hands partitions about. One worker reads it. A partition that is added ends the flow with
    PartitionsAddedError, so that its supervisor starts it again with all of them.

    Guarantee: every message once in each committed epoch, in the order of its partition; after a crash from
    the last committed offset on. What lies at that offset no more raises OffsetGoneError, unless `lost` says
    to skip it.

    Bad input: values are not judged here. Newlines within a value become carriage returns, which mean the
    same in JSON, so that a message stays one line; of a value longer than `max_line_bytes` only so much and
    a byte is handed over. Tombstones (no value) are counted and skipped.

    Resumed: the offset of the next message, with the topic's id and the last progress mark. Offsets of
    committed epochs are also committed to the group, for tools that show lag; nothing is read from there.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        inputs: Sequence[TopicInput],
        *,
        follow: bool = False,
        stop: StopSign | None = None,
        known: Iterable[str] = (),
        latest: bool = False,
        lost: LostMessages = "stop",
        marks: MarkRules | None = None,
        metrics: Metrics | None = None,
        most_messages: int = MOST_MESSAGES,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        """Ask for the partitions of `inputs`, to read them to their ends or, with `follow`, for ever.

        `known` names the partitions that a recovery store still holds a position of. `latest` begins behind
        what is there, at the very first start only: a partition that is added later is read whole.
        Raises BrokerAwayError, TopicGoneError, KafkaRefusedError, or InputError for a size that cannot work.
        """
        if most_messages < 1 or max_line_bytes < 1:
            raise InputError("most_messages and max_line_bytes must be 1 or more")
        self._connection = connection
        self._inputs = {each.topic: each for each in inputs}
        self._parts = {part.name: part for part in find_parts(connection, self._inputs)} if inputs else {}
        self._follow = follow
        self._stop = stop or StopSign()
        self._known = frozenset(known)
        self._latest = latest
        self._rules = ReadingRules(lost, marks, most_messages, max_line_bytes)
        self._metrics = metrics or Metrics()
        self._watch = TopicWatch(
            connection,
            tuple(self._parts.values()),
            grows=follow,
            ends_every=_LAG_EVERY if marks is None else marks.every,
        )

    def list_parts(self) -> list[str]:
        return sorted(self._known | set(self._parts))

    def build_part(
        self, step_id: str, for_part: str, resume_state: State | None
    ) -> StatefulSourcePartition[Block, State]:
        position = KafkaPosition() if resume_state is None else KafkaPosition.of(resume_state)
        part = self._parts.get(for_part)
        if part is None:
            if is_of(for_part, self._inputs):
                raise TopicGoneError(
                    f"there is no partition {for_part} any more, which was read up to offset "
                    f"{position.next}: its topic was made anew with fewer; begin anew with an empty recovery "
                    "folder"
                )
            return _Vanished(for_part, position)
        check_identity(part, position)
        latest = self._latest and not any(is_of(name, (part.topic,)) for name in self._known)
        begin, end = begin_and_end(
            self._connection.open_admin(), part, self._inputs[part.topic], latest=latest, follow=self._follow
        )
        if resume_state is None:
            position = KafkaPosition(next=begin, identity=part.identity)
        return KafkaPartition(
            part,
            self._connection,
            position,
            end,
            rules=self._rules,
            watch=self._watch,
            stop=self._stop,
            metrics=self._metrics,
        )


class _Vanished(StatefulSourcePartition[Block, State]):
    """A partition that the recovery store knows and whose topic nobody gives any more; its place is kept."""

    def __init__(self, name: str, position: KafkaPosition) -> None:
        log.warning("partition %s is in the recovery store, but not among the input; nothing is read", name)
        self._state = tuple(position)
        self._blocks = [Block(name, max(0, position.next), b"", last=True)]

    def next_batch(self) -> list[Block]:
        if not self._blocks:
            raise StopIteration
        return [self._blocks.pop()]

    def snapshot(self) -> State:
        return self._state
