"""Card messages read: bytes become the fields that are needed and a token of the card, and nothing else."""

import re
from typing import Any, NamedTuple

import iso8583

from connectors.card_tokens import CardTokens
from connectors.faults import Fault
from connectors.iso8583_spec import CardSpec, wire_spec
from domain.card_numbers import LONGEST_NUMBER, SHORTEST_NUMBER, holds_card_number_in
from domain.rejections import Reason

# All that is ever looked at. Of the rest only the length is read, to step over it: the PIN (52), tracks (35,
# 36, 45), chip data (55), verification values (44, 48, 60 to 63), and whatever a network adds.
READ = frozenset({3, 4, 7, 11, 12, 13, 18, 19, 22, 25, 32, 33, 37, 39, 41, 42, 43, 49, 54, 70, 90})
_DIGITS = (3, 4, 7, 11, 12, 13, 18, 19, 22, 25, 32, 33, 70, 90)
_NUMBER, _TRACK_2, _TRACK_1, _CHIP = "2", "35", "45", "55"

_MTI = re.compile(r"[0-9]{4}")
# ISO/IEC 7813: a number ends at the separator, which is D where the track is packed; track 1 begins with B.
_ON_TRACK_2 = re.compile(r";?([0-9]{12,19})[=D]")
_ON_TRACK_1 = re.compile(r"%?B([0-9]{12,19})\^")
# EMV 4.3 book 3: tag 5A is the number in packed digits, tag 57 is track 2.
_CHIP_TAGS = {"5A": re.compile(r"([0-9]{12,19})F?"), "57": re.compile(r"([0-9]{12,19})D[0-9F]*")}
_MERCHANT = 42
# What goes on as text: terminal, merchant, and the name of where it was.
_TEXTS = (41, _MERCHANT, 43)
# PCI DSS 3.4.1: more of a number must not be seen in one piece than the 8 digits of its issuer.
_MOST_OF_NUMBER = 8


class CardMessage(NamedTuple):
    """What is kept of a message: its type, the fields in `READ` without their padding, and whose card it is.

    `number_in` names fields that held a card number where none belongs; they are left out.
    """

    mti: str
    fields: dict[int, str]
    card: str | None
    last4: str | None
    number_in: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """The class of the message: 1 authorisation, 2 financial, 4 reversal, 8 network management."""
        return self.mti[1]

    @property
    def is_response(self) -> bool:
        """Whether it answers a request. What answers an advice says nothing that is not known."""
        return self.mti[2] == "1"

    @property
    def is_request(self) -> bool:
        """Whether it asks, and waits for a response."""
        return self.mti[2] == "0"

    @property
    def asks_of_network(self) -> bool:
        """Whether it asks whether somebody is there, or is about keys and days of the network."""
        return self.kind == "8" and self.is_request

    @property
    def is_advice(self) -> bool:
        """Whether it tells of what has happened already, and does not ask."""
        return self.mti[2] in "24"


class MessageReader:
    """Reads the messages of one network.

    Guarantee: of a card number only its token and last 4 digits leave this object, of PIN, tracks and chip
    data nothing; a fault says what was wrong and where, and never shows what stood there.
    """

    def __init__(self, spec: CardSpec, tokens: CardTokens) -> None:
        """Read as `spec` says."""
        self._spec = spec
        self._wire = wire_spec(spec)
        self._tokens = tokens
        encoding = spec.encoding.text
        # Other fields are ASCII or EBCDIC; only of names does it matter which alphabet follows.
        self._text = None if encoding in ("cp037", "cp500") else encoding

    def read(self, data: bytes) -> CardMessage | Fault:
        """Read one message; never raises, whatever the bytes are."""
        try:
            decoded, encoded = iso8583.decode(data, self._wire)
        except iso8583.DecodeError as error:
            return Fault(Reason.NOT_A_MESSAGE, f"{_place(error.field)}, byte {error.pos}: {error.msg}")
        except KeyError as error:
            return Fault(Reason.NOT_A_MESSAGE, f"{_place(str(error.args[0]))} is not in {self._spec.network}")
        encoded.clear()
        mti = decoded["t"]
        if not _MTI.fullmatch(mti):
            return Fault(Reason.NOT_A_MESSAGE, "the message type is not four digits")
        if mti[0] not in self._spec.versions:
            return Fault(Reason.UNKNOWN_KIND, f"message type {mti} is of a version that is not read")
        return self._reduced(mti, decoded)

    def _reduced(self, mti: str, decoded: dict[str, str]) -> CardMessage | Fault:
        number = _card_number(decoded)
        fields = {key: decoded[str(key)].strip() for key in READ if str(key) in decoded}
        decoded.clear()
        for key in _DIGITS:
            text = fields.get(key)
            if text and not (text.isascii() and text.isdigit()):
                return Fault(Reason.WRONG_TYPE, f"field {key} is not digits")
        if number is not None and not SHORTEST_NUMBER <= len(number) <= LONGEST_NUMBER:
            return Fault(
                Reason.OUT_OF_RANGE,
                f"the card number has {len(number)} digits, expected {SHORTEST_NUMBER} to {LONGEST_NUMBER}",
            )
        if number is not None and not (number.isascii() and number.isdigit()):
            return Fault(Reason.WRONG_TYPE, "the card number is not digits")
        in_place = tuple(key for key in _TEXTS if key in fields and _holds_number(key, fields[key], number))
        for key in in_place:
            del fields[key]
        if 43 in fields and self._text is not None:
            fields[43] = fields[43].encode("latin-1").decode(self._text, "replace")
        return CardMessage(
            mti,
            {key: text for key, text in fields.items() if text},
            None if number is None else self._tokens.token(number),
            None if number is None else number[-4:],
            in_place,
        )


def _card_number(decoded: dict[str, Any]) -> str | None:
    """Give the card number of field 2; without one, that of a track or the chip."""
    if decoded.get(_NUMBER, "").strip():
        return str(decoded[_NUMBER]).strip()
    for key, pattern in ((_TRACK_2, _ON_TRACK_2), (_TRACK_1, _ON_TRACK_1)):
        found = pattern.match(decoded.get(key, ""))
        if found:
            return found[1]
    return _number_on_chip(decoded.get(_CHIP, ""))


def _number_on_chip(chip: str) -> str | None:
    """Look for the number in chip data (BER-TLV in hexadecimal digits), which may be broken."""
    at = 0
    while at + 4 <= len(chip):
        tag_length = 4 if int(chip[at : at + 2], 16) & 0x1F == 0x1F else 2
        tag = chip[at : at + tag_length]
        at += tag_length
        length = chip[at : at + 2]
        at += 2
        if len(length) < 2 or int(length, 16) > 0x7F:
            return None  # the tags of a number lie before anything so long
        value = chip[at : at + 2 * int(length, 16)]
        at += len(value)
        found = _CHIP_TAGS[tag].fullmatch(value) if tag in _CHIP_TAGS else None
        if found:
            return found[1]
    return None


def _holds_number(key: int, text: str, number: str | None) -> bool:
    """Tell whether a field that goes on as text holds a card number, or too much of this message's own."""
    if holds_card_number_in("merchant" if key == _MERCHANT else "", text):
        return True
    last = 0 if number is None else len(number) - _MOST_OF_NUMBER
    return any(number is not None and number[at : at + _MOST_OF_NUMBER + 1] in text for at in range(last))


def _place(field: str) -> str:
    names = {"h": "the header", "t": "the message type", "p": "the first bitmap", "1": "the second bitmap"}
    return names.get(field, f"field {field}")
