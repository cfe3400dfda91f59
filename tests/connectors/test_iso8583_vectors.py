"""ISO 8583 against messages of two public projects (alatka-messages, MIT; moov-io, Apache-2.0), not ours."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import iso8583
import pytest

from connectors.iso8583_pairing import Pairing
from connectors.iso8583_spec import wire_spec
from tests.connectors.card_messages import spec_of, told, translator

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
FOLDER = os.environ.get("RISKDESK_OUTSIDE_DATA")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="RISKDESK_OUTSIDE_DATA names no folder with iso8583_vectors.json: NOT CHECKED"
)
VECTORS: list[dict[str, Any]] = (
    json.loads((Path(FOLDER) / "iso8583_vectors.json").read_text("utf-8")) if FOLDER else []
)
UNIONPAY = [vector for vector in VECTORS if vector["id"].startswith("unionpay")]
# What is refused, and why. `error` vectors were made to be; others are written in ways of their own (BCD or
# hexadecimal digits in single fields), or carry too little to be an event.
REFUSED = {
    # Their field 123 is longer than UnionPay allows.
    "unionpay-cups-test04": "field 123, byte 363: Field data is 226 bytes, larger than maximum 100",
    "unionpay-cups-test06": "field 123, byte 363: Field data is 226 bytes, larger than maximum 100",
    "unionpay-cups-test08": "field 123, byte 349: Field data is 226 bytes, larger than maximum 100",
    # Made to be refused: cut short, and a date on the 99th of September.
    "moov-error_message": "field 55, byte 185: Field data is 21 bytes, expecting 30",
    "moov-iso_reversal_message_error_date": "0400: fields 13 and 12 are no date and time",
    # No card or no currency, without which there is no event.
    "moov-financial_transaction_message": "0200: there is no card number",
    "moov-financial_transaction_message_response": "0210: field 49 is no currency in use",
    "moov-iso_reversal_message_advice": "0420: there is an amount in field 4 without a currency",
    "moov-iso_reversal_message_advice_missing_field": "0420: there is an amount in field 4 without",
    "moov-iso_reversal_message_advice_unexpected_field": "0420: there is an amount in field 4 without",
    # Single fields packed or in hexadecimal lengths, as no network does.
    "moov-message_with_error_indicate_numeric": "field 28",
    "moov-message_with_indicate_numeric": "field 28",
    "moov-message_with_hex_bcd": "field 48",
    "moov-message_with_hex_length": "field 32",
    "moov-message_with_hex_rbcd": "field 48",
    "moov-message_with_number_bcd_encoding": "field 7",
}


def network(vector: dict[str, Any]) -> str:
    return "unionpay" if vector in UNIONPAY else "iso87"


def test_all_39_are_there():
    assert len(VECTORS) == 39
    assert {vector["id"] for vector in VECTORS} >= REFUSED.keys()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_each_is_read_or_refused_for_its_reason_and_no_number_survives(vector):
    reader = translator(network(vector))
    outcome = told(reader, bytes.fromhex(vector["hex"]), RECEIVED)
    expected = REFUSED.get(vector["id"])
    assert (outcome.rejected is not None) == (expected is not None)
    if outcome.rejected is not None:
        assert outcome.rejected.detail.startswith(str(expected))
    number = (vector.get("fields") or vector.get("expect") or {}).get("2")
    assert number is None or number not in repr((outcome.events, outcome.rejected, list(reader.rest())))


def test_the_ones_that_only_manage_the_network_give_no_event():
    reader = translator("iso87")
    for vector in VECTORS:
        if vector["id"].startswith("moov-network"):
            assert told(reader, bytes.fromhex(vector["hex"]), RECEIVED).events == []
    assert reader.counts()["types"] == {"0800": 3, "0810": 1}


@pytest.mark.parametrize(
    "vector", [vector for vector in UNIONPAY if "fields" in vector], ids=lambda vector: vector["id"]
)
def test_unionpay_fields_are_decoded_and_encoded_byte_for_byte(vector):
    wire = wire_spec(spec_of())
    decoded, _ = iso8583.decode(bytes.fromhex(vector["hex"]), wire)
    for key, expected in vector["fields"].items():
        if key == "43_gbk":
            assert decoded["43"].encode("latin-1").decode("gbk").strip() == expected
        elif spec_of().fields.get(int(key) if key.isdigit() else 0, "").startswith("b "):
            in_text = expected.encode("latin-1").hex().upper()
            assert decoded[key] in (expected, in_text)
        elif key in ("48", "62", "63", "104", "123"):
            assert decoded[key].encode("latin-1").hex().upper() == expected  # told in hexadecimal digits
        else:
            assert decoded[key] == expected
    assert bytes(iso8583.encode(decoded, wire)[0]).hex() == vector["hex"].lower()


def test_the_unionpay_messages_become_these_events():
    reader = translator(pairing=Pairing())
    events = [
        event for vector in UNIONPAY for event in told(reader, bytes.fromhex(vector["hex"]), RECEIVED).events
    ]
    assert [
        (event.type, event.amount_minor, event.currency, event.channel, event.outcome, event.decline_reason)
        for event in events
    ] == [
        ("balance_inquiry", 0, "CNY", "atm", "declined", "other"),
        ("transfer_in", 9900, "CNY", "pos", "approved", None),
        ("purchase", 6666, "CNY", "pos", "declined", "other"),
        ("withdrawal", 24910, "CNY", "counter", "declined", "other"),
        ("refund", 9901, "CNY", "pos", "approved", None),
    ]
    assert events[1].balance_after_minor == 4188992
    assert events[0].at == datetime(2026, 8, 25, 3, 24, tzinfo=UTC)
    assert events[4].reverses is not None
    assert reader.counts()["unknown"] == 0
    # Four requests are there without their responses.
    assert [event.outcome for event in reader.rest()] == ["declined"] * 4


def test_a_reversal_of_another_network_is_read_as_its_makers_read_it():
    (vector,) = [vector for vector in VECTORS if "expect" in vector]
    decoded, _ = iso8583.decode(bytes.fromhex(vector["hex"]), wire_spec(spec_of("iso87")))
    for key, expected in vector["expect"].items():
        if key == "55":
            assert bytes.fromhex(decoded[key]).decode() == expected
        elif key != "1":
            assert decoded[key] == expected
