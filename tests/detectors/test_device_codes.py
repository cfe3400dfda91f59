"""Detectors may not read the catalogue of codes: what they say of it by default is what it says."""

from dataclasses import fields
from datetime import timedelta

import pytest

import detectors
from detectors.card_or_cash_retained import CardOrCashRetained
from detectors.component_down import ComponentDown
from detectors.examples import run
from devices.codes import Code, catalogue
from domain.conditions import FAMILIES, FROM_OUTSIDE, standing
from domain.events import Progress
from domain.instants import from_ms
from domain.tables import Tables
from domain.telemetry import Telemetry
from tests.detectors.reports import report
from tests.detectors.streams import HOUR_MS, START_MS

CODES = catalogue().codes
DOWN = ComponentDown()
WATCHED = (
    dict.fromkeys(DOWN.codes, DOWN.hold)
    | dict.fromkeys(DOWN.slow_codes, DOWN.slow_hold)
    | dict.fromkeys(DOWN.line_codes, timedelta(0))
)
# What detectors find for themselves; whatever else is the detector's to end, a device reports.
FOUND = {
    "card_read_degraded",
    "cash_full_soon",
    "cash_out_soon",
    "decline_rate_anomaly",
    "fault_rate_anomaly",
    "flapping",
    "note_error_rate",
    "reversal_burst",
    "silent_device",
    "supervisor_overstay",
}


def is_reported(code: Code) -> bool:
    """Tell whether a code is of a condition that a device itself reports and that somebody must see to."""
    handled = code.handling not in ("customer_harm", "security", "record")
    return handled and code.name not in FROM_OUTSIDE | FOUND


def test_the_families_are_those_of_the_catalogue() -> None:
    for family, codes in FAMILIES.items():
        assert set(codes) == set(catalogue().family_of(codes[0])), family
    assert set(FAMILIES) == {code.family for code in CODES.values() if code.family}


def test_every_code_that_a_device_reports_is_watched() -> None:
    assert WATCHED.keys() == {code.name for code in CODES.values() if is_reported(code)}


def test_a_code_is_held_as_long_as_the_catalogue_says() -> None:
    for name, hold in WATCHED.items():
        said = catalogue().handling_of(CODES[name])
        # What is held for the device's heartbeats is so where they are known: with the alarms.
        assert hold.total_seconds() == said.hold_s, name


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_a_state_counts_where_the_catalogue_says_that_its_code_holds(name: str) -> None:
    for severity in range(1, 5):
        told = report(START_MS, component="app", code=name, edge="state", severity=severity)
        end = Progress(at=from_ms(START_MS + HOUR_MS), at_ms=START_MS + HOUR_MS)
        assert bool(run(DOWN, [told, end], Tables())) == CODES[name].holds_at(severity), severity


@pytest.mark.parametrize(
    ("parameter", "clearer"), [("loaded", "cash_loaded"), ("alive", "alive"), ("kept", "desk")]
)
def test_what_ends_a_condition_is_what_the_catalogue_says(parameter: str, clearer: str) -> None:
    assert set(getattr(DOWN, parameter)) == {name for name in WATCHED if clearer in CODES[name].cleared_by}


def test_every_code_of_harm_to_a_customer_is_told_of() -> None:
    assert set(CardOrCashRetained().codes) == {code.name for code in CODES.values() if code.harms_customer}


OF_DEVICES = [name for name, made in detectors.available().items() if Telemetry in made.reads]


@pytest.mark.parametrize("name", OF_DEVICES)
def test_every_code_that_a_detector_names_is_in_the_catalogue(name: str) -> None:
    made = detectors.build(name, {})
    values = [getattr(made, parameter.name) for parameter in fields(made)]
    assert {code for value in values if isinstance(value, tuple) for code in value} <= CODES.keys()


def test_what_comes_from_outside_is_in_the_catalogue() -> None:
    assert CODES.keys() >= FROM_OUTSIDE


@pytest.mark.parametrize(
    ("edge", "severity", "holds"),
    [
        ("raise", 0, True),
        ("clear", 4, False),
        ("state", 1, True),
        ("state", 0, False),
        ("count", 4, None),
        ("heartbeat", 0, None),
    ],
)
def test_a_report_says_whether_its_condition_holds(edge: str, severity: int, holds: bool | None) -> None:
    said = report(0, component="door", code="door_open", edge=edge, severity=severity)
    assert standing(said) is holds
