"""Card messages become events: examples as data, pairs, reversals, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from connectors.card_tokens import CardTokens
from connectors.iso8583_pairing import Pairing
from connectors.iso8583_spec import load_spec
from connectors.iso8583_translator import CardTranslator
from domain.events import Event
from domain.rejections import Reason
from tests.connectors.card_messages import (
    KEY,
    NUMBER,
    PURCHASE,
    RECEIVED,
    encoded,
    event_of,
    message,
    told,
    translator,
)

EXAMPLES = yaml.safe_load(Path(__file__).with_name("iso8583_examples.yaml").read_text("utf-8"))
RESPONSES = {"0100": "0110", "0200": "0210", "0400": "0410"}


def changed(fields: dict[str, str | None]) -> dict[str, Any]:
    return {f"f{key}": value for key, value in fields.items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_message_and_its_response_give_this_event(example):
    mti = example.get("mti", "0200")
    reader = translator()
    request = example.get("request", {})
    events = told(reader, message(mti, **changed(request))).events
    if "response" in example:
        events += told(reader, message(RESPONSES[mti], **changed(request | example["response"]))).events
    (event,) = [*events, *reader.rest()]
    found = msgspec.to_builtins(event) | {"place": event.place and msgspec.to_builtins(event.place)}
    defaults = {"outcome": "approved", "type": "purchase", "entry": "none"}
    assert {name: found.get(name, defaults.get(name)) for name in example["event"]} == example["event"]
    assert reader.counts()["unknown_codes"] == example.get("unknown", {})


def test_an_event_says_whose_card_it_was_when_and_when_it_was_received():
    event = event_of(message(), message("0210", f39="00"))
    assert event.at == datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
    assert (event.last4, event.ingested_at) == (NUMBER[-4:], RECEIVED)
    assert event.card.startswith("c")
    assert len(event.card) == 33
    # The codec takes it as it is.
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


def test_names_in_chinese_are_read_and_a_character_cut_in_two_is_no_error():
    name = "中国银联测试商户".encode("gbk").decode("latin-1")
    for text in (name.ljust(40), (name * 3)[:39] + "\xd6"):
        assert event_of(message(f43=text), message("0210", f39="00")).place is None


def test_a_reversal_names_what_it_reverses():
    original = told(translator(), message("0210", f39="00")).events
    taken_back = "0200" + "000042" + "0301120000" + "00001020000" + "00000010344"
    reversal = event_of(message("0420", f11="000043", f7="0301120130", f90=taken_back))
    assert (reversal.type, reversal.outcome, reversal.reverses) == (
        "reversal",
        "approved",
        original[0].event_id,
    )
    assert reversal.event_id != original[0].event_id


def test_a_reversal_that_the_host_declined_says_so_and_one_of_nothing_is_counted():
    reader = translator()
    told(reader, message("0400", f11="000043"))
    (event,) = told(reader, message("0410", f11="000043", f39="25")).events
    assert (event.type, event.outcome, event.reverses) == ("reversal", "declined", None)
    assert reader.counts()["unknown_codes"] == {"reversal without its original": 1}


def test_an_advice_sent_again_is_one_event():
    reader = translator()
    given = [told(reader, message(mti)).events for mti in ("0420", "0421", "0421", "0430")]
    assert [len(events) for events in given] == [1, 0, 0, 0]
    assert reader.counts()["repeats"] == 2


def test_a_response_comes_late_or_alone():
    reader = translator(pairing=Pairing(patience=60))
    told(reader, message())
    assert told(reader, message(f11="000050"), now=59.9).events == []
    (given_up,) = told(reader, message(f11="000051"), now=60).events
    assert (given_up.outcome, given_up.decline_reason) == ("declined", "other")
    assert told(reader, message("0210", f39="00"), now=61).events == []
    (alone,) = told(reader, message("0210", f39="00", f11="000099"), now=61).events
    assert alone.outcome == "approved"
    assert told(reader, message(f11="000099"), now=62).events == []
    counts = reader.counts()
    assert (counts["unanswered"], counts["responses_late"], counts["responses_alone"]) == (1, 1, 1)
    assert counts["repeats"] == 1


def test_an_operator_who_sees_requests_alone_has_them_approved():
    reader = translator(pairing=Pairing(unanswered="approved"))
    told(reader, message())
    (event,) = reader.rest()
    assert (event.outcome, event.decline_reason) == ("approved", None)


def test_no_more_requests_wait_than_are_allowed():
    reader = translator(pairing=Pairing(most_waiting=2))
    given = [told(reader, message(f11=f"{number:06}")).events for number in range(1, 5)]
    assert [len(events) for events in given] == [0, 0, 1, 1]


def test_each_transaction_has_an_id_of_its_own_whatever_the_year():
    base = event_of(message())
    others = [event_of(message(**{field: value})) for field, value in (
        ("f11", "000043"), ("f7", "0301120001"), ("f32", "01020001"), ("f33", "00010345"),
    )]  # fmt: skip
    year_before = event_of(message(), received=RECEIVED.replace(year=2025))
    assert len({event.event_id for event in (base, *others, year_before)}) == 6
    assert event_of(message(f37="000000000043")).event_id == base.event_id


def test_network_management_and_files_are_counted_and_give_no_event():
    reader = translator()
    for mti in ("0800", "0810", "0820", "0302", "0520"):
        outcome = told(reader, message(mti, f2=None, f4=None, f70="301"))
        assert (outcome.events, outcome.rejected) == ([], None)
    assert reader.counts()["types"] == dict.fromkeys(("0302", "0520", "0800", "0810", "0820"), 1)


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"f2": None}, Reason.MISSING_FIELD, "there is no card number, neither in field 2 nor in a track"),
        ({"f11": None}, Reason.MISSING_FIELD, "there is no field 11, which tells transactions apart"),
        ({"f7": None}, Reason.MISSING_FIELD, "there is no field 7, and no 12 and 13 of a known zone"),
        ({"f7": "1301120000"}, Reason.BAD_TIME, "field 7"),
        ({"f12": "120000", "f13": "0999"}, Reason.BAD_TIME, "fields 13 and 12"),
        ({"f4": "00000001234X"}, Reason.WRONG_TYPE, "field 4 is not digits"),
        ({"f49": None}, Reason.MISSING_FIELD, "currency"),
        ({"f49": "000"}, Reason.OUT_OF_RANGE, "ISO 4217"),
        ({"f2": "123456789012"}, Reason.OUT_OF_RANGE, "the card number has 12 digits, expected 13 to 19"),
        ({"f2": "12345678901234A6"}, Reason.WRONG_TYPE, "the card number is not digits"),
    ],
)
def test_what_is_no_use_of_a_card_is_refused_with_its_reason(changes, reason, detail):
    outcome = told(translator(), message(**changes))
    assert outcome.rejected is not None
    assert (outcome.rejected.reason, outcome.rejected.raw) == (reason, b"")
    assert detail in outcome.rejected.detail
    assert outcome.events == []


def test_a_response_without_its_code_is_refused():
    outcome = told(translator(), message("0210"))
    assert outcome.rejected is not None
    assert "field 39" in outcome.rejected.detail


def test_versions_that_are_not_read_are_refused():
    outcome = told(translator(), message("1200"))
    assert outcome.rejected is not None
    assert outcome.rejected.reason is Reason.UNKNOWN_KIND


def test_networks_that_send_two_decimals_for_every_currency_are_converted(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text("extends: unionpay\namounts: two\n")
    spec = load_spec(str(path))

    def amount(digits: str, currency: str) -> int | str:
        reader = CardTranslator(spec, CardTokens(KEY), Pairing())
        outcome = told(reader, encoded({**PURCHASE, "4": digits, "49": currency}, spec))
        return outcome.rejected.detail if outcome.rejected else next(iter(reader.rest())).amount_minor

    assert amount("000000500000", "392") == 5000
    assert amount("000000000512", "414") == 5120
    assert amount("000000012345", "156") == 12345
    assert "more decimals than JPY" in amount("000000500001", "392")
