from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.device_reports import OTHER_CODES, Received, Translator
from connectors.ndc import ndc_translator, read_ndc
from connectors.ndc_codes import CONFIGURED_FITNESS, CONFIGURED_SUPPLIES, FITNESS, SENSORS, STATUSES, SUPPLIES
from devices.codes import catalogue
from domain.telemetry import Counters, Telemetry
from tests.connectors.decoding import judged
from tests.connectors.hostile import card_number

AT = datetime(2026, 3, 1, 0, 30, 7, tzinfo=UTC)
EXAMPLES = yaml.safe_load(Path(__file__).with_name("ndc_examples.yaml").read_text("utf-8"))


def bytes_of(text: str) -> bytes:
    return text.replace("|", "\x1c").replace("~", "\x1d").encode()


def events_of(message: bytes, translator: Translator[bytes] | None = None) -> list[Telemetry]:
    return (translator or ndc_translator()).events_of(Received(AT), message)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_message_gives_these_reports_and_no_others(example):
    translator = ndc_translator()
    expected, natives = [], []
    for code, edge, component, severity, unit, *more in example["reports"]:
        counters = Counters(**more[0]) if edge == "count" else None
        natives += more if code == "unknown_code" else []
        expected.append((code, edge, component, severity, unit, counters))
    found = events_of(bytes_of(example["message"]), translator)
    assert [
        (event.code, event.edge, event.component, event.severity, event.unit, event.counters)
        for event in found
    ] == expected
    assert list(translator.unknown.elements()) == natives
    assert translator.other == (not expected)


def test_a_report_keeps_who_when_and_the_text_that_was_received():
    received = Received(AT, sequence=9, ingested_at=AT)
    (event,) = ndc_translator().events_of(received, bytes_of("12|017||P21"))
    assert (event.device, event.at, event.sequence, event.ingested_at) == ("017", AT, 9, AT)
    assert event.raw == "12|017||P21"
    (named,) = ndc_translator().events_of(Received(AT, "atm-17"), bytes_of("12|017||P21"))
    assert named.device == "atm-17"


def test_a_message_that_comes_twice_is_the_same_events_and_each_event_has_its_own_id():
    message = bytes_of("12|017||E500000000|00000|00|11200")
    ids = [event.event_id for event in events_of(message)]
    assert ids == [event.event_id for event in events_of(message)]
    assert len(set(ids)) == len(ids) > 5
    later = ndc_translator().events_of(Received(AT, sequence=2), message)
    assert not {event.event_id for event in later} & set(ids)


def test_of_a_transaction_nothing_is_kept():
    number = "4111111111111111"
    said = read_ndc(bytes_of(f"11|017||1F2F3|1|;{number}=25121011234567890?||PIN1234"))
    assert said.reports == []
    assert said.raw == ""


def test_of_an_unknown_message_only_the_beginning_is_kept_with_card_numbers_written_over():
    (event,) = events_of(bytes_of("4111111111111111|017|;5500005555555559=2512101?"))
    assert (event.code, event.raw) == ("unknown_code", "************1111")
    assert not events_of(bytes_of("12|017||D1|0|;4111111111111111=25121011|0"))[0].raw.count("41111111")


def test_a_luno_that_could_be_a_card_number_names_no_device():
    assert events_of(bytes_of("12|4111111111111111||P21"))[0].device == "unknown"


def test_a_stranger_cannot_make_up_codes_without_end():
    translator = ndc_translator()
    for number in range(1100):
        events_of(f"{number + 1000}x".encode(), translator)
    assert len(translator.unknown) == 1001
    assert translator.unknown[OTHER_CODES] == 100
    assert translator.unknown.total() == 1100


MESSAGES = st.binary(max_size=400) | st.lists(
    st.sampled_from([*"0123456789ABCDEFGHIJKLMPQRSVYafqw\\?@:;<=>"])
    | st.sampled_from(
        ["12", "22", "|", "||", "|8|", "|F|", "|F|1|", "|F|I", "|F|K", "|P1", "|E", "~", "00000"]
    )
    | st.randoms(use_true_random=False).map(card_number),
    max_size=60,
).map(lambda parts: bytes_of("".join(["22|", *parts] if len(parts) % 2 else ["12|017||", *parts])))


@settings(max_examples=400, deadline=None)
@given(MESSAGES)
def test_whatever_comes_is_events_that_the_codec_takes_or_a_message_of_another_kind(message):
    translator = ndc_translator()
    events = events_of(message, translator)
    assert events or translator.other == 1
    assert translator.unknown.total() == sum(event.code == "unknown_code" for event in events)
    for event in events:
        assert event.code in catalogue()
        read = judged(msgspec.json.encode(event))
        assert read == msgspec.structs.replace(event, at_ms=read.at_ms)


def test_every_code_of_the_tables_is_in_the_catalogue_and_is_about_that_component():
    said = [(fitness.component, fitness.code) for row in FITNESS.values() for fitness in row]
    said += [(fitness.component, "tamper") for row in FITNESS.values() for fitness in row]
    said += [(fitness.component, fitness.code) for fitness in CONFIGURED_FITNESS.values()]
    supplies = [supply for row in SUPPLIES.values() for supply in row] + list(CONFIGURED_SUPPLIES.values())
    for supply in supplies:
        codes = {code for code in (supply.level, supply.low, supply.out, supply.overfill) if code}
        said += [(supply.component, code) for code in codes]
        assert codes <= set(catalogue().family_of(supply.level))
    for statuses in STATUSES.values():
        said += [meaning for meanings in statuses.values() for meaning in meanings]
    said += [(sensor.component, sensor.code) for sensor in SENSORS]
    for component, code in said:
        assert code in catalogue(), code
        assert component in catalogue()[code].component, (component, code)
