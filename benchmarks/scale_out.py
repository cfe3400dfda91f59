"""Measure what a second process gives: two flows that share nothing, and two processes of one cluster.

`python -m benchmarks.scale_out` replays one stream of card transactions, cut by card into two files, in turn
in three ways: one process over both files; a cluster of two processes over both; and two flows of one process
each, one for each file, that know nothing of each other. All save their state every second and write their
alerts to files. The same alerts must come out of all three. The detectors are those that watch single cards:
what watches terminals or branches needs all of the stream, so flows that share nothing would miss it.

Times are a wall clock's, less what the same run takes for the first thousand events: the start of a process
is not what grows with the stream. The ratios are medians over rounds: how many times as fast two are as one.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from zlib import crc32

import orjson

from benchmarks.nights import ROOT, START, riskdesk
from connectors.alert_file import read_alert_file

PARTS = 2
_FIRST = 1000
_PROFILE = """
name: scale_out
version: 1
input: {partitioned_by: card}
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds: {earliest: 2010-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}
detectors:
  amount_outlier:
  burst:
  impossible_travel:
"""
# How the parts of the stream are dealt out: the files of each flow, and its processes.
_WAYS = {
    "one process": ([(0, 1)], 1),
    "a cluster of two": ([(0, 1)], 2),
    "two that share nothing": ([(0,), (1,)], 1),
}


def main() -> None:
    """Print each round and the two ratios."""
    parser = argparse.ArgumentParser(description="Measure what a second process gives.")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events the stream has")
    parser.add_argument("--customers", type=int, default=100_000, help="whose they are")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured, in turn")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        profile = folder / "profile.yaml"
        profile.write_text(_PROFILE, "utf-8")
        parts = _parts(folder, given.events, given.customers)
        heads = [_head(part) for part in parts]
        ratios: dict[str, list[float]] = {way: [] for way in _WAYS}
        for number in range(given.rounds):
            took = {way: _net_s(folder, profile, parts, heads, way) for way in _WAYS}
            for way, seconds in took.items():
                ratios[way].append(took["one process"] / seconds)
                rate = given.events / seconds
                print(f"round {number}: {way}: {seconds:.1f} s, {rate:,.0f} events/s", flush=True)
    print(f"cluster: {median(ratios['a cluster of two']):.2f}")
    print(f"shared_nothing: {median(ratios['two that share nothing']):.2f}")


def _parts(folder: Path, events: int, customers: int) -> list[Path]:
    whole = folder / "events.jsonl"
    riskdesk(
        "simulate", "--seed", 1, "--customers", customers, "--hours", 20, "--events", events,
        "--start", START, "-o", whole,
        "--truth", folder / "truth.jsonl", "--reference", folder / "bank.jsonl",
    )  # fmt: skip
    paths = [folder / f"part-{number}.jsonl" for number in range(PARTS)]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for line in stack.enter_context(whole.open("rb")):
            files[crc32(orjson.loads(line).get("card", "").encode()) // 7 % PARTS].write(line)
    whole.unlink()
    return paths


def _head(part: Path) -> Path:
    head = part.with_name(f"head-{part.name}")
    with part.open("rb") as lines, head.open("wb") as out:
        out.writelines(islice(lines, _FIRST // PARTS))
    return head


def _net_s(folder: Path, profile: Path, parts: Sequence[Path], heads: Sequence[Path], way: str) -> float:
    whole_s, alerts = _run(folder, profile, parts, way)
    start_s, _ = _run(folder, profile, heads, way)
    known = folder / "alerts"
    if not known.exists():
        known.write_text("\n".join(alerts), "utf-8")
    if known.read_text("utf-8") != "\n".join(alerts):
        raise RuntimeError(f"{way} gives other alerts than the first run")
    return whole_s - start_s


def _run(folder: Path, profile: Path, files: Sequence[Path], way: str) -> tuple[float, list[str]]:
    flows, processes = _WAYS[way]
    with TemporaryDirectory(dir=folder) as name:
        home = Path(name)
        commands = [
            [
                sys.executable, "-m", "cli.main", "replay", profile, *(files[part] for part in mine),
                "--alerts", home / f"{number}.jsonl", "--recovery", home / f"recovery-{number}",
                "--epoch-s", "1", "--processes", str(processes), "--quiet",
            ]
            for number, mine in enumerate(flows)
        ]  # fmt: skip
        began_s = perf_counter()
        running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for command in commands]
        said = [process.communicate()[1] for process in running]
        took_s = perf_counter() - began_s
        for process, words in zip(running, said, strict=True):
            if process.returncode:
                raise RuntimeError(f"{way} failed: {words.decode(errors='replace')[-500:]}")
        return took_s, sorted(
            alert["id"] for number in range(len(flows)) for alert in read_alert_file(home / f"{number}.jsonl")
        )


if __name__ == "__main__":
    main()
