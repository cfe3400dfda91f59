"""Makes what `test_compatibility.py` resumes: python -m tests.flows.make_fixture tests/flows/fixtures/v1

A tiny bank's day is cut into two partitions; a run that follows them is asked to stop when it has read what
was there at about the time of the rings, with its state in `recovery`, its queue in `store.sqlite` and its
alerts so far in `alerts.jsonl`. The whole streams lie beside it, with the alerts that an uninterrupted
replay gives. The parameters of the detectors are written out: another default must change nothing here.

Run it again only for a state format of its own, into a folder of its own (v2): what was made by a released
version must go on being resumed.
"""

import shutil
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

from cases.store import open_store
from config.profiles import load_profile
from connectors.alert_file import read_alert_file, sort_alert_file
from connectors.reference_files import read_reference
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

NAMES = ("east.jsonl", "west.jsonl")
# Of the lines of the day: behind it there are alerts that need what came before it.
READ_SHARE = 0.95
SHIPPED = ROOT / "config" / "profiles" / "card_risk.yaml"
BANK = Plan(
    seed=11,
    customers=120,
    start_ms=1_772_402_400_000,  # 2026-03-02T06:00+08:00
    hours=24.0,
    events=2000,
    incidents={"opened_together": 1, "many_cards_one_terminal": 1, "travel_ring": 1, "impossible_travel": 3},
)


def main(target: Path) -> None:
    """Make the fixture in `target`, which must not be there yet."""
    target.mkdir(parents=True)
    write_profile(target / "profile.yaml")
    night = simulate(BANK)
    with TemporaryDirectory() as name, open_store(f"sqlite:///{name}/reference.sqlite") as store:
        store.reference.put(reference_records(night))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
