"""Partitions of topics in tests: connections to a broker, and reading by hand until something comes."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from connectors.blocks import Block
from connectors.kafka_connection import KafkaConnection
from connectors.kafka_source import KafkaSource
from connectors.kafka_topics import TopicInput
from tests.kafka.broker import KafkaBroker

# A poll that finds nothing is followed by a pause, as in the engine.
_PAUSE_S = 0.005


def connect_to(bootstrap: str) -> KafkaConnection:
    return KafkaConnection({"bootstrap.servers": bootstrap}, "tests")


def connect(broker: KafkaBroker, *, patience_s: float = 60, **more: Any) -> KafkaConnection:
    return KafkaConnection(
        {"bootstrap.servers": broker.bootstrap}, "tests", patience=timedelta(seconds=patience_s), **more
    )


def source_of(broker: KafkaBroker, topic: str, *, patience_s: float = 60, **more: Any) -> KafkaSource:
    return KafkaSource(connect(broker, patience_s=patience_s), [TopicInput.of(f"kafka://{topic}")], **more)


def read_until(partition: Any, wanted: Callable[[list[Block]], bool]) -> list[Block]:
    """Poll a partition until what it gave is enough, or it ends."""
    blocks: list[Block] = []
    while not wanted(blocks):
        try:
            found = partition.next_batch()
        except StopIteration:
            break
        blocks += found
        if not found:
            time.sleep(_PAUSE_S)
    return blocks


def read_all(partition: Any) -> list[Block]:
    return read_until(partition, lambda blocks: False)


def messages_of(blocks: list[Block]) -> list[tuple[int, bytes]]:
    """Give the offset and the line of each message, however they were grouped."""
    found = []
    for block in blocks:
        lines = block.data.split(b"\n")[:-1]
        found += list(zip(block.positions or (), lines, strict=True))
    return found


def read_topic(broker: KafkaBroker, topic: str, partition: int = 0) -> list[Any]:
    """Give all messages of a partition, as a plain consumer sees them."""
    settings = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": "looking",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,
    }
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, partition, 0)])
    found = []
    try:
        while True:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() is not None:
                return found
            found.append(message)
    finally:
        consumer.close()
