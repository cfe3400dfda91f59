from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.device_mappings import load_mapping
from connectors.device_mapper import DeviceMapper
from connectors.errors import BadRowError
from devices.mapping import Mapping
from domain.telemetry import Counters, Telemetry
from tests.connectors.decoding import judged

ACME = load_mapping(Path(__file__).parents[2] / "config" / "mappings" / "acme_monitor.yaml")
RECORD = {
    "terminalId": "ATM0017",
    "eventTime": "2026-03-01 08:30:07",
    "seq": 4711,
    "fault": {"type": "0301", "module": "CRD", "level": "FATAL"},
    "state": "OPEN",
}


def events_of(record: dict[str, Any], mapping: Mapping = ACME) -> list[Telemetry]:
    mapper = DeviceMapper(mapping)
    return mapper.translator().events_of(mapper.received(record), record)


def fault(module: str, kind: str, level: str = "FATAL") -> dict[str, Any]:
    return {"fault": {"module": module, "type": kind, "level": level}}


def test_a_record_becomes_one_event_with_its_time_and_number():
    (event,) = events_of(RECORD)
    assert (event.code, event.edge, event.component, event.severity) == (
        "card_jam",
        "raise",
        "card_reader",
        4,
    )
    assert (event.device, event.sequence) == ("ATM0017", 4711)
    assert event.at == datetime(2026, 3, 1, 0, 30, 7, tzinfo=UTC)
    assert event.event_id.startswith("acme-monitor-")
    assert '"type":"0301"' in event.raw


@pytest.mark.parametrize(
    ("changes", "report"),
    [
        ({"state": "CLOSED"}, ("card_jam", "clear", "card_reader", 0, 0)),
        ({"state": "CHANGED"} | fault("CRD", "0302", "WARN"), ("card_jam", "state", "card_reader", 2, 0)),
        (fault("CRD", "0310", "INFO"), ("card_retained", "raise", "card_reader", 3, 0)),
        (fault("CDM", "0405"), ("cash_retracted", "raise", "dispenser", 4, 0)),
        (fault("CIM", "0405"), ("cash_retracted", "raise", "acceptor", 4, 0)),
        (
            fault("CST", "0501", "WARN") | {"cassette": {"no": "2"}},
            ("cash_low", "raise", "cassette", 2, 2),
        ),
        (fault("SYS", "0000"), ("heartbeat", "heartbeat", "device", 0, 0)),
        # A level that the mapping does not list: the catalogue's own severity stands.
        (fault("CRD", "0301", "AWFUL"), ("card_jam", "raise", "card_reader", 4, 0)),
        (fault("CRD", "9999"), ("unknown_code", "raise", "device", 1, 0)),
        ({"fault": "none"}, ("unknown_code", "raise", "device", 1, 0)),
        ({"state": "HALF"}, ("unknown_code", "raise", "device", 1, 0)),
    ],
)
def test_a_record_reports_what_the_first_rule_that_fits_says(changes, report):
    (event,) = events_of(RECORD | changes)
    assert (event.code, event.edge, event.component, event.severity, event.unit) == report


def test_counts_are_read_from_their_fields_and_what_is_no_count_is_left_out():
    record = (
        RECORD | fault("CST", "0510") | {"cassette": {"no": 1, "notes": "1200", "out": -3, "rejected": 2}}
    )
    (event,) = events_of(record)
    assert (event.edge, event.unit) == ("count", 1)
    assert event.counters == Counters(remaining=1200, rejected=2)


def test_what_no_rule_fits_is_counted_by_the_vendors_own_code():
    mapper = DeviceMapper(ACME)
    translator = mapper.translator()
    for kind in ("9999", "9999", "9998"):
        record = RECORD | fault("CRD", kind)
        translator.events_of(mapper.received(record), record)
    assert translator.unknown == {"CRD 9999": 2, "CRD 9998": 1}


@pytest.mark.parametrize(
    ("time", "value", "at"),
    [
        ({"layout": "iso"}, "2026-03-01T08:30:00+08:00", "2026-03-01T00:30:00"),
        ({"layout": "iso", "zone": "Asia/Shanghai"}, "2026-03-01T08:30:00", "2026-03-01T00:30:00"),
        ({"layout": "epoch_s"}, 1772325000, "2026-03-01T00:30:00"),
        ({"layout": "epoch_ms"}, "1772325000250", "2026-03-01T00:30:00.250000"),
        ({"layout": "%d.%m.%Y %H%M", "zone": "UTC"}, "01.03.2026 0030", "2026-03-01T00:30:00"),
    ],
)
def test_times_are_read_as_the_mapping_says(time, value, at):
    mapping = ACME.model_validate(ACME.model_dump() | {"time": {"field": "eventTime"} | time})
    (event,) = events_of(RECORD | {"eventTime": value}, mapping)
    assert event.at == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"eventTime": "2026-02-30 08:30:07"}, "eventTime '2026-02-30 08:30:07' is not %Y-%m-%d %H:%M:%S"),
        ({"eventTime": None}, "eventTime '' is not %Y"),
        ({"eventTime": {"a": 1}}, "eventTime '' is not %Y"),
        ({"terminalId": ""}, "terminalId is no name of a device"),
        (
            {"terminalId": "4111111111111111"},
            "terminalId is no name of a device; 1 to 64 characters, no card",
        ),
        ({"terminalId": ["a"]}, "terminalId is no name of a device"),
    ],
)
def test_a_record_without_time_or_device_is_refused(changes, said):
    with pytest.raises(BadRowError) as error:
        events_of(RECORD | changes)
    assert said in str(error.value)


def test_a_local_time_needs_the_zone_in_the_mapping():
    mapping = ACME.model_validate(ACME.model_dump() | {"time": {"field": "eventTime"}})
    with pytest.raises(BadRowError, match="has no offset, and the mapping's time names no zone"):
        events_of(RECORD | {"eventTime": "2026-03-01T08:30:00"}, mapping)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=30)
    | st.sampled_from(["CRD", "0301", "OPEN"])
)
ANYTHING = st.recursive(SCALARS, lambda inner: st.dictionaries(st.sampled_from(["a", "no", "notes"]), inner))


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "seq": ANYTHING,
            "state": ANYTHING,
            "fault": st.fixed_dictionaries(
                {}, optional={"type": ANYTHING, "module": ANYTHING, "level": ANYTHING}
            ),
            "cassette": ANYTHING,
            "note": st.just("card 4111111111111111"),
        },
    )
)
def test_whatever_a_record_holds_it_is_one_event_that_the_codec_takes(record):
    (event,) = events_of(record | {"terminalId": "ATM1", "eventTime": "2026-03-01 08:30:07"})
    read = judged(msgspec.json.encode(event))
    assert read == msgspec.structs.replace(event, at_ms=read.at_ms)
