"""Alerts and dead letters into topics: whole, in order, and never given up in silence."""

import json
import time
from threading import Timer

import pytest

from connectors.errors import NotDeliveredError
from connectors.kafka_sinks import KafkaAlertSink, KafkaDeadLetterSink
from domain.alerts import alert_record
from tests.connectors.kafka_parts import connect, read_topic
from tests.kafka.broker import KafkaBroker

pytestmark = pytest.mark.slow


@pytest.fixture
def topic(kafka_broker, topic_name) -> str:
    return kafka_broker.create_topic(topic_name)


def test_an_alert_is_its_record_under_the_key_of_what_was_watched(kafka_broker, topic, build, make_alert):
    alerts = [make_alert(number) for number in range(3)]
    build(KafkaAlertSink(connect(kafka_broker), topic)).write_batch(alerts)
    messages = read_topic(kafka_broker, topic)
    assert [json.loads(message.value()) for message in messages] == [alert_record(alert) for alert in alerts]
    assert [message.key() for message in messages] == [alert.key.encode() for alert in alerts]
    assert [message.headers() for message in messages] == [[("id", alert.id.encode())] for alert in alerts]


def test_a_dead_letter_says_where_it_lay(kafka_broker, topic, build, make_rejected):
    build(KafkaDeadLetterSink(connect(kafka_broker), topic)).write_batch([make_rejected(7)])
    (message,) = read_topic(kafka_broker, topic)
    assert message.key() == b"p"
    record = json.loads(message.value())
    assert (record["partition"], record["offset"], record["reason"]) == ("p", 7, "not_json")


def test_more_than_the_client_holds_ready_is_written_all_the_same(kafka_broker, topic, build, make_alert):
    connection = connect(kafka_broker, producer={"queue.buffering.max.messages": 10})
    build(KafkaAlertSink(connection, topic)).write_batch([make_alert(number) for number in range(100)])
    assert len(read_topic(kafka_broker, topic)) == 100


def test_a_message_that_the_broker_refuses_ends_the_flow(kafka_broker, topic_name, build, make_alert):
    kafka_broker.create_topic(topic_name, max_message_bytes=100)
    with pytest.raises(NotDeliveredError, match="has not taken kafka alerts"):
        build(KafkaAlertSink(connect(kafka_broker), topic_name)).write_batch([make_alert(1)])


def test_a_topic_that_is_not_there_ends_the_flow_when_patience_ends(kafka_broker, build, make_alert):
    sink = KafkaAlertSink(connect(kafka_broker, patience_s=1), "no.such.alerts")
    with pytest.raises(NotDeliveredError, match=r"no\.such\.alerts"):
        build(sink).write_batch([make_alert(1)])


def test_a_broker_that_is_away_is_waited_for(own_broker: KafkaBroker, topic_name, build, make_alert):
    own_broker.create_topic(topic_name)
    partition = build(KafkaAlertSink(connect(own_broker), topic_name))
    partition.write_batch([make_alert(1)])
    own_broker.stop()
    starting = Timer(2, own_broker.start)
    starting.start()
    began = time.monotonic()
    partition.write_batch([make_alert(2)])
    starting.join()
    assert time.monotonic() - began > 1
    assert len(read_topic(own_broker, topic_name)) == 2


def test_after_patience_the_flow_ends_and_nothing_counts_as_written(
    own_broker: KafkaBroker, topic_name, build, make_alert
):
    own_broker.create_topic(topic_name)
    partition = build(KafkaAlertSink(connect(own_broker, patience_s=1), topic_name))
    own_broker.stop()
    with pytest.raises(NotDeliveredError):
        partition.write_batch([make_alert(1)])
