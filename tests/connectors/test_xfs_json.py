from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.device_reports import Received
from connectors.xfs_codes import ERRORS, EVENT_FIELDS, EVENTS, FAULTS, MODES, NESTED, STATUS, STATUS_EVENTS
from connectors.xfs_json import xfs_translator
from devices.codes import catalogue
from domain.telemetry import Counters, Telemetry
from tests.connectors.decoding import judged

AT = datetime(2026, 3, 1, 0, 30, 7, tzinfo=UTC)
EXAMPLES = yaml.safe_load(Path(__file__).with_name("xfs_examples.yaml").read_text("utf-8"))


def events_of(message: Any) -> list[Telemetry]:
    return xfs_translator().events_of(Received(AT, "atm-17"), message)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_message_gives_these_reports_and_no_others(example):
    translator = xfs_translator()
    found = translator.events_of(Received(AT, "atm-17"), example["message"])
    assert [
        [event.code, event.edge, event.component, event.severity, event.unit] for event in found
    ] == example["reports"]
    assert translator.other == (not found)
    assert translator.unknown.total() == sum(report[0] == "unknown_code" for report in example["reports"])


def test_counts_come_with_what_they_count():
    (example,) = [example for example in EXAMPLES if "counts" in example["name"]]
    found = [event.counters for event in events_of(example["message"]) if event.edge == "count"]
    assert found == [
        Counters(remaining=120, dispensed=80, rejected=2, currency="CNY"),
        Counters(captured=7),
    ]


def test_of_what_nobody_knows_only_the_name_is_kept():
    (event,) = events_of({"header": {"name": "CardReader.SomethingNewEvent"}, "payload": {"data": "secret"}})
    assert event.raw == "CardReader.SomethingNewEvent"


def test_card_numbers_in_what_a_vendor_describes_are_written_over():
    described = {"eventId": "hardware", "action": "clear", "vendorDescription": "card 4111111111111111 stuck"}
    (event,) = events_of({"header": {"name": "Common.ErrorEvent"}, "payload": described})
    assert "************1111 stuck" in event.raw


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
VALUES = JSON | st.sampled_from(
    ["ok", "jammed", "open", "low", "full", "unit1", "hardwareError", "4111111111111111"]
)
SECTIONS = [place.split(".") for place in (*STATUS, *MODES, *NESTED, "common.device", "printer.paper")]
PAYLOADS = (
    st.lists(st.tuples(st.sampled_from(SECTIONS), VALUES), max_size=5).map(
        lambda found: {section: {field: value} for (section, field), value in found}
    )
    | st.dictionaries(
        st.sampled_from(["unit1", "unit2", "storage", "position", "to", "reason", "state"]), VALUES
    )
    | JSON
)
NAMES = st.sampled_from(
    [
        "Common.Status",
        "Common.ErrorEvent",
        "Storage.StorageThresholdEvent",
        *EVENTS,
        *EVENT_FIELDS,
        *STATUS_EVENTS,
    ]
)


@settings(max_examples=300, deadline=None)
@given(NAMES | st.text(max_size=30), st.sampled_from(["", "completion", "unsolicited"]), PAYLOADS)
def test_whatever_comes_is_events_that_the_codec_takes_or_a_message_of_another_kind(name, kind, payload):
    translator = xfs_translator()
    message = {"header": {"name": name, "type": kind}, "payload": payload}
    events = translator.events_of(Received(AT, "atm-17"), message)
    assert events or translator.other == 1
    for event in events:
        read = judged(msgspec.json.encode(event))
        assert read == msgspec.structs.replace(event, at_ms=read.at_ms)


def said() -> Iterator[tuple[str, str]]:
    fields = [*STATUS.values(), *(field for row in NESTED.values() for field in row.values())]
    for field in [*fields, *(field for _, field in STATUS_EVENTS.values())]:
        yield field.component, field.level
        yield from ((field.component, code) for code in field.codes.values() if code)
    yield from FAULTS.items()
    yield from (meaning for row in ERRORS.values() for meaning in row.values())
    meanings = [*EVENTS.values()]
    for event in EVENT_FIELDS.values():
        meanings += [*event.codes.values(), *([event.otherwise] if event.otherwise else ())]
    yield from (meaning for meaning in meanings if meaning[1])
    yield from (("device", code) for row in MODES.values() for code in row.values())


def test_every_code_of_the_tables_is_in_the_catalogue_and_is_about_that_component():
    for component, code in said():
        assert code in catalogue(), code
        assert component in catalogue()[code].component, (component, code)
