"""The `riskdesk` command as a user runs it, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from cases.store import open_store
from connectors.alert_file import read_alert_file

ROOT = Path(__file__).parents[2]
NIGHT = ROOT / "replay_data" / "night"
PROFILE = NIGHT / "profile.yaml"


class Command:
    """One `riskdesk` process, with the group of processes it started."""

    def __init__(self, arguments: list[str], within: Sequence[str] = ()) -> None:
        self._log = TemporaryFile()  # noqa: SIM115 - open as long as the process is
        self._said = ""
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "cli.main", *arguments],
            cwd=ROOT,
            env=os.environ | {"RISKDESK_LOG_LEVEL": "error"},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    @property
    def err(self) -> str:
        """What it has said on standard error up to now."""
        if not self._log.closed:
            self._said = os.pread(self._log.fileno(), 1 << 24, 0).decode()
        return self._said

    def wait(self) -> int:
        self.out, _ = self.process.communicate()
        self._close()
        return self.process.returncode

    def finish(self) -> None:
        assert self.wait() == 0, self.err

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self._close()

    def _close(self) -> None:
        self._said = self.err
        self._log.close()

    @property
    def running(self) -> bool:
        return self.process.poll() is None


def until(condition: Callable[[], bool], command: Command) -> None:
    """Wait for a condition as long as the command runs; what hangs is given up."""
    for _ in range(6000):
        if condition():
            return
        assert command.running, command.err
        time.sleep(0.02)
    raise AssertionError("it never came to pass")


def alert_ids(path: Path) -> list[str]:
    return [record["id"] for record in read_alert_file(path)]


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def stored_alerts(url: str) -> list[str]:
    """The ids of all alerts in a store, each as often as it is there."""
    with open_store(url) as store:
        return sorted(
            alert["id"] for case in store.cases.list() for alert in store.cases.show(case.id).evidence
        )
