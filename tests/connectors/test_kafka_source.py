"""Topics are read message by message, and what happens to them is said."""

import time

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.codec import Codec, TimeBounds
from connectors.errors import (
    BrokerAwayError,
    InputError,
    OffsetGoneError,
    PartitionsAddedError,
    PositionTooNewError,
    TopicGoneError,
)
from connectors.kafka_positions import KafkaPosition
from connectors.kafka_source import KafkaSource
from connectors.kafka_topics import TopicInput, split_inputs
from connectors.lines import MAX_LINE_BYTES
from domain.rejections import Reason
from observability.metrics import Metrics
from tests.connectors.kafka_parts import connect, messages_of, read_all, read_until, source_of

pytestmark = pytest.mark.slow

LINES = [b'{"number": %d}' % number for number in range(60)]
NUMBERED = list(enumerate(LINES))


@pytest.fixture
def topic(kafka_broker, topic_name) -> str:
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, LINES)
    return topic_name


def state(next_offset: int, marked_ms: int = 0) -> tuple:
    return tuple(KafkaPosition(next=next_offset, marked_ms=marked_ms))


def test_a_topic_resumes_at_every_offset_with_the_same_tail(kafka_broker, topic, build):
    source = source_of(kafka_broker, topic, most_messages=7)
    part = f"{topic}-0"
    for offset in range(len(LINES) + 1):
        blocks = read_all(build(source, part, state(offset)))
        assert messages_of(blocks) == NUMBERED[offset:]
        assert [block.last for block in blocks] == [False] * (len(blocks) - 1) + [True]
        assert [block.offset for block in blocks if block.positions] == [
            block.positions[0] for block in blocks if block.positions
        ]


def test_partitions_have_stable_names_and_each_its_own_messages(kafka_broker, topic_name, build):
    kafka_broker.create_topic(topic_name, 3)
    for number in range(3):
        kafka_broker.produce(topic_name, [b"in %d" % number], number)
    source = source_of(kafka_broker, topic_name)
    assert source.list_parts() == [f"{topic_name}-{number}" for number in range(3)]
    for number in range(3):
        assert messages_of(read_all(build(source, f"{topic_name}-{number}"))) == [(0, b"in %d" % number)]


def test_tombstones_are_counted_and_skipped(kafka_broker, topic_name, build):
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, [None, b"a", None, None, b"b", None])
    metrics = Metrics()
    partition = build(source_of(kafka_broker, topic_name, metrics=metrics))
    assert messages_of(read_all(partition)) == [(1, b"a"), (4, b"b")]
    assert KafkaPosition.of(partition.snapshot()).next == 6
    assert metrics.registry.get_sample_value("riskdesk_tombstones_total") == 4


def test_a_message_of_ten_megabytes_goes_to_the_dead_letters_with_its_offset(kafka_broker, topic_name, build):
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, [b"{}", b"[" * 10_000_000, b"x"])
    blocks = read_all(build(source_of(kafka_broker, topic_name)))
    assert max(len(block.data) for block in blocks) < 2 * MAX_LINE_BYTES
    codec = Codec(TimeBounds(earliest_ms=0, latest_ms=1 << 42, ahead_of_ingest_ms=0))
    letters = [letter for block in blocks for letter in codec.decode(block)[1]]
    assert [(letter.offset, letter.reason) for letter in letters] == [
        (0, Reason.MISSING_FIELD), (1, Reason.TOO_LONG), (2, Reason.NOT_JSON),
    ]  # fmt: skip


def test_a_message_with_newlines_stays_one_line_and_means_the_same(kafka_broker, topic_name, build):
    mark = b'{\n  "kind": "progress",\r\n  "at": "2026-01-01T00:00:00Z"\n}\n'
    torn = b'{"kind": "progress", "at": "2026-01-\n01T00:00:00Z"}'
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, [mark, torn, mark + mark])
    (block, _) = read_all(build(source_of(kafka_broker, topic_name)))
    codec = Codec(TimeBounds(earliest_ms=0, latest_ms=1 << 42, ahead_of_ingest_ms=0))
    events, letters = codec.decode(block)
    assert len(events) == 1
    assert [letter.offset for letter in letters] == [1, 2]


def test_dead_letters_have_the_same_ids_however_messages_were_grouped(kafka_broker, topic_name, build):
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, [b"bad %d" % number if number % 3 else b"{}" for number in range(40)])
    codec = Codec(TimeBounds(earliest_ms=0, latest_ms=1 << 42, ahead_of_ingest_ms=0))
    ids = set()
    for most in (1, 7, 100):
        blocks = read_all(build(source_of(kafka_broker, topic_name, most_messages=most)))
        ids.add(tuple(letter.id for block in blocks for letter in codec.decode(block)[1]))
    assert len(ids) == 1
    assert len(ids.pop()) == 40


def test_offsets_that_retention_took_are_told_with_what_was_lost(kafka_broker, topic, build):
    kafka_broker.forget(topic, 0, 40)
    partition = build(source_of(kafka_broker, topic), "", state(25))
    with pytest.raises(OffsetGoneError, match=r"messages 25 to 39 .* \(15 of them\).*lost_messages: skip"):
        read_all(partition)


def test_lost_messages_are_skipped_where_the_profile_says_so(kafka_broker, topic, build):
    kafka_broker.forget(topic, 0, 40)
    partition = build(source_of(kafka_broker, topic, lost="skip"), "", state(25))
    assert messages_of(read_all(partition)) == NUMBERED[40:]


@pytest.mark.parametrize("follow", [False, True])
def test_an_offset_behind_the_end_of_the_log_is_told(kafka_broker, topic, build, follow):
    partition = build(source_of(kafka_broker, topic, follow=follow), "", state(1000))
    with pytest.raises(OffsetGoneError, match="read up to offset 1000, but ends before 60"):
        read_all(partition)


def test_a_topic_made_anew_under_the_old_name_is_not_taken_for_the_old_one(kafka_broker, topic, build):
    partition = build(source_of(kafka_broker, topic))
    read_all(partition)
    left = partition.snapshot()
    kafka_broker.delete_topic(topic)
    for _ in range(100):
        try:
            kafka_broker.create_topic(topic)
            break
        except Exception:
            time.sleep(0.1)
    kafka_broker.produce(topic, LINES * 2)
    with pytest.raises(OffsetGoneError, match="made anew"):
        build(source_of(kafka_broker, topic), "", left)


def test_a_partition_that_is_added_ends_the_flow_and_is_read_whole_after_a_start(kafka_broker, topic, build):
    source = source_of(kafka_broker, topic, follow=True, latest=True)
    partition = build(source)
    kafka_broker.add_partitions(topic, 2)
    kafka_broker.produce(topic, [b"new"], 1)
    with pytest.raises(PartitionsAddedError, match=f"{topic} has 2 partitions, it had 1"):
        read_all(partition)
    again = source_of(kafka_broker, topic, latest=True, known=[f"{topic}-0"])
    assert again.list_parts() == [f"{topic}-0", f"{topic}-1"]
    assert messages_of(read_all(build(again, f"{topic}-1"))) == [(0, b"new")]


def test_a_topic_that_vanishes_is_waited_for_and_then_told(kafka_broker, topic, build):
    partition = build(source_of(kafka_broker, topic, follow=True, patience_s=0.5))
    read_until(partition, lambda blocks: len(messages_of(blocks)) == len(LINES))
    kafka_broker.delete_topic(topic)
    with pytest.raises(TopicGoneError, match=f"{topic} was removed"):
        read_all(partition)


def test_a_topic_that_is_not_there_is_named(kafka_broker):
    with pytest.raises(TopicGoneError, match=r"no such topic .*: no\.such"):
        source_of(kafka_broker, "no.such")


def test_no_broker_is_told_when_patience_ends():
    class Nobody:
        bootstrap = "127.0.0.1:1"

    with pytest.raises(BrokerAwayError, match=r"no broker of 127\.0\.0\.1:1 answers"):
        source_of(Nobody(), "any", patience_s=0.1)  # type: ignore[arg-type]


def test_a_broker_that_was_away_is_read_on_from(own_broker, topic_name, build):
    own_broker.create_topic(topic_name)
    own_broker.produce(topic_name, LINES[:30])
    partition = build(source_of(own_broker, topic_name, follow=True))
    seen = read_until(partition, lambda blocks: len(messages_of(blocks)) == 30)
    own_broker.stop()
    polls_until = time.monotonic() + 3
    while time.monotonic() < polls_until:
        assert partition.next_batch() == []
        time.sleep(0.02)
    own_broker.start()
    own_broker.produce(topic_name, LINES[30:])
    seen += read_until(partition, lambda blocks: len(messages_of(blocks)) == 30)
    assert messages_of(seen) == NUMBERED


def test_what_was_committed_is_told_to_the_group(kafka_broker, topic, build):
    source = KafkaSource(connect(kafka_broker), [TopicInput(topic)], most_messages=10)
    partition = build(source)
    read_until(partition, lambda blocks: len(blocks) >= 1)
    wanted = KafkaPosition.of(partition.snapshot()).next
    partition.next_batch()
    consumer = Consumer({"bootstrap.servers": kafka_broker.bootstrap, "group.id": "tests"})
    committed = [TopicPartition(topic, 0, -1)]
    while committed[0].offset != wanted:
        committed = consumer.committed([TopicPartition(topic, 0)], timeout=10)
    consumer.close()


def test_what_is_left_of_a_part_that_ends_is_known_without_asking_anybody(kafka_broker, topic, build):
    metrics = Metrics()
    partition = build(source_of(kafka_broker, f"{topic}?from=10&to=40", metrics=metrics, most_messages=7))

    def lag() -> float | None:
        return metrics.registry.get_sample_value("riskdesk_lag_messages", {"partition": f"{topic}-0"})

    partition.next_batch()
    while lag() == 30:
        partition.next_batch()
    assert lag() == 23
    read_all(partition)
    assert lag() == 0


def test_lag_is_what_lies_behind_the_position(kafka_broker, topic, build):
    metrics = Metrics()
    partition = build(source_of(kafka_broker, topic, follow=True, most_messages=10, metrics=metrics))
    read_until(partition, lambda blocks: len(messages_of(blocks)) >= 60)
    kafka_broker.produce(topic, [b"more"])

    def lag() -> float | None:
        return metrics.registry.get_sample_value("riskdesk_lag_messages", {"partition": f"{topic}-0"})

    read_until(partition, lambda blocks: len(messages_of(blocks)) == 1)
    while lag() != 0:
        partition.next_batch()
        time.sleep(0.02)


def test_a_partition_whose_messages_cannot_be_read_is_told_to_stand_still_until_they_can(
    kafka_broker, topic, build
):
    metrics = Metrics()
    partition = build(source_of(kafka_broker, topic, follow=True, metrics=metrics))
    read_until(partition, lambda blocks: len(messages_of(blocks)) == 60)

    def still_s() -> float:
        labels = {"partition": f"{topic}-0"}
        return metrics.registry.get_sample_value("riskdesk_partition_standstill_seconds", labels) or 0.0

    assert still_s() == 0
    producer = Producer({"bootstrap.servers": kafka_broker.bootstrap, "transactional.id": topic})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic, b"held back", partition=0)
    producer.flush()
    while still_s() < 0.5:
        partition.next_batch()
        time.sleep(0.02)
    producer.commit_transaction()
    assert messages_of(read_until(partition, len)) == [(60, b"held back")]
    while still_s():
        partition.next_batch()
        time.sleep(0.02)


def test_a_span_of_a_topic_is_read_between_two_offsets_or_times(kafka_broker, topic, build):
    for query, wanted in (
        ("from=10&to=20", NUMBERED[10:20]),
        ("to=3", NUMBERED[:3]),
        ("from=55", NUMBERED[55:]),
        ("from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00%2B08:00", []),
        ("to=2999-01-01T00:00:00Z", NUMBERED),
    ):
        assert messages_of(read_all(build(source_of(kafka_broker, f"{topic}?{query}")))) == wanted


def test_the_position_of_a_newer_riskdesk_is_refused(kafka_broker, topic, build):
    with pytest.raises(PositionTooNewError):
        build(source_of(kafka_broker, topic), "", (2, 5))


@pytest.mark.parametrize(
    "text", ["kafka://", "kafka://a b", "kafka://a/b", "kafka://a?since=1", "kafka://a?from=monday", "topic"]
)
def test_what_names_no_topic_is_refused(text):
    with pytest.raises(InputError):
        TopicInput.of(text)


def test_inputs_are_parted_into_files_and_topics():
    files, topics = split_inputs(["a.jsonl", "kafka://t?from=1", "kafka://u"])
    assert [str(path) for path in files] == ["a.jsonl"]
    assert topics == ("kafka://t?from=1", "kafka://u")
    with pytest.raises(InputError, match="twice: t"):
        split_inputs(["kafka://t", "kafka://t?from=1"])
