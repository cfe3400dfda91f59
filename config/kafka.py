"""The profile's `kafka` part: where Kafka is, who we are there, and what goes in and out.

SecretError             a password is not where the profile says it is
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.parts import Part

_SERVER = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")

# librdkafka's settings that a profile may set. The rest is ours, as the guarantees rest on it (offsets,
# group, idempotence), or has a key of its own (servers, TLS, SASL).
CLIENT_SETTINGS = frozenset(
    {
        "broker.address.family", "client.rack", "connections.max.idle.ms", "metadata.max.age.ms",
        "reconnect.backoff.max.ms", "reconnect.backoff.ms", "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable", "socket.timeout.ms",
    }
)  # fmt: skip
CONSUMER_SETTINGS = frozenset(
    {
        "check.crcs", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes", "fetch.wait.max.ms",
        "isolation.level", "queued.max.messages.kbytes", "queued.min.messages", "receive.message.max.bytes",
    }
)  # fmt: skip
PRODUCER_SETTINGS = frozenset(
    {"batch.size", "compression.level", "compression.type", "linger.ms", "message.max.bytes",
     "queue.buffering.max.kbytes", "queue.buffering.max.messages"}
)  # fmt: skip

Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
Setting = Annotated[bool | int | str, Field(union_mode="left_to_right")]
Span = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=7))]


class SecretError(ValueError):
    """A password is not where the profile says it is."""


def _server(text: str) -> str:
    if not _SERVER.fullmatch(text):
        raise ValueError("should be host:port")
    return text


def _only(allowed: frozenset[str]) -> AfterValidator:
    def check(given: Mapping[str, Setting]) -> Mapping[str, Setting]:
        wrong = sorted(given.keys() - allowed)
        if wrong:
            raise ValueError(f"should hold none but {', '.join(sorted(allowed))}; not {', '.join(wrong)}")
        return given

    return AfterValidator(check)


class Secret(Part):
    """Where a password is: in an environment variable, or in a file, whose last newline does not count."""

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("should have either env or file: the password itself stands in no profile")
        return self

    def read(self, what: str) -> str:
        """Give the password. Raises SecretError saying where it should be; it is never shown."""
        if self.env is not None:
            found = os.environ.get(self.env, "")
            if not found:
                raise SecretError(f"{what}: the environment variable {self.env} is empty; set it")
            return found
        try:
            found = Path(self.file or "").read_text("utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"{what}: {self.file} cannot be read ({error})") from None
        if not found:
            raise SecretError(f"{what}: {self.file} is empty; write it there")
        return found


class Tls(Part):
    """TLS: who signs the brokers' certificates (else the system's authorities), and our own certificate."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("should have certificate and key, or neither of them")
        return self


class Sasl(Part):
    """Who we are, and how we prove it."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: Annotated[str, Field(min_length=1)]
    password: Secret


class ProgressMarks(Part):
    """Progress marks, by which a silence is noticed although nothing comes; connectors.kafka_marks says how.

    An event reaches its topic at most `lag` after it happened; `settle` covers how long a message may take to
    be readable, and how far clocks differ.
    """

    lag: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=1))]
    every: Annotated[timedelta, Field(ge=timedelta(milliseconds=100), le=timedelta(hours=1))] = timedelta(
        seconds=1
    )
    settle: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=1))] = timedelta(seconds=10)


class Kafka(Part):
    """How to reach Kafka, and which topics alerts and dead letters go to; inputs are given to the command.

    `group` is where offsets are committed for tools that show lag. `start` says where a topic is begun that
    was never read, `lost_messages` what to do when some were removed unread. After `patience` a broker or
    topic that is away ends the run, for its supervisor to begin anew. `alerts` and `dead_letters` are topics
    that a live run writes to, beside the store.
    """

    bootstrap_servers: Annotated[
        tuple[Annotated[str, AfterValidator(_server)], ...], Field(min_length=1, max_length=64)
    ]
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "riskdesk"
    group: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
    tls: Tls | None = None
    sasl: Sasl | None = None
    start: Literal["earliest", "latest"] = "earliest"
    lost_messages: Literal["stop", "skip"] = "stop"
    patience: Span = timedelta(minutes=5)
    marks: ProgressMarks | None = None
    alerts: Topic | None = None
    dead_letters: Topic | None = None
    client: Annotated[dict[str, Setting], _only(CLIENT_SETTINGS)] = Field(default_factory=dict)
    consumer: Annotated[dict[str, Setting], _only(CONSUMER_SETTINGS)] = Field(default_factory=dict)
    producer: Annotated[dict[str, Setting], _only(PRODUCER_SETTINGS)] = Field(default_factory=dict)

    def client_settings(self) -> dict[str, Any]:
        """Give librdkafka's settings that every client of ours has, with the passwords read.

        Raises SecretError for a password that is not where it should be.
        """
        settings: dict[str, Any] = {
            "bootstrap.servers": ",".join(self.bootstrap_servers),
            "client.id": self.client_id,
            "security.protocol": _protocol(self.tls is not None, self.sasl is not None),
            **self.client,
        }
        if self.tls is not None:
            settings |= _tls_settings(self.tls)
        if self.sasl is not None:
            settings["sasl.mechanism"] = self.sasl.mechanism
            settings["sasl.username"] = self.sasl.username
            settings["sasl.password"] = self.sasl.password.read("kafka.sasl.password")
        return settings


def _protocol(tls: bool, sasl: bool) -> str:
    return ("sasl_ssl" if tls else "sasl_plaintext") if sasl else ("ssl" if tls else "plaintext")


def _tls_settings(tls: Tls) -> dict[str, Any]:
    settings = {
        "ssl.ca.location": tls.authorities,
        "ssl.certificate.location": tls.certificate,
        "ssl.key.location": tls.key,
    }
    found: dict[str, Any] = {name: str(path) for name, path in settings.items() if path is not None}
    if tls.key_password is not None:
        found["ssl.key.password"] = tls.key_password.read("kafka.tls.key_password")
    return found
