"""What start-up checks find."""

from enum import StrEnum
from typing import NamedTuple


class Weight(StrEnum):
    """What follows from a finding."""

    PROBLEM = "problem"  # a run does not start
    WARNING = "warning"  # a run starts, and somebody should look
    NOTE = "note"  # all is well, and good to know


class Finding(NamedTuple):
    """One thing that a check has found: what it is, and what to do."""

    weight: Weight
    text: str


def problem(text: str) -> Finding:
    """Find what keeps a run from starting."""
    return Finding(Weight.PROBLEM, text)


def warning(text: str) -> Finding:
    """Find what somebody should look at."""
    return Finding(Weight.WARNING, text)


def note(text: str) -> Finding:
    """Find what is good to know."""
    return Finding(Weight.NOTE, text)
