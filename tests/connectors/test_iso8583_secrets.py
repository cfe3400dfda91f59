"""No card number, PIN, track, verification value or chip data survives, whatever a message looks like."""

import hashlib
import hmac
import logging
from random import Random

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.card_tokens import SHORTEST_KEY, CardTokens
from connectors.dead_letter_lines import dead_letter_record
from connectors.errors import CardKeyError
from connectors.iso8583_message import READ
from connectors.iso8583_translator import CardTranslator
from domain.card_numbers import holds_card_number
from tests.connectors.card_messages import KEY, PURCHASE, encoded, event_of, message, told, translator
from tests.connectors.hostile import card_number

numbers = st.integers(0, 10**9).map(lambda seed: card_number(Random(seed)))
PIN = "A1B2C3D4E5F60718"
# Where senders put the number, or what proves that the card was there.
PLACES = {
    "35": lambda number: f"{number}={'2812101'}{'4' * 8}"[:37],
    "36": lambda number: f"99{number}={'0' * 20}",
    "37": lambda number: number[:12],
    "41": lambda number: number[:8],
    "42": lambda number: number[:15].ljust(15),
    "43": lambda number: f"SHOP {number}".ljust(40)[:40],
    "44": lambda number: number,
    "45": lambda number: f"B{number}^DOE/JANE^2812101",
    "48": lambda number: f"CVV2 917 OF {number}",
    "54": lambda number: f"3002156C{number[:12]}",
    "55": lambda number: f"5A{(len(number) + 1) // 2:02X}{number}{'F' * (len(number) % 2)}",
    "60": lambda number: number,
    "61": lambda number: f"917{number}",
    "63": lambda number: number,
    "90": lambda number: f"0200{number.zfill(38)}",
    "100": lambda number: number[:11],
    "102": lambda number: number,
    "121": lambda number: number,
}


def everything(reader: CardTranslator, data: bytes) -> str:
    """Give all that leaves the translator, as text."""
    outcome = told(reader, data)
    events = [*outcome.events, *reader.rest()]
    refused = [dead_letter_record(outcome.rejected)] if outcome.rejected else []
    return "\n".join(
        [*(msgspec.json.encode(event).decode() for event in events), repr(refused), repr(reader.counts())]
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=numbers, places=st.sets(st.sampled_from(sorted(PLACES))), data=st.data())
def test_no_number_survives_wherever_it_stands_and_however_the_message_is_broken(number, places, data):
    own = data.draw(st.sampled_from((number, None)), "field 2")
    fields = {**PURCHASE, "2": own, "52": PIN} | {place: PLACES[place](number) for place in places}
    whole = encoded({key: value for key, value in fields.items() if value is not None})
    broken = data.draw(
        st.one_of(
            st.just(whole),
            st.integers(0, len(whole)).map(lambda end: whole[:end]),
            st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)).map(
                lambda change: whole[: change[0]] + bytes([change[1]]) + whole[change[0] + 1 :]
            ),
        ),
        "message",
    )
    text = everything(translator(), broken)
    # What a field of 8, 12 or 15 places cut off a number is none; 13 digits in a row would be.
    assert not any(number[at : at + 13] in text for at in range(len(number) - 12))
    assert PIN not in text
    assert "DOE" not in text
    assert "CVV2" not in text
    assert "2812101" not in text


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_of_them_is_told(data):
    for name in ("unionpay", "iso87", "iso87_binary", "unionpay_header"):
        outcome = told(translator(name), data)
        if outcome.rejected is not None:
            assert outcome.rejected.raw == b""
            assert not holds_card_number(outcome.rejected.detail)


def test_nothing_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    everything(translator(), message(f52=PIN))
    everything(translator(), message(f52=PIN)[:-3])
    assert caplog.text == ""


@pytest.mark.parametrize("place", ["35", "45", "55"])
def test_without_field_2_the_number_of_a_track_or_chip_gives_the_same_token(place):
    number = PURCHASE["2"]
    fields = {key: value for key, value in PURCHASE.items() if key != "2"}
    found = everything(translator(), encoded({**fields, place: PLACES[place](number)}))
    assert orjson.loads(found.split("\n")[0])["card"] == event_of(message()).card
    assert orjson.loads(found.split("\n")[0])["last4"] == number[-4:]


def test_a_merchant_that_is_a_card_number_is_left_out_and_counted():
    reader = translator()
    number = card_number(Random(3), 15, "37")
    told(reader, message(f42=number))
    (event,) = reader.rest()
    assert event.merchant is None
    assert reader.counts()["card_number_in"] == {"field 42": 1}


def test_secret_fields_are_not_among_what_is_looked_at():
    # PIN, tracks, chip data, verification values and everything that networks add to them.
    assert not READ & {2, 14, 34, 35, 36, 44, 45, 46, 47, 48, 52, 53, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64}
    assert not [field for field in READ if 91 <= field <= 128]


def test_a_token_depends_on_the_number_and_the_key_and_nothing_else():
    number = PURCHASE["2"]
    token = CardTokens(KEY).token(number)
    assert token == CardTokens(KEY).token(number)
    assert token != CardTokens(bytes(reversed(KEY))).token(number)
    assert token != CardTokens(KEY).token(card_number(Random(8), 16, "62"))
    assert not holds_card_number(token)
    # HMAC-SHA256 as RFC 2104 has it, so that other systems can make the same tokens.
    assert token == "c" + hmac.new(KEY, number.encode(), hashlib.sha256).hexdigest()[:32]


@pytest.mark.parametrize("key", [None, b"", KEY[: SHORTEST_KEY - 1], b"ab" * 32])
def test_a_key_that_protects_nothing_is_refused_with_what_to_do(key):
    with pytest.raises(CardKeyError, match="openssl rand -hex 32") as caught:
        CardTokens(key)
    assert not key or key.decode("latin-1") not in str(caught.value)
