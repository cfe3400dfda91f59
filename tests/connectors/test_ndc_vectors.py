"""NDC against messages and decodings of a public decoder (ut-codec, Apache-2.0), which are not ours."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.device_reports import Received
from connectors.ndc import ndc_translator
from connectors.ndc_message import DeviceStatus, device_status, groups, read_message
from domain.telemetry import Telemetry

DEVICES = {
    "clock": "A",
    "power": "B",
    "cardReader": "D",
    "cashHandler": "E",
    "receiptPrinter": "G",
    "journalPrinter": "H",
    "encryptor": "L",
    "sensors": "P",
    "supervisorKeys": "R",
}
DESCRIPTORS = {"fault": "8", "ready": "9", "state": "F"}
SEVERITIES = {"noError": "0", "routine": "1", "warning": "2", "suspend": "3", "fatal": "4"}
SUPPLIES = {
    "unchanged": "0",
    "notConfigured": "0",
    "good": "1",
    "mediaLow": "2",
    "mediaOut": "3",
    "overfill": "4",
}

# Their names for a module, and the condition that we give its severity to.
FITNESS = {
    "clock": ("clock", "module_fault", 0),
    "power": ("power", "power_fail", 0),
    "comms": ("network", "comms_fault", 0),
    "disk": ("app", "disk_fault", 0),
    "cardReader": ("card_reader", "card_reader_fault", 0),
    "cashHandler": ("dispenser", "cdm_fatal", 0),
    "depository": ("depository", "depository_fault", 0),
    "receiptPrinter": ("receipt_printer", "receipt_fault", 0),
    "journalPrinter": ("journal", "journal_fault", 0),
    "nightDepository": ("depository", "module_fault", 1),
    "encryptor": ("pinpad", "epp_fail", 0),
    "camera": ("camera", "camera_fail", 0),
    "doorAccess": ("door", "module_fault", 0),
    "flexDisk": ("app", "module_fault", 0),
    **{f"cassette{unit}": ("cassette", "cassette_fault", unit) for unit in (1, 2, 3, 4)},
    "statementPrinter": ("statement_printer", "statement_fault", 0),
}
# Their names for what runs out, and for each of their levels what we say: None where nothing is configured.
CASH = {"good": ("cash_low", 0), "mediaLow": ("cash_low", 2), "mediaOut": ("cash_out", 4)}
PAPER = {"good": ("{0}_low", 0), "mediaLow": ("{0}_low", 1), "mediaOut": ("{0}_out", None)}
SENSORS = {
    "vibration": ("sensors", "seismic", 0, True),
    "door": ("door", "door_open", 0, True),
    "silentSignal": ("sensors", "silent_alarm", 0, True),
    "electronicsEnclosure": ("door", "enclosure_open", 0, True),
    "depositBin": ("depository", "bin_out", 0, False),
    "cardBin": ("capture_bin", "bin_out", 0, False),
    "rejectBin": ("reject_bin", "bin_out", 0, False),
    **{f"cassette{unit}": ("cassette", "bin_out", unit, False) for unit in (1, 2, 3, 4)},
}
OUTSIDE = os.environ.get("RISKDESK_OUTSIDE_DATA")


def vectors() -> list[Any]:
    if not OUTSIDE:
        return [
            pytest.param(
                {},
                id="none",
                marks=pytest.mark.skip(
                    "RISKDESK_OUTSIDE_DATA is not set: the published NDC messages are NOT checked"
                ),
            )
        ]
    found = json.loads(Path(OUTSIDE, "ndc_vectors.json").read_text("utf-8"))
    return [pytest.param(vector, id=vector["id"]) for vector in found]


def states(events: list[Telemetry]) -> dict[tuple[str, str, int], int]:
    """Give the severity of each state that was reported, by component, code and unit."""
    return {
        (event.component, event.code, event.unit): event.severity for event in events if event.edge == "state"
    }


@pytest.mark.parametrize("vector", vectors())
def test_a_published_message_means_what_its_decoder_says(vector):
    message = bytes.fromhex(vector["hex"])
    expected = vector["expect"] or {}
    translator = ndc_translator()
    events = translator.events_of(Received(datetime(2026, 3, 1, tzinfo=UTC)), message)
    read = read_message(message)

    # Nothing is lost: a message of ours is events, any other is counted.
    is_status = vector["text"][:2] in ("12", "22")
    assert bool(events) == (is_status or vector["text"][:2] in ("52", "02"))
    assert translator.other == (not events)
    assert translator.unknown.total() == (vector["text"][:2] in ("52", "02"))
    if not is_status:
        if vector["text"].split("|")[1]:
            assert read.luno == expected.get("luno", read.luno)
        return
    assert read.luno == expected.get("luno", read.luno)
    assert read.time_variant == expected.get("timeVariantNumber", "")
    assert read.mac == expected.get("mac", "")
    if "descriptor" in expected:
        assert read.descriptor == DESCRIPTORS[expected["descriptor"]]
    if "tokens" in expected and not read.mac:
        assert [*read.fields] == expected["tokens"][4 if read.descriptor else 3 :]
    if "device" in expected:
        assert device_status(read) == DeviceStatus(
            DEVICES[expected["device"]],
            expected["deviceStatus"],
            "".join(SEVERITIES[word] for word in expected["severities"] or ()),
            expected["diagnosticStatus"] or "",
            "".join(SUPPLIES[word] for word in expected["supplies"] or ()),
        )
    check_states(expected, states(events))
    check_descriptions(expected, read.fields)
    if expected.get("supervisorMode"):
        assert "supervisor_enter" in {event.code for event in events if event.edge == "raise"}


def check_states(expected: dict[str, Any], found: dict[tuple[str, str, int], int]) -> None:
    for name, word in {**expected.get("fitness", {})}.items():
        if word is not None:
            assert found[FITNESS[name]] == int(SEVERITIES[word]), name
    for name, words in expected.get("fitnessStatus", {}).items():
        assert found[FITNESS[name]] == int(SEVERITIES[words[0]]), name
        for unit, word in enumerate(words[1:], 1):
            assert found["cassette", "cassette_fault", unit] == int(SEVERITIES[word])
    for name, word in expected.get("supplyStatus", {}).items():
        check_level(name, word, found)
    for name, words in expected.get("suppliesStatus", {}).items():
        if name == "cashHandler":
            check_level("rejectBin", words[0], found)
            for unit, word in enumerate(words[1:], 1):
                check_level(f"cassette{unit}", word, found)
        else:
            check_level(name, words[0], found)
    sensors = expected.get("sensors", expected)
    for name, (component, code, unit, holds) in SENSORS.items():
        if sensors.get(name) is not None and (component, code, unit) in found:
            assert (found[component, code, unit] > 0) == (sensors[name] is holds), name
        elif sensors.get(name) is not None:
            assert sensors[name] is False  # their word for a character that is not there
            assert sensors.get("supervisorMode") is not None


def check_level(name: str, word: str, found: dict[tuple[str, str, int], int]) -> None:
    if name.startswith("cassette"):
        component, unit, levels = "cassette", int(name[-1]), CASH
    elif name in ("receiptPrinter", "journalPrinter"):
        component, unit = ("receipt_printer", 0) if name == "receiptPrinter" else ("journal", 0)
        stem = "receipt" if name == "receiptPrinter" else "journal"
        levels = {level: (code.format(stem), severity) for level, (code, severity) in PAPER.items()}
    else:
        codes = {
            "cardReader": ("capture_bin", "capture_bin_full"),
            "rejectBin": ("reject_bin", "reject_full"),
        }
        component, code = codes.get(name, ("depository", "depository_full"))
        unit, levels = 0, {"good": (code, 0)}
    told = {key: severity for key, severity in found.items() if key[0] == component and key[2] == unit}
    told = {key[1]: severity for key, severity in told.items() if key[1] not in ("bin_out", "cassette_fault")}
    told = {code: severity for code, severity in told.items() if not code.endswith(("_fault", "_fail"))}
    if word == "notConfigured":
        assert told == {}
    else:
        code, severity = levels[word]
        assert set(told) == {code}
        assert severity is None or told[code] == severity


def check_descriptions(expected: dict[str, Any], fields: tuple[str, ...]) -> None:
    if expected.get("configId"):
        assert fields[0].endswith(expected["configId"])
    if "hardwareConfiguration" in expected:
        assert groups(fields[2]) == expected["hardwareConfiguration"]
    if "optionDigits" in expected:
        assert [*fields[0][2:]] == expected["optionDigits"]
    if "hwConfig" in expected:
        assert fields[2] == expected["hwConfig"]
