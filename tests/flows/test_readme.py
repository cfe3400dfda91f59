"""Every command of the README, word for word and in its order, does what it says."""

import gzip
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zstandard

from flows.desk_time import desk_now_ms
from tests.flows.device_day import DAY
from tests.flows.running import NIGHT, ROOT, stored_alerts

PROGRAMS = {
    ".venv/bin/riskdesk": [sys.executable, "-m", "cli.main"],
    ".venv/bin/python": [sys.executable],
}
STORE = "var/riskdesk.sqlite"


def commands() -> list[list[str]]:
    """The words of each command but those for make, which has its own tests."""
    blocks = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    return [each for each in words if each[0] != "make"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which everything is that the README's commands name."""
    (tmp_path / "config").symlink_to(ROOT / "config")
    (tmp_path / "var").mkdir()
    for name, source in (
        ("TRANSACTIONS", NIGHT / "transactions"),
        ("REFERENCE", NIGHT / "reference"),
        ("FLEET", DAY / "fleet"),
        ("TELEMETRY", DAY / "telemetry"),
        ("USES", DAY / "transactions"),
    ):
        with (
            source.with_suffix(".jsonl.zst").open("rb") as packed,
            (tmp_path / f"{name}.jsonl").open("wb") as out,
        ):
            zstandard.ZstdDecompressor().copy_stream(packed, out)
    (tmp_path / "var" / "history.jsonl.zst").write_bytes((NIGHT / "transactions.jsonl.zst").read_bytes())
    head = "tx_id,epoch,customer,terminal,amount,fraud,scenario\n"
    frauds = [int(n % 9 == 8) for n in range(90)]
    rows = [
        f"{n},{1522540831 + n * 21_600},{596 + n % 3},1,57.16,{fraud},{fraud}\n"
        for n, fraud in enumerate(frauds)
    ]
    (tmp_path / "TRANSACTIONS.csv.gz").write_bytes(gzip.compress("".join([head, *rows]).encode()))
    profile = (ROOT / "config/profiles/card_risk.yaml").read_text().replace("CNY", "EUR")
    (tmp_path / "NOW.yaml").write_text(profile)
    (tmp_path / "NEW.yaml").write_text(profile.replace("  burst:", "  burst: {uses: 4, window: PT5M}"))
    (tmp_path / "TERMINALS.csv").write_text("terminal,lat,lon\n1,31.02159,120.50012\n")
    return tmp_path


def run(words: list[str], folder: Path) -> None:
    """Run a command as a shell would; one without an end is asked to stop when it has found something."""
    environment = dict(os.environ)
    while "=" in words[0]:
        name, _, environment[name] = words[0].partition("=")
        words = words[1:]
    store = f"sqlite:///{folder}/{STORE}"
    before = len(stored_alerts(store)) if words[1] == "run" else 0
    process = subprocess.Popen(
        [*PROGRAMS[words[0]], *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if words[1] == "run":
        while process.poll() is None and len(stored_alerts(store)) == before:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
    elif words[1] == "desk":
        # It serves until it is asked to end.
        assert process.stderr is not None
        assert "the desk is at" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
    _, told = process.communicate()
    # At night only the worst is called about, whoever tests then.
    silent = words[1:3] == ["queue", "next"] and "no case is waiting" in told and not _all_are_called_now()
    assert process.returncode == 0 or silent, (words, told)


def _all_are_called_now() -> bool:
    return 10 <= datetime.fromtimestamp(desk_now_ms() / 1000, ZoneInfo("Asia/Shanghai")).hour < 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_the_commands_work_one_after_the_other(folder):
    found = commands()
    assert len(found) >= 8
    for words in found:
        # The ports may be taken on the machine that tests.
        port = ["--port", "0"] if words[1] == "desk" else []
        run([*(str(free_port()) if word == "9300" else word for word in words), *port], folder)
    assert stored_alerts(f"sqlite:///{folder}/{STORE}") != []
    for name in (
        "alerts.jsonl",
        "segments.json",
        "handbook.jsonl",
        "backtest.html",
        "september.html",
        "fleet/truth.jsonl",
    ):
        assert (folder / "var" / name).stat().st_size > 0
