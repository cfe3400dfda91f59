"""Makes what `test_compatibility.py` resumes: python -m tests.flows.make_fixture tests/flows/fixtures/v1

A tiny bank's day comes in two partitions. A run that follows them is asked to stop once it has read what
was there when half of the day's alerts were due: its state is then in `recovery`, its queue in
`store.sqlite`, its alerts so far in `alerts.jsonl`. Beside it lie the whole streams and, in
`expected.jsonl`, the alerts that an uninterrupted replay gives. The detectors' parameters are all written
out: another default must change nothing here.

What a released version has made must go on being resumed: a new state format gets a folder of its own (v2).
"""

import signal
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import orjson
import yaml
import zstandard
from msgspec.structs import replace

from cases.store import open_store
from config.profiles import load_profile
from connectors.alert_file import read_alert_file, sort_alert_file
from domain.tables import Tables
from flows.job import Job
from flows.plan import plan_scopes
from flows.progress import Progress
from flows.supervisor import supervise
from simulation.night import simulate
from simulation.plan import Plan
from simulation.reference import reference_records
from simulation.wire import event_lines
from tests.flows.running import ROOT

SHIPPED = ROOT / "config" / "profiles" / "card_risk.yaml"
PARTITIONS = ("east.jsonl", "west.jsonl")
BANK = Plan(
    seed=11,
    customers=60,
    start_ms=1_772_402_400_000,  # 2026-03-02T06:00+08:00
    hours=24.0,
    events=1500,
    incidents={"opened_together": 1, "many_cards_one_terminal": 1, "impossible_travel": 2, "burst": 2},
)
# One in the half that was read, one in the half that was not.
BAD_LINES = (b'{"kind": "transaction"}\n', b"no event at all\n")


def make(target: Path) -> None:
    """Make the fixture in `target`, which must not be there yet."""
    target.mkdir(parents=True)
    write_profile(target / "profile.yaml")
    day = list(event_lines(simulate(BANK)))
    lines = [line for chunk in day for line in chunk.splitlines(keepends=True)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = folder / "whole"
        whole.mkdir()
        expected = alerts_of(replayed(target, whole, lines))
        middle = expected[len(expected) // 2]["event_id"]
        cut = next(number for number, line in enumerate(lines, 1) if orjson.loads(line)["event_id"] == middle)
        lines = [BAD_LINES[0], *lines[:cut], BAD_LINES[1], *lines[cut:]]
        expected_again = replayed(target, whole, lines)
        rest = folder / "rest"
        rest.mkdir()
        anew = {alert["id"] for alert in alerts_of(replayed(target, rest, lines[cut + 1 :]))}
        if {alert["id"] for alert in expected[len(expected) // 2 + 1 :]} <= anew:
            raise SystemExit("the second half gives its alerts without the first: nothing would be tested")
        sort_alert_file(expected_again)
        (target / "expected.jsonl").write_bytes(expected_again.read_bytes())
        for path, content in partitioned(lines).items():
            packed = zstandard.ZstdCompressor(19).compress(content)
            (target / f"{path}.zst").write_bytes(packed)
        stopped(target, folder, lines[: cut + 1])
    for path in (target / "store.sqlite", *(target / "recovery").glob("part-*.sqlite3")):
        shrink(path)
    refuse_paths(target)


def write_profile(path: Path) -> None:
    """Write the shipped profile with every parameter as it is today."""
    profile = load_profile(SHIPPED)
    plans = plan_scopes(profile.build_detectors(), Tables(), log_scope=None, partitions=1)
    content = yaml.safe_load(SHIPPED.read_text())
    content["detectors"] = {watcher.name: watcher.parameters for plan in plans for watcher in plan.watchers}
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def partitioned(lines: Iterable[bytes]) -> dict[str, bytes]:
    """Give what each partition holds; a card's events are in one of them."""
    held: dict[str, list[bytes]] = {name: [] for name in PARTITIONS}
    for line in lines:
        key = line if line in BAD_LINES else orjson.loads(line)["card"].encode()
        held[PARTITIONS[crc32(key) // 7 % 2]].append(line)
    return {name: b"".join(kept) for name, kept in held.items()}


def job_over(target: Path, folder: Path, lines: Iterable[bytes]) -> Job:
    """Give a job in `folder` over lines, with the bank's reference data in its store."""
    for name, content in partitioned(lines).items():
        (folder / name).write_bytes(content)
    url = f"sqlite:///{folder}/store.sqlite"
    Path(folder / "store.sqlite").unlink(missing_ok=True)
    with open_store(url) as store:
        store.reference.put(reference_records(simulate(BANK)))
    return Job(
        profile=target / "profile.yaml",
        inputs=tuple(folder / name for name in PARTITIONS),
        store=url,
        alerts=folder / "alerts.jsonl",
    )


def replayed(target: Path, folder: Path, lines: Iterable[bytes]) -> Path:
    """Replay lines from their beginning to their end; gives the alert file."""
    job = job_over(target, folder, lines)
    code, reason = supervise(job, lambda progress: None)
    if code or job.alerts is None:
        raise SystemExit(f"the replay ended with {code}: {reason}")
    return job.alerts


def alerts_of(path: Path) -> list[dict[str, str]]:
    """Give the alerts of a file in the order of event time."""
    return sorted(read_alert_file(path), key=lambda alert: (alert["at"], alert["id"]))


def stopped(target: Path, folder: Path, lines: Iterable[bytes]) -> None:
    """Follow lines until they are read, stop, and leave in `target` what a run leaves behind."""
    job = replace(job_over(target, target, lines), follow=True, recovery=target / "recovery", epoch_s=0.5)
    to_read = sum(path.stat().st_size for path in job.inputs)

    asked = False

    def stop_when_read(progress: Progress) -> None:
        nonlocal asked
        if progress.read_bytes >= to_read and not asked:
            asked = True  # a second time would mean at once
            signal.raise_signal(signal.SIGTERM)

    code, reason = supervise(job, stop_when_read)
    if (code, reason) != (0, "SIGTERM"):
        raise SystemExit(f"the run ended with {code}: {reason}")
    for name in PARTITIONS:
        (target / name).unlink()
    (target / "recovery" / "riskdesk.lock").unlink()


def shrink(path: Path) -> None:
    """Bring a database into one file without gaps."""
    file = sqlite3.connect(path)
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.execute("VACUUM")
    file.close()


def refuse_paths(target: Path) -> None:
    """Make sure that nothing of this machine is in the fixture."""
    for path in target.rglob("*"):
        if path.is_file() and str(target.resolve().parent).encode() in path.read_bytes():
            raise SystemExit(f"{path} holds a path of this machine")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
