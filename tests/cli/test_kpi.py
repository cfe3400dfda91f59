"""The `kpi` command."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.findings import Severity
from domain.instants import iso
from tests.cases.made import HOUR_MS, NOON_MS, alert
from tests.cases.worked import SECOND_MS, call, customer
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.reference.put([customer("u1"), customer("u2")])
        store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
        call(store, "confirmed_fraud", 20 * SECOND_MS, 80 * SECOND_MS, ("identity",))
        store.cases.take_in([alert("b", "c2", "u2", severity=Severity.CRITICAL)], NOON_MS)
    return found


def run(url: str, *words: str) -> Result:
    window = ("--from", iso(NOON_MS), "--to", iso(NOON_MS + HOUR_MS))
    return CliRunner().invoke(cli, ["kpi", *window, *words], env={"RISKDESK_STORE": url})


def test_every_figure_is_a_line_with_its_numerator_and_denominator(url: str) -> None:
    result = run(url, "--json")
    assert result.exit_code == 0
    found = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert all({"figure", "of", "unit", "value", "numerator", "denominator"} <= set(line) for line in found)
    (level,) = (
        line for line in found if line["figure"] == "service_level" and "critical" in line["of"].values()
    )
    # One case called after 20 s; one that nobody called, which is a miss though it is still open.
    assert level == {
        "figure": "service_level",
        "of": {"band": "critical", "within": "25 seconds"},
        "unit": "share",
        "value": 0.5,
        "numerator": 1,
        "denominator": 2,
    }
    (first,) = (
        line
        for line in found
        if line["figure"] == "time_to_first_attempt" and line["of"] == {"band": "critical"}
    )
    assert (first["numerator"], first["denominator"], first["p95"]) == (20_000, 1, 20_000)


def test_the_table_shows_both_parts_too(url: str) -> None:
    words = " ".join(run(url).stdout.split())
    assert "service level critical 25 seconds 50.0% 1 / 2" in words
    assert "time to first attempt critical 20.0 s 20.0 s / 1 20.0 s 20.0 s 20.0 s" in words
    assert "no inbound calls are on record" in words


def test_customers_are_heard_by_month_and_detector(url: str) -> None:
    (line,) = run(url, "--voice", "--json").stdout.splitlines()
    assert orjson.loads(line) == {
        "month": "2026-03",
        "detector": "impossible_travel",
        "cases": 1,
        "outcomes": {"confirmed_fraud": 1},
        "calls": 1,
        "dispositions": {"confirmed_fraud": 1},
    }
    assert "2026-03 impossible_travel 1 confirmed fraud 1" in " ".join(run(url, "--voice").stdout.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", iso(NOON_MS)), "is empty; its end must lie behind"),
        (("--from", "yesterday"), "should be ISO 8601 with an offset"),
        (("--voice", "--zone", "Nowhere/Land"), "is no time zone"),
        (("--store", "desk.db"), "allowed is sqlite:///"),
    ],
)
def test_what_cannot_be_is_told(url: str, words: tuple[str, ...], told: str) -> None:
    result = run(url, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_without_a_window_it_is_the_last_day(url: str) -> None:
    result = CliRunner().invoke(cli, ["kpi", "--json"], env={"RISKDESK_STORE": url})
    assert result.exit_code == 0
    assert orjson.loads(result.stdout.splitlines()[0])["denominator"] == 0
