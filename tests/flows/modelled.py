"""A profile whose alerts say which learnt tables are in force."""

from collections.abc import Iterable
from pathlib import Path

from connectors.alert_file import read_alert_file
from tests.flows.counted import PROFILE

OURS = "tests.flows.scorers\ndetectors:\n  model_in_force:"
# Of any score above even, which every model of these tests gives to everything.
REAL = "detectors\ndetectors:\n  learned_risk: {least_probability: 0.5}"


def write_scoring(
    folder: Path, name: str = "modelled", tables: Iterable[str] = (), detectors: str = OURS
) -> Path:
    """Write a profile that scores, by our own detector that tells everything or by the real one."""
    text = PROFILE.replace("name: counted", "name: modelled")
    text = text.replace("tests.flows.counters\ndetectors:\n  uses_of_terminal:", detectors)
    path = folder / f"{name}.yaml"
    path.write_text(f"{text}tables: [{', '.join(tables)}]\n")
    return path


def models_in(alerts: Path) -> dict[str, str | None]:
    """By which model each event was scored."""
    return {record["event_id"]: record["evidence"]["model"] for record in read_alert_file(alerts)}
