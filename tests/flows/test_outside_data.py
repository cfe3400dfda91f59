"""Data that was not made here: silent where it must be silent, and what is planted in it is found.

They lie outside the repository; RISKDESK_OUTSIDE_DATA names their folder.
"""

import os
from pathlib import Path
from random import Random

import orjson
import pytest

from connectors.alert_file import read_alert_file
from connectors.handbook import convert_handbook
from domain.instants import from_ms, iso, to_ms
from tests.flows.running import ROOT

PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"
PLANTED = 100
HALF_AN_HOUR_MS = 30 * 60_000


@pytest.fixture(scope="module")
def handbook(tmp_path_factory) -> Path:
    """Four months of simulated transactions of the Fraud Detection Handbook, converted."""
    folder = os.environ.get("RISKDESK_OUTSIDE_DATA")
    if not folder:
        pytest.skip("RISKDESK_OUTSIDE_DATA is not set: the handbook's transactions are not there")
    path = tmp_path_factory.mktemp("handbook") / "handbook.jsonl"
    convert_handbook(
        Path(folder) / "handbook_until_2018-07-31.csv.gz", Path(folder) / "handbook_terminals.csv", path
    )
    return path


def travel_alerts(path: Path) -> list[str]:
    return [alert["event_id"] for alert in read_alert_file(path) if alert["detector"] == "impossible_travel"]


@pytest.mark.slow
def test_people_who_never_leave_home_never_travel_impossibly(riskdesk, handbook, tmp_path):
    alerts = tmp_path / "alerts.jsonl"
    riskdesk("replay", PROFILE, handbook, "--alerts", alerts).finish()
    assert travel_alerts(alerts) == []


@pytest.mark.slow
def test_planted_pairs_are_found_and_nothing_else(riskdesk, handbook, tmp_path):
    stream = tmp_path / "planted.jsonl"
    planted = plant(handbook, stream)
    alerts = tmp_path / "alerts.jsonl"
    riskdesk("replay", PROFILE, stream, "--alerts", alerts).finish()
    assert sorted(travel_alerts(alerts)) == sorted(planted)


def plant(source: Path, target: Path) -> list[str]:
    """Write `source` with uses that are half an hour and a continent away from an honest one, in order.

    Each is of a card of its own, so that no two of them make a pair with one another.
    """
    lines = source.read_bytes().splitlines(keepends=True)
    random = Random(11)
    taken: dict[str, bytes] = {}
    for line in random.sample(lines, 3 * PLANTED):
        taken.setdefault(orjson.loads(line)["card"], line)
    far = []
    for number, line in enumerate(list(taken.values())[:PLANTED]):
        event = orjson.loads(line)
        at_ms = to_ms(parsed(event["at"])) + HALF_AN_HOUR_MS
        event |= {"event_id": f"planted-{number}", "at": iso(at_ms), "place": {"lat": 48.86, "lon": 2.35}}
        far.append((at_ms, event))
    far.sort(key=lambda each: each[0])
    with target.open("wb") as out:
        for line in lines:
            while far and iso(far[0][0])[:19] < orjson.loads(line)["at"][:19]:
                out.write(orjson.dumps(far.pop(0)[1]) + b"\n")
            out.write(line)
        out.writelines(orjson.dumps(event) + b"\n" for _, event in far)
    return [f"planted-{number}" for number in range(PLANTED)]


def parsed(at: str):
    return type(from_ms(0)).fromisoformat(at)
