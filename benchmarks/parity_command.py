"""The `riskdesk` command, begun and left running, or run within this process, which is quicker.

A process of Python that imports the engine takes as long as a small stream: what needs no process of its own
is therefore run in one that has done so already. What an earlier run left behind in it must not matter.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import click

from benchmarks.nights import ROOT
from cli.main import cli

_PREFIX = "RISKDESK_"
_LOG_LEVEL = {"RISKDESK_LOG_LEVEL": "error"}


def begun(arguments: Sequence[object], log: Path) -> "subprocess.Popen[bytes]":
    """Start it as a user does, without settings of the environment; what it says is in `log`."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            cwd=ROOT,
            env=settings | _LOG_LEVEL,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def leave_settings_out() -> None:
    """Take settings out of this process's environment: what is run in it must not depend on them."""
    for name in [name for name in os.environ if name.startswith(_PREFIX)]:
        del os.environ[name]
    os.environ.update(_LOG_LEVEL)


def run_here(*arguments: object) -> None:
    """Run it to its end in this process. Raises RuntimeError with what it complains of when it fails."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            code = cli.main([str(argument) for argument in arguments], "riskdesk", standalone_mode=False)
        except click.ClickException as error:
            raise RuntimeError(f"riskdesk {arguments[0]} failed: {error.format_message()}") from error
    if code:
        raise RuntimeError(f"riskdesk {arguments[0]} failed: {said.getvalue()}")
