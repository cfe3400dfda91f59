"""Sinks: alerts and dead letters into topics."""

import logging
from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple, TypeVar

import orjson
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from confluent_kafka import KafkaError, KafkaException, Message

from connectors.dead_letter_lines import dead_letter_record
from connectors.errors import NotDeliveredError
from connectors.kafka_connection import KafkaConnection, error_of, refuse
from domain.alerts import Alert, alert_record
from domain.rejections import Rejected

X = TypeVar("X")

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


class KafkaRecord(NamedTuple):
    """A message to be: the id in its header is what a reader knows a repeat by."""

    id: str
    key: str
    fields: dict[str, Any]


class KafkaSink(FixedPartitionedSink[X, None]):
    """Items, from pairs (key, item), as JSON messages of a topic with their id in the header `id`.

    Unit of parallelism: none; one worker holds the producer. Messages of one key keep their order.

    Guarantee: at least once. A batch is acknowledged by all replicas in sync before the epoch can be
    committed; the producer is idempotent, so the client's own retries double nothing. What comes again after
    a crash has the same id: a reader keeps the first of each id.

    While the broker is away the flow stands still; after the connection's patience, or for a message that the
    broker refuses, NotDeliveredError ends it, and nothing of the epoch is committed.

    Resumed: nothing.
    """

    # What the messages are, as the engine and error messages call them.
    part: ClassVar[str]

    def __init__(self, connection: KafkaConnection, topic: str) -> None:
        """Keep what it takes; the worker that writes opens the producer."""
        self._connection = connection
        self._topic = topic

    @abstractmethod
    def record(self, item: X) -> KafkaRecord:
        """Give an item as its message."""

    def list_parts(self) -> list[str]:
        return [self.part]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> StatefulSinkPartition[X, None]:
        return _KafkaSinkPartition(self, self._connection, self._topic)


class KafkaAlertSink(KafkaSink[Alert]):
    """Alerts, keyed by what their detector watched, such as the card; see KafkaSink."""

    part = "kafka_alerts"

    def record(self, item: Alert) -> KafkaRecord:
        return KafkaRecord(item.id, item.key, alert_record(item))


class KafkaDeadLetterSink(KafkaSink[Rejected]):
    """Refused lines, keyed by the partition they were read from; see KafkaSink."""

    part = "kafka_dead_letters"

    def record(self, item: Rejected) -> KafkaRecord:
        return KafkaRecord(item.id, item.partition, dead_letter_record(item))


class _KafkaSinkPartition(StatefulSinkPartition[X, None]):
    def __init__(self, sink: KafkaSink[X], connection: KafkaConnection, topic: str) -> None:
        self._sink = sink
        self._connection = connection
        self._topic = topic
        self._producer = connection.open_producer()
        self._failed: list[KafkaError] = []

    def write_batch(self, values: list[X]) -> None:
        for value in values:
            record = self._sink.record(value)
            self._produce(record)
        # Each message is given up by the client itself when patience ends, so this does end.
        while self._producer.flush(_LOOK_EVERY_S) and not self._failed:
            continue
        if self._failed:
            self._give_up(self._failed[0])

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._producer.close()

    def _produce(self, record: KafkaRecord) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    orjson.dumps(record.fields),
                    record.key,
                    headers=[("id", record.id.encode())],
                    on_delivery=self._on_delivery,
                )
            except BufferError:
                self._producer.poll(_LOOK_EVERY_S)  # full: some of it must go first
            except KafkaException as raised:
                self._give_up(error_of(raised))
            else:
                return

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        del message
        if error is not None:
            self._failed.append(error)

    def _give_up(self, error: KafkaError) -> None:
        refuse(error, f"{self._topic} at {self._connection.servers}")
        raise NotDeliveredError(
            f"{self._topic} at {self._connection.servers} has not taken {self._sink.part.replace('_', ' ')} "
            f"({error.str()}); see that its brokers run, that the topic is there and takes messages of that "
            "size; what was not taken is sent again"
        )
