"""What surrounds the flow of a chaos run: real neighbours that can be taken away from it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from benchmarks.chaos_clock import NoClock, SteppedClock
from cases.audit.keys import KEYS_VARIABLE
from tests.flows.hosts import Host, two_hosts
from tests.kafka.broker import KafkaBroker
from tests.kafka.jars import NoBroker
from tests.postgres_server import PostgresServer

# Room for the state, and for what a flow must find free to begin.
_DISK_MB = 512


class NoDisk(Exception):  # noqa: N818 - it says what there is not
    """A small disk cannot be made here, with the reason."""


class SmallDisk:
    """A disk in memory, small enough to be filled."""

    def __init__(self, folder: Path) -> None:
        """Mount it at a new folder. Raises NoDisk."""
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "chaos", str(folder)]
        if os.geteuid() != 0:
            raise NoDisk("mounting a disk in memory takes root")
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode:
            raise NoDisk(f"a disk in memory cannot be mounted: {mounted.stderr.strip()}")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free while the context lasts."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 16))
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0")
        yield
        ballast.unlink()

    def remove(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


class Surroundings(Struct, kw_only=True):
    """What the flow runs among; None is what there is not here."""

    folder: Path
    server: PostgresServer
    environment: dict[str, str]
    broker: KafkaBroker | None = None
    disk: SmallDisk | None = None
    clock: SteppedClock | None = None
    hosts: tuple[Host, ...] = ()


@contextmanager
def surroundings(*, kafka: str, hosts: bool) -> Iterator[Surroundings]:
    """Make what there can be, say what cannot, and take all of it away in the end.

    `kafka` is "kafka", "files", or "any" for Kafka where it can be started. Raises NoServer, NoHosts, or
    NoBroker where it was asked for by name.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="riskdesk-chaos-")))
        # All stores have one set of keys, as they would in a bank.
        os.environ[KEYS_VARIABLE] = str(folder / "keys")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RISKDESK_")}
        environment |= {KEYS_VARIABLE: str(folder / "keys"), "RISKDESK_LOG_LEVEL": "error"}
        server = PostgresServer({})
        stack.callback(server.remove)
        around = Surroundings(folder=folder, server=server, environment=environment)
        if hosts:
            around.hosts = next(stack.enter_context(closing(two_hosts())))
        elif kafka != "files":
            around.broker = _broker(stack, folder, wanted=kafka == "kafka")
        try:
            around.disk = SmallDisk(folder / "disk")
            stack.callback(around.disk.remove)
        except NoDisk as reason:
            print(f"LEFT OUT, filling the disk: {reason}")
        try:
            around.clock = SteppedClock(folder)
            environment |= around.clock.environment
        except NoClock as reason:
            print(f"LEFT OUT, stepping the clock: {reason}")
        yield around


def _broker(stack: ExitStack, folder: Path, *, wanted: bool) -> KafkaBroker | None:
    try:
        broker = KafkaBroker(folder)
    except NoBroker as reason:
        if wanted:
            raise
        print(f"LEFT OUT, Kafka; the stream comes from files: {reason}")
        return None
    stack.callback(broker.remove)
    return broker
