"""Looks after the topics that are read: are they there, have they grown, and where do they end?"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread

from confluent_kafka import KafkaException

from connectors.errors import (
    BrokerAwayError,
    KafkaRefusedError,
    KafkaTroubleError,
    PartitionsAddedError,
    TopicGoneError,
)
from connectors.kafka_connection import KafkaConnection, error_of
from connectors.kafka_topics import TopicPart, count_partitions, ends_of

log = logging.getLogger(__name__)

_LOOK_EVERY = timedelta(seconds=5)


class TopicWatch:
    """Asks the brokers again and again, beside the engine's thread, which must not wait for an answer.

    One for each process; it begins with the first partition that is opened there and ends with the last one.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        parts: Sequence[TopicPart],
        *,
        grows: bool,
        ends_every: timedelta,
        look_every: timedelta = _LOOK_EVERY,
    ) -> None:
        """Prepare to look after `parts`: at their topics, and so often at where they end.

        `grows` is whether partitions that are added are to be read too.
        """
        self._connection = connection
        self._parts = tuple(parts)
        self._grows = grows
        self._look_every_s = look_every.total_seconds()
        self._ends_every_s = ends_every.total_seconds()
        self._users = 0
        self._ended = Event()
        self._lock = Lock()
        self._ends: dict[TopicPart, tuple[int, int]] = {}
        self._trouble: KafkaTroubleError | None = None
        self._since: float | None = None

    def begin(self) -> None:
        """Take one more user in; the first one starts the looking."""
        self._users += 1
        if self._users == 1:
            self._ended = Event()
            Thread(target=self._run, args=(self._ended,), name="kafka-watch", daemon=True).start()

    def end(self) -> None:
        """Let one user go; the last one ends the looking."""
        self._users -= 1
        if not self._users:
            self._ended.set()

    def check(self) -> None:
        """Raise what cannot be waited for any longer; nothing while all is well, or patience lasts."""
        trouble = self._trouble
        if trouble is None:
            return
        if isinstance(trouble, BrokerAwayError | TopicGoneError):
            waited_s = time.monotonic() - (self._since or time.monotonic())
            if waited_s < self._connection.patience.total_seconds():
                return
        raise trouble

    def end_of(self, part: TopicPart) -> tuple[int, int] | None:
        """Give when it was last asked (our clock, in ms) where a partition ends, and the answer."""
        with self._lock:
            return self._ends.get(part)

    def _run(self, ended: Event) -> None:
        admin = self._connection.open_admin()
        looked = time.monotonic() - self._look_every_s
        while not ended.wait(min(self._ends_every_s, self._look_every_s)):
            began = time.monotonic()
            admin.poll(0)  # what the client has to tell
            try:
                if began - looked >= self._look_every_s:
                    looked = began
                    self._look(count_partitions(admin, self._connection, self._topics))
                # Read before the question: what is appended from here on is not in the answer.
                asked_ms = int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251
                found = ends_of(admin, self._parts)
            except (BrokerAwayError, TopicGoneError) as trouble:
                self._wait(trouble, began)
            except (KafkaRefusedError, PartitionsAddedError) as trouble:
                self._trouble = trouble
            except KafkaException as raised:
                log.debug("Kafka does not say where topics end: %s", error_of(raised).str())
            else:
                with self._lock:
                    self._ends = {part: (asked_ms, end) for part, end in found.items()}

    @property
    def _topics(self) -> list[str]:
        return sorted({part.topic for part in self._parts})

    def _look(self, counts: dict[str, int]) -> None:
        known = {topic: sum(part.topic == topic for part in self._parts) for topic in self._topics}
        gone = [topic for topic, count in counts.items() if not count]
        if gone:
            raise TopicGoneError(
                f"{', '.join(gone)} was removed from {self._connection.servers} while it was read; if that "
                "was meant, take it out of the input; if not, see who removed it: what it held is gone"
            )
        if self._trouble is not None:
            log.warning("Kafka is back: %s answers and has all topics", self._connection.servers)
        self._trouble = self._since = None
        added = [f"{topic} has {counts[topic]} partitions, it had {known[topic]}" for topic in counts
                 if counts[topic] > known[topic]]  # fmt: skip
        if added and self._grows:
            raise PartitionsAddedError(
                f"{'; '.join(added)}: the flow must start again to read them all, and goes on where it was"
            )

    def _wait(self, trouble: KafkaTroubleError, began: float) -> None:
        if self._trouble is None:
            self._since = began
            patience_s = self._connection.patience.total_seconds()
            log.warning("%s; the flow waits %.0f s for it", trouble, patience_s)
        self._trouble = trouble
