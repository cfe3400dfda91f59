"""The secrets shared with receivers: from a file of one's own, or from the environment; never an option.

An option would stand in the list of processes.
"""

import os
import stat
from pathlib import Path

import click


def read_secret(path: Path | None, variable: str) -> bytes | None:
    """Give the secret in a file, else in a variable of the environment, None without either.

    Raises UsageError for a file that others can read.
    """
    if path is None:
        return os.environ[variable].encode() if variable in os.environ else None
    check_own(path)
    return path.read_bytes().strip()


def check_own(path: Path) -> None:
    """Raise UsageError for a file that others can read."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise click.UsageError(
            f"others can read {path}; the secret in it must be yours alone: chmod 600 {path}"
        )
