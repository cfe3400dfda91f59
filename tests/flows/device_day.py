"""A day of a simulated fleet, and everything that a store says about it, to be compared."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random

import zstandard

from tests.flows.running import ROOT

DAY = ROOT / "replay_data" / "day"
PROFILE = ROOT / "config" / "profiles" / "device_watch.yaml"
# What numbers rows in the order of writing, and what says how the desk wrote them down.
_NOT_COMPARED = {"id_", "version", "prev_hash", "hash", "seq", "record", "body"}
_TABLES = ("alarm", "alarm_signal", "alarm_event", "alert", "case_", "case_subject", "task", "case_event")


def unpack_day(folder: Path) -> None:
    """Write the recorded day as plain files of lines."""
    for packed in DAY.glob("*.jsonl.zst"):
        with packed.open("rb") as file, (folder / packed.stem).open("wb") as out:
            zstandard.ZstdDecompressor().copy_stream(file, out)
    (folder / "truth.jsonl").write_bytes((DAY / "truth.jsonl").read_bytes())


def shuffled(lines: Iterable[bytes], most_late_s: float, seed: int) -> list[bytes]:
    """Delay each line by up to so much of event time, and let one in fifty come twice."""
    random = Random(seed)
    arriving = []
    for number, line in enumerate(lines):
        at_s = _at_s(line)
        arriving.append((at_s + random.uniform(0, most_late_s), number, line))
        if random.random() < 0.02:
            arriving.append((at_s + random.uniform(0, most_late_s), number, line))
    return [line for *_, line in sorted(arriving)]


def in_time(lines: Iterable[bytes]) -> list[bytes]:
    """Order lines by the time of their events, each once."""
    return [line for _, line in sorted({(_at_s(line), line) for line in lines})]


def _at_s(line: bytes) -> float:
    return datetime.fromisoformat(json.loads(line)["at"]).timestamp()


def everything(url: str) -> dict[str, list[tuple]]:
    """Give what a store holds about alarms and cases, each table's rows in one order."""
    found = {}
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        for table in _TABLES:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            numbered = {"id"} if table in ("alarm_event", "task", "case_event") else set()
            kept = ", ".join(name for name in columns if name not in _NOT_COMPARED | numbered)
            found[table] = sorted(map(repr, connection.execute(f"SELECT {kept} FROM {table}")))
    return found
