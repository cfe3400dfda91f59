"""A profile whose alerts count the uses of each terminal, so that any event lost or doubled shows."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from connectors.alert_file import read_alert_file
from domain.events import Event

PROFILE = """
name: counted
version: 1
input: {partitioned_by: card}
bank: {time_zone: UTC, currency: EUR}
bounds: {earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}
dead_letters: {limit_share: 0.5, window: 10}
detector_package: tests.flows.counters
detectors:
  uses_of_terminal:
"""


def write_profile(folder: Path) -> Path:
    path = folder / "counted.yaml"
    path.write_text(PROFILE)
    return path


def write_events(path: Path, events: Iterable[Event]) -> Path:
    """Append events to a file of lines."""
    with path.open("ab") as lines:
        lines.writelines(msgspec.json.encode(event) + b"\n" for event in events)
    return path


def counts(alerts: Path) -> list[tuple[str, int]]:
    """Which event was counted, and as which of its terminal, in the order of the file."""
    return [(record["event_id"], record["evidence"]["seen"]) for record in read_alert_file(alerts)]
