"""The stream of a chaos run: simulated once, cut by card into partitions, and fed while faults happen."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Protocol
from zlib import crc32

import orjson
from confluent_kafka import Producer

from benchmarks.nights import PROFILE, START, riskdesk
from simulation.incidents import USUAL_INCIDENTS
from tests.kafka.broker import KafkaBroker

PARTITIONS = 2
# As in the recorded night; more incidents than these in so few events would be a different bank.
_EVENTS_A_NIGHT = 32_000
_CUSTOMERS_A_NIGHT = 3_000
_TICK_S = 0.05


class Stream:
    """The events of a run in files, one for each partition, and the reference data to them."""

    def __init__(
        self, folder: Path, events: int, seed: int, *, hours: int = 20, customers: int | None = None
    ) -> None:
        """Simulate so many events in so many hours, of as many customers as they need unless it is said.

        Raises RuntimeError when that fails.
        """
        nights = max(1, events // _EVENTS_A_NIGHT)
        whole, self.reference = folder / "events.jsonl", folder / "bank.jsonl"
        planted = [
            f"--incidents={plot.kind}={min(999, count * nights)}" for plot, count in USUAL_INCIDENTS.items()
        ]
        riskdesk(
            "simulate", "--seed", seed, "--customers", customers or _CUSTOMERS_A_NIGHT * nights,
            "--hours", hours,
            "--events", events, "--start", START, *planted,
            "-o", whole, "--truth", folder / "truth.jsonl", "--reference", self.reference,
        )  # fmt: skip
        self.parts = tuple(folder / f"part-{number}.jsonl" for number in range(PARTITIONS))
        self.events = 0
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in self.parts]
            for line in stack.enter_context(whole.open("rb")):
                self.events += 1
                files[crc32(orjson.loads(line).get("card", "").encode()) // 7 % PARTITIONS].write(line)
        whole.unlink()


class Feed(Protocol):
    """Where the flow reads from, and how more comes to be there."""

    @property
    def profile(self) -> Path:
        """The profile to run with."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """What `--input` is given."""
        ...

    def send(self, part: int, data: bytes) -> None:
        """Append bytes of whole or torn lines to a partition."""
        ...

    def flush(self) -> None:
        """Wait until everything that was sent is there to be read."""
        ...


class FileFeed:
    """Files that grow, in pieces that end anywhere."""

    profile = PROFILE

    def __init__(self, folder: Path) -> None:
        """Begin with empty files in a new folder."""
        folder.mkdir()
        self._files = [(folder / f"live-{number}.jsonl").open("ab") for number in range(PARTITIONS)]
        self.inputs = tuple(file.name for file in self._files)

    def send(self, part: int, data: bytes) -> None:
        self._files[part].write(data)
        self._files[part].flush()

    def flush(self) -> None:
        for file in self._files:
            file.close()


class KafkaFeed:
    """A topic of a real broker; while the broker is away, what is sent waits in the producer."""

    _TOPIC = "chaos"

    def __init__(self, folder: Path, broker: KafkaBroker) -> None:
        """Make the topic, and a profile that says where it is."""
        folder.mkdir()
        broker.create_topic(self._TOPIC, PARTITIONS)
        self.inputs = (f"kafka://{self._TOPIC}",)
        self.profile = folder / "profile.yaml"
        tables = PROFILE.read_text("utf-8").replace("segments.json", str(PROFILE.parent / "segments.json"))
        self.profile.write_text(
            f"{tables}\nkafka:\n  bootstrap_servers: [{broker.bootstrap}]\n  group: riskdesk-chaos\n", "utf-8"
        )
        self._torn = [b""] * PARTITIONS
        self._producer = Producer(
            {
                "bootstrap.servers": broker.bootstrap,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "queue.buffering.max.messages": 10_000_000,
                "queue.buffering.max.kbytes": 2_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def send(self, part: int, data: bytes) -> None:
        *lines, self._torn[part] = (self._torn[part] + data).split(b"\n")
        for line in lines:
            self._producer.produce(self._TOPIC, line, partition=part)
        self._producer.poll(0)

    def flush(self) -> None:
        while self._producer.flush(1.0):
            pass


class Feeding(Thread):
    """Feeds a stream evenly over a span of time, whatever else happens."""

    def __init__(self, parts: Sequence[Path], feed: Feed, span_s: float) -> None:
        """Take so many seconds for all of it."""
        super().__init__(daemon=True)
        self._parts = parts
        self._feed = feed
        self._span_s = span_s
        self._given_up = Event()
        self.share = 0.0
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            self._feed_all()
        except BaseException as error:
            self.failed = error
            raise

    def give_up(self) -> None:
        """Send no more."""
        self._given_up.set()

    def _feed_all(self) -> None:
        began_s = perf_counter()
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self._parts]
            sizes = [path.stat().st_size for path in self._parts]
            while self.share < 1 and not self._given_up.wait(_TICK_S):
                self.share = min(1.0, (perf_counter() - began_s) / self._span_s)
                for part, (file, size) in enumerate(zip(files, sizes, strict=True)):
                    self._feed.send(part, file.read(round(size * self.share) - file.tell()))
        self._feed.flush()
