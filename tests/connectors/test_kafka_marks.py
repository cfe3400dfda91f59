"""Progress marks: whoever reads the log later has heard of the same time before each message."""

import time
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import InputError
from connectors.kafka_marks import MarkRules, Marks
from connectors.kafka_positions import KafkaPosition
from domain.instants import iso
from tests.connectors.kafka_parts import messages_of, read_all, read_until, source_of

pytestmark = pytest.mark.slow

RULES = MarkRules(lag=timedelta(minutes=1), every=timedelta(seconds=1), settle=timedelta(seconds=10))
START_MS = 1_767_225_600_000


def told(line: bytes) -> str:
    return orjson.loads(line)["at"]


@given(
    steps=st.lists(st.integers(0, 5_000), min_size=1, max_size=40),
    looks=st.lists(st.tuples(st.integers(0, 39), st.integers(-30_000, 10_000)), max_size=40),
)
def test_marks_at_the_end_of_the_log_tell_nothing_that_the_next_message_does_not(steps, looks):
    appended = [START_MS + sum(steps[: place + 1]) for place in range(len(steps))]
    replayed, live = Marks(RULES), Marks(RULES)
    for place, at_ms in enumerate(appended):
        for before, late_ms in looks:
            # The broker was asked, by a clock of ours that is wrong by no more than settle allows.
            if before == place:
                live.at_end(min(at_ms + 10_000, at_ms + late_ms))
        replayed.before(at_ms)
        live.before(at_ms)
        assert live.told_ms == replayed.told_ms


def test_a_mark_tells_of_the_time_that_all_events_before_have_reached():
    marks = Marks(RULES)
    assert told(marks.before(START_MS + 61_999)) == iso(START_MS + 1_000)
    assert marks.before(START_MS + 62_000 - 1) == b""
    assert told(marks.before(START_MS + 62_000)) == iso(START_MS + 2_000)
    assert told(marks.at_end(START_MS + 80_000)) == iso(START_MS + 10_000)


def test_marks_resumed_tell_nothing_twice():
    marks = Marks(RULES)
    marks.before(START_MS)
    assert Marks(RULES, marks.told_ms).before(START_MS) == b""


@pytest.fixture
def topic(kafka_broker, topic_name) -> str:
    return kafka_broker.create_topic(topic_name, message_timestamp_type="LogAppendTime")


def test_a_log_that_has_ended_goes_on_telling_time(kafka_broker, topic, build):
    rules = MarkRules(lag=timedelta(0), every=timedelta(milliseconds=100), settle=timedelta(0))
    kafka_broker.produce(topic, [b"a"])
    partition = build(source_of(kafka_broker, topic, follow=True, marks=rules))
    found = messages_of(read_until(partition, lambda blocks: len(messages_of(blocks)) >= 5))
    assert [offset for offset, _ in found] == [0, 0, 1, 1, 1]
    assert found[1] == (0, b"a")
    times = [told(line) for place, (_, line) in enumerate(found) if place != 1]
    assert times == sorted(set(times))


def test_a_log_read_again_has_the_marks_of_its_messages_wherever_it_is_resumed(kafka_broker, topic, build):
    rules = MarkRules(lag=timedelta(0), every=timedelta(milliseconds=100), settle=timedelta(seconds=5))
    for number in range(6):
        kafka_broker.produce(topic, [b"%d" % number, b"x"])
        time.sleep(0.12)
    source = source_of(kafka_broker, topic, marks=rules, most_messages=3)
    everything = messages_of(read_all(build(source)))
    assert len(everything) > 12 + 3
    partition = build(source)
    for blocks in range(1, 4):
        seen = read_until(partition, lambda found: len(found) >= 1)
        position = KafkaPosition.of(partition.snapshot())
        rest = messages_of(read_all(build(source, "", tuple(position))))
        assert everything[-len(rest) :] == rest
        assert (blocks, messages_of(seen)) != (blocks, [])


def test_marks_need_the_time_of_the_broker(kafka_broker, topic_name, build):
    kafka_broker.create_topic(topic_name, message_timestamp_type="CreateTime")
    kafka_broker.produce(topic_name, [b"a"])
    with pytest.raises(InputError, match=r"message\.timestamp\.type=LogAppendTime"):
        read_all(build(source_of(kafka_broker, topic_name, marks=RULES)))
