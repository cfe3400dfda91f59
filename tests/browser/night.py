"""The recorded night of cards and day of devices, in a store as `make demo` makes it."""

import subprocess
import sys
from pathlib import Path

from tests.flows.running import NIGHT, ROOT

DAY = ROOT / "replay_data" / "day"
# When the recorded night is over, as `make demo-desk` opens it.
NIGHT_ENDS = ("--begins-at", "2026-09-19T04:30:00+08:00")
DEVICES = ROOT / "config" / "profiles" / "device_watch.yaml"


def make_night(folder: Path) -> None:
    """Load and replay both into `desk.sqlite` of a folder."""
    _run(folder, "reference", "load", NIGHT / "reference.jsonl.zst")
    _run(folder, "replay", NIGHT / "profile.yaml", NIGHT / "transactions.jsonl.zst", "--quiet")
    _run(folder, "reference", "load", DAY / "reference.jsonl.zst", DAY / "fleet.jsonl.zst")
    streams = (DAY / "telemetry.jsonl.zst", DAY / "transactions.jsonl.zst")
    _run(folder, "replay", DEVICES, *streams, "--quiet")


def _run(folder: Path, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
    subprocess.run(
        [*command, "--store", f"sqlite:///{folder}/desk.sqlite"], cwd=ROOT, check=True, capture_output=True
    )
