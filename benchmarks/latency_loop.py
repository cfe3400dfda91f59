"""The loop that the flow's latency is measured against: it consumes from Kafka and inserts, and nothing else.

`python -m benchmarks.latency_loop` asks its consumer for one message after the other, reads its JSON, and
inserts what was planted into a table, each in a transaction of its own. It saves nothing and detects nothing.
"""

import argparse
import signal
from threading import Event

import orjson
import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from benchmarks.latency_stream import PLANTED

TABLE = "CREATE TABLE alert (event_id TEXT PRIMARY KEY, record TEXT NOT NULL)"
_INSERT = "INSERT INTO alert VALUES (%s, %s)"


def main() -> None:
    """Consume and insert until SIGTERM."""
    parser = argparse.ArgumentParser(description="Insert what was planted into a topic into a table.")
    parser.add_argument("--servers", required=True, help="where the broker is")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--database", required=True, help="its URL")
    given = parser.parse_args()
    ended = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    consumer = Consumer({"bootstrap.servers": given.servers, "group.id": "loop", "enable.auto.commit": False})
    consumer.assign(
        [TopicPartition(given.topic, number, OFFSET_BEGINNING) for number in range(given.partitions)]
    )
    with psycopg.connect(given.database, autocommit=True) as database:
        while not ended.is_set():
            message = consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            line = message.value() or b""
            event_id = orjson.loads(line)["event_id"]
            if event_id.startswith(PLANTED):
                database.execute(_INSERT, (event_id, line.decode()))
    consumer.close()


if __name__ == "__main__":
    main()
