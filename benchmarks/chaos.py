"""Let everything around a flow fail while a stream runs through it, and compare with a quiet run.

`python -m benchmarks.chaos`: a simulated stream of a million transactions runs through `riskdesk run` into a
PostgreSQL of its own, from a topic of a real Kafka broker where one can be started, else from files that
grow in torn pieces. Meanwhile twenty faults happen, drawn by a seed: workers and supervisors are killed, the
flow is asked to end and begun again, the database and the broker are restarted, killed and stopped, the disk
of the recovery store is filled, the clock is stepped. With `--hosts` the flow is a cluster of two hosts in
network namespaces, one of which may lose its power, and the cable between them may be pulled.

Afterwards the alerts in the file and in the store, and the cases, must be those of a quiet replay of the same
events: every one that is missing counts as lost, every one too many as doubled. `catch_up_s` is how long it
took from the end of the stream, or of the last fault if that was later, until nothing more was to be read.
What cannot happen on this machine is said first, and left out.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter

from msgspec import Struct

from benchmarks.chaos_faults import Faults
from benchmarks.chaos_flow import Flow, Place, until
from benchmarks.chaos_places import Surroundings, surroundings
from benchmarks.chaos_stream import Feed, Feeding, FileFeed, KafkaFeed, Stream
from benchmarks.nights import PROFILE, riskdesk
from benchmarks.pictures import queue_picture, stored_alerts
from cases.store import open_store
from connectors.reference_files import read_reference
from flows.supervisor import free_addresses

# How much of what the quiet run could take the stream brings, so that the flow can catch up at all.
_LOAD = 0.5
_LONGEST_CATCH_UP_S = 1800.0


class Given(Struct, frozen=True, kw_only=True):
    """What is asked for."""

    events: int
    faults: int
    seed: int
    source: str
    away_s: float
    spacing_s: float
    hosts: bool


class Outcome(Struct, frozen=True, kw_only=True):
    """What a run left behind, as counted things that can be compared."""

    found: Counter[str]

    @classmethod
    def of(cls, url: str, alerts: Path) -> "Outcome":
        """Read it."""
        return cls(
            found=Counter(f"stored {each}" for each in stored_alerts(url))
            + Counter(f"written {line}" for line in alerts.read_text("utf-8").splitlines())
            + Counter(f"case {case}" for case in map(repr, queue_picture(url)))
        )


def main() -> None:
    """Run it and print what happened; the last line is the verdict."""
    given = _given()
    with surroundings(kafka=given.source, hosts=given.hosts) as around:
        stream = Stream(around.folder, given.events, given.seed)
        print(f"{stream.events:,} events in {len(stream.parts)} partitions, seed {given.seed}")
        quiet, took_s = _quiet(around, stream)
        print(f"quiet: {sum(quiet.found.values()):,} alerts and cases in {took_s:.0f} s", flush=True)
        stormy, survived, catch_up_s = _stormy(around, stream, given, took_s)
    lost, doubled = quiet.found - stormy.found, stormy.found - quiet.found
    for word, found in (("lost", lost), ("doubled", doubled)):
        for what in sorted(found)[:5]:
            print(f"{word}: {what[:200]}", file=sys.stderr)
    print(f"faults: {survived} lost: {lost.total()} doubled: {doubled.total()} catch_up_s: {catch_up_s:.1f}")
    sys.exit(1 if lost or doubled else 0)


def _quiet(around: Surroundings, stream: Stream) -> tuple[Outcome, float]:
    url, alerts = _store(around, stream, "quiet"), around.folder / "quiet.jsonl"
    began_s = perf_counter()
    riskdesk("replay", PROFILE, *stream.parts, "--store", url, "--alerts", alerts, "--quiet")
    return Outcome.of(url, alerts), perf_counter() - began_s


def _stormy(around: Surroundings, stream: Stream, given: Given, quiet_s: float) -> tuple[Outcome, int, float]:
    feed: Feed = (
        FileFeed(around.folder / "live")
        if around.broker is None
        else KafkaFeed(around.folder / "live", around.broker)
    )
    url, alerts = _store(around, stream, "stormy"), around.folder / "stormy.jsonl"
    command: list[object] = [
        "run",
        "card-risk",
        "--profile",
        feed.profile,
        "--store",
        url,
        "--alerts",
        alerts,
    ]
    command += ["--epoch-s", 1, *(part for each in feed.inputs for part in ("--input", each))]
    chosen = Random(given.seed)
    flow = Flow(_places(around), command, around.environment, around.folder)
    try:
        faults = Faults(flow, around, chosen, away_s=given.away_s)
        span_s = max(quiet_s / _LOAD, given.spacing_s * given.faults)
        feeding = Feeding(stream.parts, feed, span_s)
        feeding.start()
        survived = _let_happen(faults, feeding, given.faults, chosen)
        feeding.join()
        if feeding.failed is not None:
            raise feeding.failed
        over_s = perf_counter()
        if not until(lambda: flow.behind() == 0, _LONGEST_CATCH_UP_S):
            raise RuntimeError(f"not caught up after {_LONGEST_CATCH_UP_S:g} s: {flow.words()}")
        catch_up_s = perf_counter() - over_s
        codes = flow.end()
        if any(codes):
            raise RuntimeError(f"the flow did not end well: {codes}: {flow.words()}")
        print(f"the service manager had to start a supervisor {flow.revived} times")
        # What waits for an order is let go at the end of the input, which a followed one never has.
        flow.finish()
    finally:
        flow.kill()
    return Outcome.of(url, alerts), survived, catch_up_s


def _let_happen(faults: Faults, feeding: Feeding, count: int, chosen: Random) -> int:
    shares = sorted(chosen.uniform(0.02, 0.98) for _ in range(count))
    for share, kind in zip(shares, faults.plan(count), strict=True):
        while feeding.share < share and feeding.failed is None:
            time.sleep(0.05)
        began_s = perf_counter()
        faults.happen(kind)
        took_s = perf_counter() - began_s
        print(f"  at {feeding.share:.0%} of the stream: {kind}, {took_s:.1f} s", flush=True)
    return count


def _places(around: Surroundings) -> list[Place]:
    home = around.folder if around.disk is None else around.disk.folder
    if not around.hosts:
        port = int(free_addresses(2)[0].rpartition(":")[2])
        options = ("--processes", "2", "--recovery", str(home / "recovery"), "--metrics-port", str(port))
        return [Place(options=options, metrics_port=port, processes=2)]
    addresses = ",".join(f"{host.address}:9400" for host in around.hosts)
    return [
        Place(
            options=(
                "--addresses", addresses, "--index", str(index), "--metrics-port", "9500",
                "--recovery", str(home / f"recovery-{index}"),
            ),
            within=host.prefix,
            # A process answers behind its supervisor, on the port that its index says.
            metrics_port=9500 + index,
        )
        for index, host in enumerate(around.hosts)
    ]  # fmt: skip


def _store(around: Surroundings, stream: Stream, name: str) -> str:
    around.server.run(f"CREATE DATABASE {name}")
    url = around.server.url(name)
    with open_store(url) as store:
        store.reference.put(read_reference([stream.reference]))
    return url


def _given() -> Given:
    parser = argparse.ArgumentParser(description="Let everything around a flow fail.")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events the stream has")
    parser.add_argument("--faults", type=int, default=20, help="how many faults happen")
    parser.add_argument("--seed", type=int, default=1, help="which stream and which faults")
    parser.add_argument(
        "--source",
        choices=("any", "kafka", "files"),
        default="any",
        help="any: Kafka where it can be started",
    )
    parser.add_argument("--away", type=float, default=30.0, help="seconds that what is stopped stays away")
    parser.add_argument("--spacing", type=float, default=20.0, help="seconds for each fault, at least")
    parser.add_argument("--hosts", action="store_true", help="a cluster of two hosts; files are its source")
    given = parser.parse_args()
    return Given(
        events=given.events, faults=given.faults, seed=given.seed, source=given.source, away_s=given.away,
        spacing_s=given.spacing, hosts=given.hosts,
    )  # fmt: skip


if __name__ == "__main__":
    main()
