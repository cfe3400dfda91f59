"""Impossible travel as two public projects expect it; RISKDESK_OUTSIDE_DATA is the folder of their cases."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

import detectors
from domain.events import Place, Transaction
from domain.instants import to_ms

OUTSIDE = os.environ.get("RISKDESK_OUTSIDE_DATA")
if not OUTSIDE:
    pytest.skip(
        "RISKDESK_OUTSIDE_DATA is not set: the public travel cases are NOT checked", allow_module_level=True
    )
CASES = [orjson.loads(line) for line in Path(OUTSIDE, "travel_vectors.jsonl").read_bytes().splitlines()]


def parameters(rule: dict[str, Any]) -> dict[str, Any]:
    """Give the detector's parameters for theirs: `dt0_hours` is what a gap of nothing counts as."""
    given = {"max_kmh": rule["max_kmh"], "atm_kmh": rule["max_kmh"], "min_km": rule["min_km"]}
    if "dt0_hours" in rule:
        given["min_gap"] = timedelta(hours=rule["dt0_hours"])
    # They compare a use with the one before, however old it is.
    return given | {"memory": timedelta(days=31)}


def transaction(event: dict[str, Any]) -> Transaction:
    at = datetime.fromisoformat(event["ts"])
    return Transaction(
        event_id=event["event_id"],
        at=at,
        at_ms=to_ms(at),
        card=event["card"],
        amount_minor=round(event["amount"] * 100),
        currency=event["currency"],
        channel=event["channel"],
        place=Place(lat=event["lat"], lon=event["lon"], city=event["city"], country=event["country"]),
    )


def test_the_public_cases_are_there():
    assert len(CASES) == 7


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_fires_is_what_a_public_project_expects(case: dict[str, Any]):
    detector = detectors.build("impossible_travel", parameters(case["rule"]))
    state = detector.start()
    fired = {}
    for event in case["events"]:
        for finding in detector.step(state, transaction(event)):
            fired[event["event_id"]] = finding
    assert list(fired) == case["expect"]
    for pair in case["pairs"]:
        if pair["to"] in fired:
            evidence = fired[pair["to"]].evidence
            assert evidence["km"] == pytest.approx(pair["km"], rel=1e-3)
            assert evidence["kmh"] == pytest.approx(pair["kmh"], rel=1e-3)
