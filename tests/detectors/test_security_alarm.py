"""Security alarms are those of the catalogue, and no report of one is ever lost."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.examples import run
from detectors.security_alarm import SecurityAlarm
from devices.codes import catalogue
from domain.events import Event
from domain.tables import Tables
from domain.telemetry import Telemetry
from tests.detectors.reports import device_streams

CODES = catalogue().codes
ALARM = SecurityAlarm()


def test_every_code_of_security_is_told_of() -> None:
    assert set(ALARM.codes) == {code.name for code in CODES.values() if code.handling == "security"}


def test_what_is_worse_outside_planned_work_is_what_the_catalogue_says() -> None:
    assert ALARM.unplanned == {code.name: code.unplanned for code in CODES.values() if code.unplanned}


def test_only_what_its_own_clear_ends_is_ever_over() -> None:
    assert set(ALARM.own_end) == {
        told for told in ALARM.unplanned.values() if "own" in CODES[told].cleared_by
    }


@settings(max_examples=50, deadline=None)
@given(events=device_streams(), codes=st.lists(st.sampled_from(ALARM.codes), min_size=1))
def test_each_raise_is_told_of_whatever_the_device_reported_before(
    events: list[Event], codes: list[str]
) -> None:
    def alarming(number: int, event: Any) -> Any:
        told = isinstance(event, Telemetry) and event.edge == "raise" and number % 2
        return replace(event, code=codes[number % len(codes)]) if told else event

    given_events = [alarming(number, event) for number, event in enumerate(events)]
    told = {fired.event_id for fired in run(ALARM, given_events, Tables())}
    raised = {
        event.event_id
        for event in given_events
        if isinstance(event, Telemetry) and event.edge == "raise" and event.code in ALARM.codes
    }
    assert raised <= told
