"""The same source and sinks on librdkafka's own mock cluster, for machines without Java."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Producer

from connectors.errors import OffsetGoneError
from connectors.kafka_positions import KafkaPosition
from connectors.kafka_sinks import KafkaAlertSink
from tests.connectors.kafka_parts import connect, messages_of, read_all, read_topic, source_of

pytestmark = pytest.mark.slow

LINES = [b'{"number": %d}' % number for number in range(60)]


@pytest.fixture(scope="module")
def mock() -> Iterator[Any]:
    """A mock cluster that makes each topic when it is written to, with four partitions."""
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = cluster.list_topics(timeout=30).brokers.values()
    yield SimpleNamespace(bootstrap=f"{broker.host}:{broker.port}")
    cluster.close()


def produce(mock: Any, topic: str, values: list[bytes | None]) -> None:
    producer = Producer({"bootstrap.servers": mock.bootstrap, "log_level": 0})
    for value in values:
        producer.produce(topic, value, partition=0)
    producer.flush()
    producer.close()


def test_a_topic_resumes_at_every_offset_with_the_same_tail(mock, topic_name, build):
    produce(mock, topic_name, LINES)
    source = source_of(mock, topic_name, most_messages=7)
    for offset in range(0, len(LINES) + 1, 5):
        state = tuple(KafkaPosition(next=offset))
        blocks = read_all(build(source, f"{topic_name}-0", state))
        assert messages_of(blocks) == list(enumerate(LINES))[offset:]


def test_tombstones_are_skipped(mock, topic_name, build):
    produce(mock, topic_name, [None, b"a", None, b"b"])
    assert messages_of(read_all(build(source_of(mock, topic_name)))) == [(1, b"a"), (3, b"b")]


def test_an_offset_that_is_not_there_is_told(mock, topic_name, build):
    produce(mock, topic_name, LINES)
    with pytest.raises(OffsetGoneError):
        read_all(build(source_of(mock, topic_name), "", tuple(KafkaPosition(next=999))))


def test_alerts_are_delivered(mock, topic_name, build, make_alert):
    produce(mock, topic_name, [])
    connection = connect(mock)
    Producer({"bootstrap.servers": mock.bootstrap, "log_level": 0}).list_topics(topic_name, timeout=30)
    build(KafkaAlertSink(connection, topic_name)).write_batch([make_alert(number) for number in range(20)])
    found = [message for number in range(4) for message in read_topic(mock, topic_name, number)]
    assert len(found) == 20
