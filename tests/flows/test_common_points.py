"""A skimmed machine, from claims that come late to the alerts about its cards and to its case."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from cases.store import open_store
from cli.main import cli
from domain.events import Chargeback, Transaction
from domain.tables import CompromisePoints
from learning.published import read_table
from tests.cases.device_cases.machines import raised, show
from tests.learning.compromise.town import START, Town, town

SKIMMED = "atm-station-3"
# Some copies have been used by then, and some of these claimed.
PUBLISHED = START + timedelta(days=38)
PROFILE = """
name: points
version: 1
input: {partitioned_by: card}
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds:
  {earliest: "2020-01-01T00:00:00+08:00", latest: "2030-01-01T00:00:00+08:00", ahead_of_ingest: PT15M}
detectors: {exposed_card: {}, terminal_hotspot: {}}
tables: [points.json]
"""


def write(path: Path, events: Iterable[Transaction | Chargeback]) -> Path:
    """Write events as they come from outside: without what is derived."""
    lines = (re.sub(rb',"at_ms":[0-9]+', b"", msgspec.json.encode(event)) + b"\n" for event in events)
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture(scope="module")
def lived() -> Town:
    return town(2, skimmed=[SKIMMED], read_share=0.8)


@pytest.fixture
def learnt(lived: Town, tmp_path: Path) -> tuple[CompromisePoints, str]:
    """Learn the table from what happened before it, and from all claims; gives it, and what was printed."""
    before = write(tmp_path / "before.jsonl", (event for event in lived.events if event.at < PUBLISHED))
    claims = write(tmp_path / "claims.jsonl", lived.claims)
    words = ["learn", "compromise", str(before), "--labels", str(claims)]
    words += ["-o", str(tmp_path / "points.json"), "--effective-at", PUBLISHED.isoformat()]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    later = sum(claim.at >= PUBLISHED for claim in lived.claims)
    assert f"{later} labels became known later and were left out" in result.stderr
    table = read_table(tmp_path / "points.json")
    assert isinstance(table, CompromisePoints)
    return table, result.stdout


def test_what_is_learnt_is_printed_with_its_figures_and_cards(learnt: tuple[CompromisePoints, str]) -> None:
    table, said = learnt
    (point,) = table.points
    assert point.id == SKIMMED
    assert "1 common point among" in said
    assert f"terminal {SKIMMED}: {point.bad} of {point.seen} cards turned bad" in said
    assert f"{len(point.cards)} cards to watch: {point.cards[0].card}, " in said


def test_its_cards_are_told_of_when_they_are_copies_and_the_machine_once(
    lived: Town, learnt: tuple[CompromisePoints, str], tmp_path: Path, riskdesk: Any, store: str
) -> None:
    (point,) = learnt[0].points
    (tmp_path / "points.yaml").write_text(PROFILE)
    after = write(tmp_path / "after.jsonl", (event for event in lived.events if event.at >= PUBLISHED))
    alerts_file = tmp_path / "alerts.jsonl"
    riskdesk("replay", tmp_path / "points.yaml", after, "--store", store, "--alerts", alerts_file).finish()
    alerts = [json.loads(line) for line in alerts_file.read_text().splitlines()]

    frauds = {claim.about for claim in lived.claims}
    listed = {card.card for card in point.cards}
    copies = {
        event.card
        for event in lived.events
        if event.at >= PUBLISHED and event.event_id in frauds and event.card in listed
    }
    assert len(copies) >= 3
    told = [alert for alert in alerts if alert["detector"] == "exposed_card"]
    assert sorted(alert["card"] for alert in told) == sorted(copies)

    (hotspot,) = [alert for alert in alerts if alert["detector"] == "terminal_hotspot"]
    first = next(event for event in lived.events if event.at >= PUBLISHED and event.terminal == SKIMMED)
    assert (hotspot["key"], hotspot["event_id"]) == (SKIMMED, first.event_id)
    assert {member["card"] for member in hotspot["members"]} >= {card.card for card in point.bad_cards}

    with open_store(store) as desk:
        (of_point,) = [case for case in desk.cases.list() if len(case.customers) > 2]
        # What the reader tells comes to the case of the point, and so did copies of its people's cards.
        tampered = raised("r", "reader_tampering", SKIMMED)
        assert set(show(desk, tampered).values()) == {of_point.id}
        assert of_point.alerts == 1 + sum(alert["customer"] in of_point.customers for alert in told)
