"""`riskdesk desk` as a user starts it."""

import os
import re
import signal
import subprocess
import sys

from tests.flows.running import ROOT


class DeskProcess:
    """The desk over a store, in a process of its own; it can be killed and started again on its port."""

    def __init__(self, url: str, *options: str) -> None:
        self.url = url
        self.said = ""
        self._options = options
        self._port = "0"
        self.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it says where it is and what to do there."""
        arguments = ["desk", "--store", self.url, "--port", self._port, *self._options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        for line in self._process.stderr or ():
            self.said += line
            if found := re.search(r"the desk is at (http://\S+:(\d+))", line):
                self.address, self._port = found.groups()
                return
        self._process.communicate()
        raise AssertionError(f"the desk did not start: {self.said}")

    def next_line(self) -> str:
        """Give the next line that it says; waits for one."""
        assert self._process.stderr is not None
        return self._process.stderr.readline()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, unless it has ended, and give its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(how)
            self._process.communicate()
        return self._process.returncode
