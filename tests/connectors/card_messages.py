"""Card messages made up for tests, written by pyiso8583 itself; card numbers are computed, never literal."""

from datetime import UTC, datetime
from functools import cache
from random import Random

import iso8583

from connectors.card_tokens import CardTokens
from connectors.iso8583_pairing import Pairing
from connectors.iso8583_spec import CardSpec, load_spec, wire_spec
from connectors.iso8583_translator import CardTranslator, Outcome
from domain.events import Transaction
from tests.connectors.hostile import card_number

KEY = bytes(range(32))
RECEIVED = datetime(2026, 3, 1, 4, 0, 30, tzinfo=UTC)
NUMBER = card_number(Random(7), 16, "62")
# A purchase in Shanghai at noon.
PURCHASE = {
    "t": "0200",
    "2": NUMBER,
    "3": "000000",
    "4": "000000012345",
    "7": "0301120000",
    "11": "000042",
    "18": "5411",
    "22": "051",
    "25": "00",
    "32": "01020000",
    "33": "00010344",
    "37": "000000000042",
    "41": "TERM0001",
    "42": "104290054110001",
    "49": "156",
}


@cache
def spec_of(name: str = "unionpay") -> CardSpec:
    """Read a spec that ships."""
    return load_spec(name)


def encoded(fields: dict[str, str], spec: CardSpec | None = None) -> bytes:
    """Write a message as pyiso8583 does."""
    return bytes(iso8583.encode(dict(fields), wire_spec(spec or spec_of()))[0])


def message(mti: str = "0200", **fields: str | None) -> bytes:
    """Write a purchase with another type and other fields; `f39="00"` sets one, None leaves it out."""
    changed = {key.removeprefix("f"): value for key, value in fields.items()}
    whole = {**PURCHASE, "t": mti, **changed}
    return encoded({key: value for key, value in whole.items() if value is not None})


def translator(name: str = "unionpay", pairing: Pairing | None = None) -> CardTranslator:
    """Make what reads the messages of a network."""
    return CardTranslator(spec_of(name), CardTokens(KEY), pairing or Pairing())


def told(reader: CardTranslator, data: bytes, received: datetime = RECEIVED, now: float = 0) -> Outcome:
    """Let one message be read."""
    return reader.translate(data, received, now, "capture", 0)


def event_of(*messages: bytes, name: str = "unionpay", received: datetime = RECEIVED) -> Transaction:
    """Give the one event that messages lead to, answered or not."""
    reader = translator(name)
    outcomes = [told(reader, data, received) for data in messages]
    assert [outcome.rejected for outcome in outcomes if outcome.rejected] == []
    (event,) = [*(event for outcome in outcomes for event in outcome.events), *reader.rest()]
    return event
