"""A flow that reads topics: the recorded night's alerts, whatever happens on the way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

import orjson
import pytest

from cases.store import open_store
from connectors.reference_files import read_reference
from tests.connectors.kafka_parts import read_topic
from tests.flows.running import NIGHT, PROFILE, alert_ids, lines_in, stored_alerts, until
from tests.kafka.broker import PASSWORD, USER, KafkaBroker

pytestmark = pytest.mark.slow

EXPECTED = NIGHT / "alerts.jsonl"
PARTITIONS = 3


@pytest.fixture(scope="session")
def night_lines(night) -> list[list[bytes]]:
    """The recorded night by partition, a card's events in one of them."""
    parted: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    for line in night.read_bytes().splitlines():
        parted[crc32(orjson.loads(line)["card"].encode()) // 7 % PARTITIONS].append(line)
    return parted


@pytest.fixture(scope="session")
def night_topic(kafka_broker: KafkaBroker, night_lines) -> str:
    topic = kafka_broker.create_topic("night", PARTITIONS)
    for number, lines in enumerate(night_lines):
        kafka_broker.produce(topic, lines, number)
    return topic


@pytest.fixture
def profile_for(tmp_path) -> Callable[..., Path]:
    """Write the night's profile with a kafka part for a broker."""

    def write(broker: KafkaBroker, *more: str, **replaced: str) -> Path:
        kafka = ["kafka:", f"  bootstrap_servers: [{broker.bootstrap}]", "  group: riskdesk-tests", *more]
        text = "\n".join([PROFILE.read_text().replace("segments.json", str(NIGHT / "segments.json")), *kafka])
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "profile.yaml"
        path.write_text(text)
        return path

    return write


def expected_ids() -> list[str]:
    return sorted(alert_ids(EXPECTED))


def read_values(broker: KafkaBroker, topic: str) -> list[dict]:
    return [orjson.loads(message.value()) for message in read_topic(broker, topic)]


def test_what_is_sent_before_a_partition_has_its_leader_stands_in_order(own_broker, night_lines):
    # All tests here rest on it: a night in another order is another night, with other alerts.
    lines = night_lines[0][:7_000]
    with ThreadPoolExecutor(12) as senders:
        sent = [senders.submit(own_broker.produce, "early", lines, number) for number in range(12)]
        own_broker.create_topic("early", 12)
    for sending in sent:
        sending.result()
    found = {
        number: [message.value() for message in read_topic(own_broker, "early", number)]
        for number in range(12)
    }
    assert [number for number in found if found[number] != lines] == []


def test_the_recorded_night_through_a_topic_gives_its_golden_alerts(
    riskdesk, store, tmp_path, kafka_broker, night_topic, profile_for
):
    alerts = tmp_path / "alerts.jsonl"
    profile = profile_for(kafka_broker)
    riskdesk("replay", profile, f"kafka://{night_topic}", "--store", store, "--alerts", alerts).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    assert stored_alerts(store) == expected_ids()


def test_topics_and_files_are_read_side_by_side(
    riskdesk, store, tmp_path, kafka_broker, topic_name, night, night_lines, profile_for
):
    kafka_broker.create_topic(topic_name)
    kafka_broker.produce(topic_name, night_lines[0])
    file = tmp_path / "rest.jsonl"
    rest = set(night.read_bytes().splitlines()) - set(night_lines[0])
    file.write_bytes(b"".join(line + b"\n" for line in night.read_bytes().splitlines() if line in rest))
    alerts = tmp_path / "alerts.jsonl"
    profile = profile_for(kafka_broker)
    riskdesk("replay", profile, file, f"kafka://{topic_name}", "--store", store, "--alerts", alerts).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()


def test_a_poisoned_partition_does_not_stop_the_others(
    riskdesk, store, tmp_path, kafka_broker, topic_name, night_lines, profile_for
):
    kafka_broker.create_topic(topic_name, PARTITIONS + 1)
    for number, lines in enumerate(night_lines):
        kafka_broker.produce(topic_name, lines, number)
    kafka_broker.produce(topic_name, [b"\xff poison %d" % number for number in range(2_000)], PARTITIONS)
    alerts = tmp_path / "alerts.jsonl"
    profile = profile_for(kafka_broker, **{"window: 10000": "window: 1000\n  past_limit: go_on"})
    riskdesk("replay", profile, f"kafka://{topic_name}", "--store", store, "--alerts", alerts).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    with open_store(store) as opened:
        letters = opened.dead_letters.list(limit=10_000)
    assert {letter.rejected.partition for letter in letters} == {f"{topic_name}-{PARTITIONS}"}
    assert sorted(letter.rejected.offset for letter in letters) == list(range(2_000))


def test_the_night_comes_through_tls_and_a_password(
    riskdesk, store, tmp_path, kafka_broker, night_topic, profile_for
):
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    profile = profile_for(
        kafka_broker,
        f"  tls: {{authorities: {kafka_broker.authority}}}",
        f"  sasl: {{username: {USER}, password: {{file: {password}}}}}",
        **{kafka_broker.bootstrap: kafka_broker.secure_bootstrap},
    )
    alerts = tmp_path / "alerts.jsonl"
    command = ("replay", profile, f"kafka://{night_topic}", "--store", store, "--alerts", alerts)
    riskdesk(*command).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    password.write_text("wrong")
    refused = riskdesk(*command)
    assert refused.wait() == 1
    assert "kafka" in refused.err
    assert "wrong" not in refused.err


def test_a_topic_without_a_kafka_part_is_refused_with_what_to_write(riskdesk, store):
    command = riskdesk("replay", PROFILE, "kafka://night", "--store", store)
    assert command.wait() == 1
    assert "bootstrap_servers" in command.err


def test_a_run_publishes_its_alerts_and_dead_letters(
    riskdesk, store, kafka_broker, topic_name, night, profile_for
):
    outputs = [kafka_broker.create_topic(f"{topic_name}.{name}") for name in ("alerts", "dead_letters")]
    kafka_broker.create_topic(topic_name)
    lines = night.read_bytes().splitlines()
    kafka_broker.produce(topic_name, [*lines, b"no event"])
    profile = profile_for(kafka_broker, f"  alerts: {outputs[0]}", f"  dead_letters: {outputs[1]}")
    run = riskdesk(
        "run", "card-risk", "--profile", profile, "--input", f"kafka://{topic_name}", "--store", store,
        "--no-follow",
    )  # fmt: skip
    run.finish()
    assert sorted(record["id"] for record in read_values(kafka_broker, outputs[0])) == expected_ids()
    (letter,) = read_values(kafka_broker, outputs[1])
    assert (letter["partition"], letter["offset"]) == (f"{topic_name}-0", len(lines))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_again_and_again_a_run_resumes_to_the_same_alerts(
    request, riskdesk, store, tmp_path, kafka_broker, night_topic, profile_for, database
):
    if database == "postgresql":
        store = request.getfixturevalue("postgres_url")
        with open_store(store) as opened:
            opened.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))
    alerts = tmp_path / "alerts.jsonl"
    command = (
        "replay", profile_for(kafka_broker), f"kafka://{night_topic}", "--store", store,
        "--alerts", alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
    )  # fmt: skip
    interrupted = 0
    for wanted in (1, 8, 16, 24):
        run = riskdesk(*command)
        while run.running and lines_in(alerts) < wanted:
            time.sleep(0.005)
        interrupted += run.running
        run.kill()
    assert interrupted >= 2
    riskdesk(*command).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    assert stored_alerts(store) == expected_ids()


def test_a_live_run_outlives_its_broker_and_takes_a_new_partition_in(
    riskdesk, store, tmp_path, own_broker, night_lines, profile_for
):
    topic = own_broker.create_topic("live", PARTITIONS - 1)
    alerts = tmp_path / "alerts.jsonl"
    run = riskdesk(
        "run", "card-risk", "--profile", profile_for(own_broker), "--input", f"kafka://{topic}",
        "--store", store, "--alerts", alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
    )  # fmt: skip
    for number in range(PARTITIONS - 1):
        own_broker.produce(topic, night_lines[number][:5_000], number)
    until(lambda: lines_in(alerts) >= 1, run)
    own_broker.stop()
    time.sleep(3)
    assert run.running
    own_broker.start()
    for number in range(PARTITIONS - 1):
        own_broker.produce(topic, night_lines[number][5_000:], number)
    own_broker.add_partitions(topic, PARTITIONS)
    own_broker.produce(topic, night_lines[PARTITIONS - 1], PARTITIONS - 1)
    # What the slowest partition has not reached yet is held back for ever: no more comes.
    until(lambda: lines_in(alerts) >= len(expected_ids()) - 5, run)
    assert run.terminate() == 0
    found = alert_ids(alerts)
    assert set(found) <= set(expected_ids())
    assert len(found) == len(set(found))
