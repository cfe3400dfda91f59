"""Source and sinks together, in a process that is killed at any moment."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from cases.store import open_store
from connectors.alert_file import read_alert_file

pytestmark = pytest.mark.slow


def test_a_process_that_is_killed_again_and_again_delivers_each_alert_once(tmp_path):
    count = 3000
    lines = [b'{"number": %d}\n' % number for number in range(count)]
    path = tmp_path / "events"
    path.mkdir()
    (path / "1.jsonl").write_bytes(b"".join(lines[:1000]))
    (path / "2.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[1000:])))
    (tmp_path / "recovery").mkdir()
    init_db_dir(tmp_path / "recovery", 1)
    store_url = f"sqlite:///{tmp_path / 'desk.db'}"
    command = [
        sys.executable,
        str(Path(__file__).with_name("flow_to_kill.py")),
        str(path),
        str(tmp_path / "recovery"),
        str(tmp_path / "alerts.jsonl"),
        store_url,
    ]
    kills = [_killed_at(command, tmp_path / "alerts.jsonl", written) for written in (100, 300, 350, 700)]
    assert sum(kills) >= 3
    assert (tmp_path / "alerts.jsonl").stat().st_size > 700_000
    subprocess.run(command, check=True)
    assert [record["exposure_minor"] for record in read_alert_file(tmp_path / "alerts.jsonl")] == list(
        range(count)
    )
    with open_store(store_url) as store:
        queued = [alert["id"] for case in store.cases.list() for alert in store.cases.show(case.id).evidence]
    assert len(queued) == len(set(queued)) == count


def _killed_at(command: list[str], alert_file: Path, kilobytes: int) -> bool:
    """Kill the flow once it has written so much; say whether it was still at work."""
    process = subprocess.Popen(command)
    while process.poll() is None:
        if alert_file.exists() and alert_file.stat().st_size > 1000 * kilobytes:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    return process.wait() == -signal.SIGKILL
