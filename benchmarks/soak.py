"""Let a day of simulated traffic run through a live flow in minutes, and look at what grows meanwhile.

`python -m benchmarks.soak`: a day of card transactions comes in at an even pace, from files that grow,
through `riskdesk run` with the shipped detectors into a PostgreSQL of its own, with state saved every ten
seconds. Every two seconds the memory of the flow's processes is read, and the size of its recovery store.

In the first part of the day cards are seen for the first time, and what is remembered of each grows up to its
bounds: that is the warm-up, and why each customer has more uses than in a bank, where it takes weeks. The
last line holds what grew after it. `memory_growth` is by how much more memory the last fifth of the samples
shows than the first, by medians: 0.05 are 5 %. `recovery_growth` is by how much the largest size of the store
lies above its smallest. It ends with code 1 where memory grew by more than `--most`.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.chaos_flow import Flow, Place, until
from benchmarks.chaos_stream import Feeding, FileFeed, Stream
from cases.audit.keys import KEYS_VARIABLE
from cases.store import open_store
from connectors.reference_files import read_reference
from flows.supervisor import free_addresses
from tests.postgres_server import PostgresServer

_HOURS = 24
_LOOK_EVERY_S = 2.0
_TELL_EVERY = 15
_CATCHES_UP_WITHIN_S = 3600.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """How large things were, in MB, when so much of the day was sent (0 to 1)."""

    share: float
    memory_mb: float
    recovery_mb: float


def main() -> None:
    """Print how large things are on the way, and what grew last."""
    given = _given()
    with TemporaryDirectory(prefix="riskdesk-soak-") as name:
        folder = Path(name)
        os.environ[KEYS_VARIABLE] = str(folder / "keys")
        stream = Stream(folder, given.events, given.seed, hours=_HOURS, customers=given.customers)
        print(f"{stream.events:,} events of {_HOURS} hours in {given.minutes:g} minutes", flush=True)
        server = PostgresServer({})
        try:
            samples = _soak(folder, stream, server.url(), given.minutes * 60)
        finally:
            server.remove()
    warm = [sample for sample in samples if sample.share >= given.warm_up]
    memory = growth([sample.memory_mb for sample in warm])
    recovery = [sample.recovery_mb for sample in warm]
    print(f"memory_growth: {memory:.3f} recovery_growth: {max(recovery) / min(recovery) - 1:.3f}")
    sys.exit(1 if memory > given.most else 0)


def growth(sizes: Sequence[float]) -> float:
    """Give by which share the last fifth of sizes lies above the first, by medians."""
    some = max(1, len(sizes) // 5)
    return median(sizes[-some:]) / median(sizes[:some]) - 1


def _soak(folder: Path, stream: Stream, url: str, span_s: float) -> list[Sample]:
    with open_store(url) as store:
        store.reference.put(read_reference([stream.reference]))
    feed = FileFeed(folder / "live")
    recovery = folder / "recovery"
    command: list[object] = ["run", "card-risk", "--profile", feed.profile, "--store", url]
    command += ["--recovery", recovery, *(part for each in feed.inputs for part in ("--input", each))]
    port = int(free_addresses(2)[0].rpartition(":")[2])
    settings = {name: text for name, text in os.environ.items() if not name.startswith("RISKDESK_")}
    settings |= {KEYS_VARIABLE: os.environ[KEYS_VARIABLE], "RISKDESK_LOG_LEVEL": "error"}
    place = Place(options=("--metrics-port", str(port)), metrics_port=port)
    flow = Flow([place], command, settings, folder)
    try:
        if not until(lambda: flow.behind() == 0, 120):
            raise RuntimeError(f"the flow does not start: {flow.words()}")
        feeding = Feeding(stream.parts, feed, span_s)
        feeding.start()
        samples = _watched(flow, feeding, recovery)
        if feeding.failed is not None:
            raise feeding.failed
        if flow.revived or any(flow.end()):
            raise RuntimeError(f"the flow did not hold out: {flow.words()}")
    finally:
        flow.kill()
    return samples


def _watched(flow: Flow, feeding: Feeding, recovery: Path) -> list[Sample]:
    """Look again and again until all was sent and read."""
    samples: list[Sample] = []
    began_s = time.monotonic()
    ended_s: float | None = None
    while ended_s is None or flow.behind() != 0:
        time.sleep(_LOOK_EVERY_S)
        if ended_s is None and not feeding.is_alive():
            ended_s = time.monotonic()
        if ended_s is not None and time.monotonic() - ended_s > _CATCHES_UP_WITHIN_S:
            raise RuntimeError(f"the flow does not catch up: {flow.words()}")
        pids = [pid for each in flow.supervised for pid in each.workers]
        files = recovery.glob("part-*.sqlite3*")
        size_bytes = sum(path.stat().st_size for path in files)
        sample = Sample(feeding.share, sum(map(_resident_mb, pids)), size_bytes / 1e6)
        if not sample.memory_mb or not sample.recovery_mb:
            continue
        if len(samples) % _TELL_EVERY == 0:
            print(
                f"after {time.monotonic() - began_s:.0f} s, {sample.share:.0%} of the day: "
                f"{sample.memory_mb:.0f} MB of memory, {sample.recovery_mb:.1f} MB of recovery store",
                flush=True,
            )
        samples.append(sample)
    return samples


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * _PAGE_BYTES / 1e6


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Look at what grows while a day runs through a flow.")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many the day has")
    parser.add_argument("--customers", type=int, default=10_000, help="whose they are")
    parser.add_argument("--minutes", type=float, default=6, help="how long the day takes")
    parser.add_argument("--seed", type=int, default=1, help="which day")
    parser.add_argument("--warm-up", type=float, default=0.5, help="the share of the day before it counts")
    parser.add_argument("--most", type=float, default=0.05, help="by what share memory may grow")
    return parser.parse_args()


if __name__ == "__main__":
    main()
