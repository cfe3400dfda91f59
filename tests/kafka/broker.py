"""A real Apache Kafka broker for tests and benchmarks: in a folder of its own, gone with its process."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.kafka.certificates import write_certificates
from tests.kafka.jars import NoBroker, kafka_jars

# One small process: what starts a second sooner is worth more here than what runs faster in an hour.
_JAVA = ("java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
_STARTS_WITHIN_S = 120.0
USER, PASSWORD = "desk", "only-for-tests"

_SECURITY = "org.apache.kafka.common.security"
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secure}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config={plain_login} required user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram_login} required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
message.max.bytes=20000000
log.retention.ms=-1
log.initial.task.delay.ms=500
log.retention.check.interval.ms=500
file.delete.delay.ms=100
"""


class KafkaBroker:
    """One broker, which is its own controller; it can be stopped, killed and started again."""

    def __init__(self, within: Path | None = None) -> None:
        """Format a storage in a new folder `within` another and start on it. Raises NoBroker."""
        self._jars = kafka_jars()
        self.folder = Path(tempfile.mkdtemp(prefix="rd-kafka-", dir=within))
        self._process: subprocess.Popen[bytes] | None = None
        plain, secure, controller = _free_ports(3)
        self.bootstrap = f"127.0.0.1:{plain}"
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        self.secure_bootstrap = f"127.0.0.1:{secure}"
        try:
            write_certificates(self.folder)
            (self.folder / "server.properties").write_text(
                _PROPERTIES.format(
                    plain=plain, secure=secure, controller=controller, folder=self.folder, user=USER,
                    password=PASSWORD, plain_login=f"{_SECURITY}.plain.PlainLoginModule",
                    scram_login=f"{_SECURITY}.scram.ScramLoginModule",
                )
            )  # fmt: skip
            self._format()
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def authority(self) -> Path:
        """The certificate of who signed the broker's."""
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        command = self._java("kafka.Kafka", self.folder / "server.properties")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        # It reads until our end of the pipe is gone, which it is when we are.
        self._undertaker = subprocess.Popen(
            ["sh", "-c", 'cat > /dev/null; kill -9 "$0"; rm -rf "$1"', str(self._process.pid), self.folder],
            stdin=subprocess.PIPE,
        )
        began = time.monotonic()
        while self._process.poll() is None and time.monotonic() - began < _STARTS_WITHIN_S:
            try:
                if self.admin.list_topics(timeout=0.5).brokers:
                    return
            except KafkaException:
                time.sleep(0.05)
        raise NoBroker(f"Kafka did not start: {(self.folder / 'log').read_text()[-800:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the broker as an operator would, or kill it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None
            with self._undertaker as undertaker:
                undertaker.kill()

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_topic(self, name: str, partitions: int = 1, **settings: Any) -> str:
        """Make a topic; its settings are Kafka's, with _ for each dot. Gives its name once it can be used."""
        config = {key.replace("_", "."): str(value) for key, value in settings.items()}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
        self._done(self.admin.create_topics([topic]))
        while not self._is_led(name, partitions):
            time.sleep(0.02)
        return name

    def _is_led(self, name: str, partitions: int) -> bool:
        known = self.admin.list_topics(name, timeout=30).topics[name].partitions.values()
        return len(known) == partitions and all(part.leader >= 0 for part in known)

    def delete_topic(self, name: str) -> None:
        """Remove a topic with everything in it."""
        self._done(self.admin.delete_topics([name]))

    def add_partitions(self, name: str, partitions: int) -> None:
        """Let a topic have so many partitions from now on."""
        self._done(self.admin.create_partitions([NewPartitions(name, partitions)]))

    def forget(self, name: str, partition: int, before: int) -> None:
        """Remove the messages of a partition before an offset, as retention does."""
        self._done(self.admin.delete_records([TopicPartition(name, partition, before)]))

    def produce(self, topic: str, values: Iterable[bytes | None], partition: int = 0, **more: Any) -> None:
        """Append messages to a partition, and wait until they are there."""
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "message.max.bytes": 20_000_000,
                # While the leader of a new partition is not up, it refuses a batch and may take the next one:
                # a plain producer's retry would then put the first one behind it.
                "enable.idempotence": True,
            }
        )
        failed: list[Any] = []
        for value in values:
            producer.produce(
                topic,
                value,
                partition=partition,
                on_delivery=lambda error, _: error and failed.append(error),
                **more,
            )
            producer.poll(0)
        producer.flush()
        if failed:
            raise RuntimeError(f"not produced: {failed[0]}")

    def _format(self) -> None:
        scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        identity = urlsafe_b64encode(os.urandom(16)).decode().rstrip("=").replace("-", "A")
        command = self._java(
            "kafka.tools.StorageTool", "format", "--cluster-id", identity, "--add-scram", scram,
            "--config", self.folder / "server.properties",
        )  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NoBroker(f"the storage was not formatted: {(made.stdout + made.stderr)[-800:]}")

    def _java(self, main: str, *arguments: object) -> list[str]:
        return [*_JAVA, _QUIET, "-cp", f"{self._jars}/*", main, *map(str, arguments)]

    def _done(self, answers: dict[Any, Any]) -> None:
        for answer in answers.values():
            answer.result()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [found.getsockname()[1] for found in sockets]
    finally:
        for found in sockets:
            found.close()
