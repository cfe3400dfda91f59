"""Kafka is asked before a run: whether a broker answers, and has every topic that is read or written."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from config.profiles import load_profile
from flows.findings import Finding, Weight
from flows.job import Job
from flows.kafka_check import kafka_findings
from tests.flows.counted import PROFILE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A broker of librdkafka's own, with the topic `uses` of four partitions."""
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
    cluster.produce("uses", b"one")
    cluster.flush(10)
    (found,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{found.host}:{found.port}"
    del cluster


def found(folder: Path, servers: str | None, *topics: str) -> list[Finding]:
    kafka = "" if servers is None else f"kafka: {{bootstrap_servers: [{servers}], group: g}}\n"
    (folder / "profile.yaml").write_text(PROFILE + kafka)
    job = Job(profile=folder / "profile.yaml", topics=topics, publish=True)
    return list(kafka_findings(job, load_profile(job.profile)))


def test_a_broker_that_has_the_topics_is_fine(broker, tmp_path):
    ((weight, text),) = found(tmp_path, broker, "kafka://uses")
    assert weight is Weight.NOTE
    assert text == f"{broker} has 1 topic with 4 partitions"


def test_a_broker_that_does_not_answer_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ((weight, text),) = found(tmp_path, f"127.0.0.1:{port}", "kafka://uses")
    assert weight is Weight.PROBLEM
    assert f"no broker of 127.0.0.1:{port} answers" in text


def test_a_topic_without_a_word_on_where_kafka_is_is_told(tmp_path):
    ((weight, text),) = found(tmp_path, None, "kafka://uses")
    assert weight is Weight.PROBLEM
    assert "does not say where Kafka is" in text


def test_where_nothing_is_read_from_or_written_to_kafka_nobody_is_asked(tmp_path):
    assert found(tmp_path, "127.0.0.1:1") == []
