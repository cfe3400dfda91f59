"""Measure how long it takes from an event that is produced to its alert in the store, with recovery on.

`python -m benchmarks.latency` sends uses of cards to a real Kafka broker, 5,000 a second, from a process of
its own; some of them alert for sure. `riskdesk run` with the shipped profile and its state saved reads them
into a real PostgreSQL, and in turn with it a Python loop does that only consumes and inserts. All are on one
machine and go by its clock: an event tells when it was handed to the producer, and PostgreSQL when the
transaction with its alert was committed, which is asked for afterwards.

The last line holds the medians over the pairs; the ratio is that of the flow's median to the loop's.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.latency_loop import TABLE
from benchmarks.latency_stream import PLANTED
from benchmarks.nights import ROOT
from cases.audit.keys import KEYS_VARIABLE
from cases.store import open_store
from flows.supervisor import free_addresses
from tests.kafka.broker import KafkaBroker
from tests.postgres_server import PostgresServer

_PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"
# All that is planted is found by one detector, which would fill one case; what is measured are single alerts.
_MORE = """
queue: {{flood: null}}
kafka:
  bootstrap_servers: [{servers}]
  group: riskdesk-latency
"""
# When the alerts of the planted events were committed, in seconds since 1970 by the clock of the machine.
_COMMITTED = "SELECT EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin))::FLOAT8"
_OF_FLOW = "(record::JSONB ->> 'event_id') FROM alert WHERE detector = 'pin_guessing'"
_PYTHON = (sys.executable, "-m")
_STARTS_WITHIN_S = 60.0
_ALL_WITHIN_S = 60.0


class Latencies(NamedTuple):
    """How long alerts took, in milliseconds."""

    median_ms: float
    p99_ms: float
    most_ms: float
    alerts: int

    @classmethod
    def of(cls, took_ms: list[float]) -> "Latencies":
        """Sum up what single alerts took."""
        return cls(median(took_ms), quantiles(took_ms, n=100)[98], max(took_ms), len(took_ms))


class Bench:
    """A broker and a database, and a stream that one reader after the other gets anew."""

    def __init__(
        self, given: argparse.Namespace, broker: KafkaBroker, server: PostgresServer, home: Path
    ) -> None:
        """Read from `broker`, write to `server`; what a run leaves on disk is in `home`."""
        self._given = given
        self._broker = broker
        self._server = server
        self._home = home
        self._runs = 0

    def flow(self) -> Latencies:
        """Measure `riskdesk run`."""
        name = self._next()
        url = self._server.url(name)
        open_store(url).close()
        profile = self._home / f"{name}.yaml"
        more = _MORE.format(servers=self._broker.bootstrap)
        profile.write_text(_PROFILE.read_text("utf-8") + more, "utf-8")
        port = int(free_addresses(2)[0].rpartition(":")[2])
        command = [
            "cli.main", "run", "card-risk", "--profile", profile, "--store", url,
            "--input", f"kafka://{name}", "--recovery", self._home / name,
            "--epoch-s", self._given.epoch_s, "--processes", self._given.processes, "--metrics-port", port,
        ]  # fmt: skip
        with self._running(command):
            _wait(lambda: _is_ready(port), _STARTS_WITHIN_S, "the flow is not ready")
            return self._measure(name, _OF_FLOW)

    def loop(self) -> Latencies:
        """Measure the loop."""
        name = self._next()
        self._server.run(TABLE, name)
        command = [
            "benchmarks.latency_loop", "--servers", self._broker.bootstrap, "--topic", name,
            "--partitions", self._given.partitions, "--database", self._server.url(name),
        ]  # fmt: skip
        with self._running(command):
            return self._measure(name, "event_id FROM alert")

    def _next(self) -> str:
        self._runs += 1
        name = f"run{self._runs}"
        self._broker.create_topic(name, self._given.partitions)
        self._server.run(f"CREATE DATABASE {name}")
        return name

    @contextmanager
    def _running(self, command: Sequence[object]) -> Iterator[None]:
        settings = {name: text for name, text in os.environ.items() if not name.startswith("RISKDESK_")}
        settings |= {KEYS_VARIABLE: os.environ[KEYS_VARIABLE], "RISKDESK_LOG_LEVEL": "error"}
        process = subprocess.Popen([*_PYTHON, *map(str, command)], cwd=ROOT, env=settings)
        try:
            yield
        finally:
            process.terminate()
            process.wait()

    def _measure(self, name: str, event_id: str) -> Latencies:
        """Send the stream, wait until all that alerts is in the store, and ask when it was committed."""
        given = self._given
        command = [
            "benchmarks.latency_stream", "--servers", self._broker.bootstrap, "--topic", name,
            "--partitions", given.partitions, "--rate", given.rate, "--cards", given.cards,
            "--seconds", given.warm_up + given.seconds, "--planted", given.planted,
        ]  # fmt: skip
        sent = subprocess.run([*_PYTHON, *map(str, command)], cwd=ROOT, check=True, stdout=subprocess.PIPE)
        asked = f"{_COMMITTED}, {event_id}"

        def committed() -> list[tuple[float, str]]:
            return [(at_s, event_id) for at_s, event_id in self._server.run(asked, name)]

        _wait(lambda: len(committed()) == int(sent.stdout), _ALL_WITHIN_S, "alerts are missing")
        spans = sorted((int(event_id.removeprefix(PLANTED)) / 1e9, at_s) for at_s, event_id in committed())
        from_s = spans[0][0] + given.warm_up
        return Latencies.of([1000 * (at_s - sent_s) for sent_s, at_s in spans if sent_s >= from_s])


def main() -> None:
    """Print every pair, and the medians last."""
    given = _given()
    flows: list[Latencies] = []
    loops: list[Latencies] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="riskdesk-latency-")))
        os.environ[KEYS_VARIABLE] = str(folder / "keys")
        server = PostgresServer({"track_commit_timestamp": "on"})
        stack.callback(server.remove)
        broker = KafkaBroker(folder)
        stack.callback(broker.remove)
        bench = Bench(given, broker, server, folder)
        for number in range(given.pairs):
            # Whoever comes first in a pair is second in the next.
            for run, found in ((bench.flow, flows), (bench.loop, loops))[:: 1 if number % 2 else -1]:
                found.append(run())
            pair = {"flow": flows[-1]._asdict(), "loop": loops[-1]._asdict()}
            print(json.dumps({"pair": number, **pair}, default=float), flush=True)
    print(_verdict(flows, loops))


def _verdict(flows: Sequence[Latencies], loops: Sequence[Latencies]) -> str:
    ratio = median(flow.median_ms / loop.median_ms for flow, loop in zip(flows, loops, strict=True))
    return (
        f"median_ms: {median(each.median_ms for each in flows):.1f} "
        f"p99_ms: {median(each.p99_ms for each in flows):.1f} "
        f"loop_median_ms: {median(each.median_ms for each in loops):.1f} "
        f"loop_p99_ms: {median(each.p99_ms for each in loops):.1f} ratio: {ratio:.2f}"
    )


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except (URLError, OSError):
        return False


def _wait(condition: Callable[[], bool], within_s: float, otherwise: str) -> None:
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > within_s:
            raise RuntimeError(f"{otherwise} after {within_s:g} s")
        time.sleep(0.5)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure from produce to alert in the store.")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rate", type=int, default=5_000, help="events a second")
    parser.add_argument("--seconds", type=float, default=45, help="how long it is measured")
    parser.add_argument("--warm-up", type=float, default=15, help="seconds before that, of the same stream")
    parser.add_argument("--planted", type=int, default=20, help="cards that alert, each second")
    parser.add_argument("--cards", type=int, default=100_000, help="how many are used in turn")
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--epoch-s", type=float, default=10, help="seconds between two snapshots")
    return parser.parse_args()


if __name__ == "__main__":
    main()
