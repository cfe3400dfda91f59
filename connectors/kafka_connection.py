"""How to reach Kafka: plain settings for librdkafka, and what of its errors means what."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from connectors.errors import KafkaRefusedError

T = TypeVar("T")

log = logging.getLogger(__name__)

# What librdkafka holds ready for one partition: the flow's back-pressure, for nothing else queues.
_QUEUED_KBYTES = 16_384
_NO_CODE = -1

# Its log tells of every single attempt to connect; what lasts, the watch over the topics tells.
_COMMON: Mapping[str, Any] = {"log_level": 2, "reconnect.backoff.ms": 250, "reconnect.backoff.max.ms": 2_000}
_CONSUMER: Mapping[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    # A resume offset that is gone must be told, never jumped over.
    "auto.offset.reset": "error",
    "allow.auto.create.topics": False,
    "queued.max.messages.kbytes": _QUEUED_KBYTES,
    # A full queue is asked again so soon; the default second would be the pace of a catch-up.
    "fetch.queue.backoff.ms": 5,
    # The flow may stand still behind a store that is away; nobody takes its partitions meanwhile.
    "max.poll.interval.ms": 86_400_000,
}
_PRODUCER: Mapping[str, Any] = {"enable.idempotence": True, "linger.ms": 0}

_CONNECTING = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
# What no waiting will change.
_REFUSALS = {
    KafkaError._AUTHENTICATION: "the broker does not know us",
    KafkaError.SASL_AUTHENTICATION_FAILED: "the broker does not know us",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "we are not allowed to use the topic",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "we are not allowed to use the cluster",
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "the broker does not take this SASL mechanism",
}


@dataclass(frozen=True)
class KafkaConnection:
    """Where Kafka is and how to speak to it.

    `common`, `consumer` and `producer` are librdkafka's settings; `common` holds bootstrap.servers and any
    secret. `group` is where offsets are committed for lag tools. `patience` is how long a broker or a topic
    may be away before the flow gives up.
    """

    common: Mapping[str, Any] = field(repr=False)
    group: str
    consumer: Mapping[str, Any] = field(default_factory=dict)
    producer: Mapping[str, Any] = field(default_factory=dict)
    patience: timedelta = timedelta(minutes=5)

    @property
    def servers(self) -> str:
        """Where to begin to look for brokers, as messages name them."""
        return str(self.common.get("bootstrap.servers", ""))

    def open_consumer(self, on_commit: Callable[[KafkaError | None, list[Any]], None]) -> Consumer:
        """Make a consumer, which is assigned partitions and never joins a group."""
        settings = {**_COMMON, **_CONSUMER, **self.common, **self.consumer, "group.id": self.group}
        return Consumer({**settings, "on_commit": on_commit, "error_cb": tell}, logger=log)

    def open_producer(self) -> Producer:
        """Make an idempotent producer that gives a message up after `patience`."""
        timeout_ms = max(1, int(self.patience.total_seconds() * 1000))
        settings = {**_COMMON, **_PRODUCER, **self.common, **self.producer, "message.timeout.ms": timeout_ms}
        return Producer({**settings, "error_cb": tell}, logger=log)

    def open_admin(self) -> "Asking":
        """Make a client that asks about topics."""
        return Asking({**_COMMON, **self.common})


class Asking(AdminClient):
    """A client that asks about topics, and knows why it last could not connect."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Make it from librdkafka's settings."""
        self._heard: KafkaError | None = None
        told: dict[str, Any] = {**settings, "error_cb": self._hear}
        super().__init__(told, logger=log)

    def why(self, raised: KafkaException) -> KafkaError:
        """Give what lies behind an exception of this client, as far as it was told."""
        self.poll(0)
        return self._heard or error_of(raised)

    def _hear(self, error: KafkaError) -> None:
        # That all brokers are down says less than why.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._heard = error
        tell(error)


def tell(error: KafkaError) -> None:
    """Log what librdkafka goes on trying by itself; a connection that fails is none of ours to tell."""
    log.log(logging.DEBUG if error.code() in _CONNECTING else logging.WARNING, "Kafka: %s", error.str())


def refuse(error: KafkaError, what: str) -> None:
    """Raise KafkaRefusedError when `error`, met while doing `what`, is one that no waiting will change."""
    code = _NO_CODE if error.code() is None else error.code()
    if code in _REFUSALS or error.fatal():
        why = _REFUSALS.get(code, "the client cannot go on")
        raise KafkaRefusedError(
            f"{what}: {why} ({error.str()}); look at the profile's kafka part, and at the rights that Kafka "
            "gives to its user"
        )


def error_of(raised: KafkaException) -> KafkaError:
    """Give the error that an exception of the client carries."""
    error: KafkaError = raised.args[0]
    return error
