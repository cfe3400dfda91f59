"""What card messages say about the use of a card, as events."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from connectors.faults import Fault
from connectors.iso8583_message import CardMessage
from connectors.iso8583_spec import CardSpec, ChannelRule
from connectors.iso8583_tables import (
    NO_CURRENCY,
    Amount,
    amount_of,
    country_number,
    country_place,
    currency_letters,
)
from connectors.iso8583_times import MessageTimes
from domain.events import Channel, DeclineReason, Entry, Outcome, Place, Transaction, TransactionType
from domain.instants import to_ms
from domain.rejections import Reason

_ID_BYTES = 12
# Codes come from outside: as many are told apart, the rest are counted together.
_TOLD_APART = 1000
_OTHER = "(other)"
_REVERSAL = "4"
_AVAILABLE = "02"
# Field 90: the original's type, number (11), time (7), acquirer (32) and forwarder (33).
_ORIGINAL = re.compile(r"([0-9]{4})([0-9]{6})([0-9]{10})([0-9]{11})([0-9]{11})")
# Field 54, once for each amount: account, kind of amount, currency, credit or debit, amount.
_BALANCE = re.compile(r"([0-9A-Z]{2})([0-9A-Z]{2})([0-9A-Z]{3})([CD])([0-9]{12})")
# Field 4 and what goes with it in field 49.
_AMOUNT, _CURRENCY = 4, 49


class Answer(NamedTuple):
    """What a response says: the outcome, what is left on the card, and how much of it was allowed."""

    outcome: Outcome
    decline_reason: DeclineReason | None
    balance: Amount | None
    amount: Amount | None


class TransactionReader:
    """Turns messages of one network into events, and counts by name what no table knows.

    `unknown` has entries such as "response Z9".
    """

    def __init__(self, spec: CardSpec) -> None:
        """Read codes as `spec` says."""
        self._spec = spec
        self._times = MessageTimes(spec.zones)
        self._country_in_43 = re.compile(spec.country_in_43) if spec.country_in_43 else None
        self.unknown: Counter[str] = Counter()

    def event_of(self, message: CardMessage, received: datetime) -> Transaction | Fault:
        """Give what a request, advice or response tells of a use; its outcome is `approved` as yet."""
        at = self._times.happened(message, received)
        event_id = self.id_of(message, received)
        amount = self._amount(message.fields)
        if isinstance(at, Fault):
            return at
        if isinstance(event_id, Fault):
            return event_id
        if isinstance(amount, Fault):
            return amount
        if message.card is None:
            return Fault(Reason.MISSING_FIELD, "there is no card number, neither in field 2 nor in a track")
        if 11 not in message.fields:
            return Fault(Reason.MISSING_FIELD, "there is no field 11, which tells transactions apart")
        fields = message.fields
        entry = fields.get(22, "")[:2]
        return Transaction(
            event_id=event_id,
            at=at,
            card=message.card,
            last4=message.last4,
            amount_minor=amount.minor,
            currency=amount.currency,
            type=self._type(message),
            channel=_channel(self._spec.channels, fields.get(18), fields.get(25), entry),
            entry=self._entry(entry),
            merchant=fields.get(42),
            mcc=fields[18] if len(fields.get(18, "")) == 4 else None,
            terminal=fields.get(41),
            place=self._place(fields),
            ingested_at=received,
            reverses=self._original(message, received),
        )

    def id_of(self, message: CardMessage, received: datetime) -> str | Fault:
        """Give the event id, which request, response and repeats of one transaction share."""
        at = self._times.transmitted(message.fields.get(7, ""), received)
        at = at or self._times.happened(message, received)
        return at if isinstance(at, Fault) else self._id(message.kind, at, message.fields)

    def answer_of(self, message: CardMessage) -> Answer:
        """Give what a response says."""
        code = message.fields.get(39, "")
        found = self._spec.response.get(code)
        if found is None:
            self._count(f"response {code}")
        approved = found == "approved"
        amount = self._amount(message.fields)
        return Answer(
            "approved" if approved else "declined",
            None if found == "approved" else found or "other",
            self._balance(message.fields.get(54, "")),
            amount if approved and isinstance(amount, Amount) and _AMOUNT in message.fields else None,
        )

    def _type(self, message: CardMessage) -> TransactionType:
        if message.kind == _REVERSAL:
            return "reversal"
        code = message.fields.get(3, "")[:2]
        found = self._spec.processing.get(code)
        if found is None:
            self._count(f"processing {code}")
        return found or "purchase"

    def _entry(self, code: str) -> Entry:
        found = self._spec.entry.get(code)
        if found is None and code:
            self._count(f"entry {code}")
        return found or "none"

    def _amount(self, fields: Mapping[int, str]) -> Amount | Fault:
        digits, code = fields.get(_AMOUNT), fields.get(_CURRENCY, "")
        currency = currency_letters(code)
        if digits is None:
            return Amount(0, currency or NO_CURRENCY)  # an inquiry, or a reversal of all there was
        if not code:
            return Fault(Reason.MISSING_FIELD, "there is an amount in field 4 without a currency in field 49")
        if currency is None:
            return Fault(Reason.OUT_OF_RANGE, "field 49 is no currency in use, expected a code of ISO 4217")
        amount = amount_of(digits, currency, two_decimals=self._spec.amounts == "two")
        return amount or Fault(
            Reason.OUT_OF_RANGE, f"field 4 has more decimals than {currency}; is `amounts` of the spec right?"
        )

    def _balance(self, text: str) -> Amount | None:
        """Give the available balance, the first that field 54 has."""
        for _, kind, code, sign, digits in _BALANCE.findall(text):
            currency = currency_letters(code)
            if kind == _AVAILABLE and currency is not None:
                amount = amount_of(digits, currency, two_decimals=self._spec.amounts == "two")
                return amount and amount._replace(minor=-amount.minor if sign == "D" else amount.minor)
        return None

    def _place(self, fields: Mapping[int, str]) -> Place | None:
        """Give a foreign country as a place; at home the terminal has its place in the reference data."""
        code = fields.get(19) or self._country_of_name(fields.get(43, ""))
        if not code:
            return None
        if country_number(code) == self._spec.home_country:
            return None
        place = country_place(code)
        if place is None:
            self._count(f"country {code}")
        return place

    def _country_of_name(self, name: str) -> str:
        found = self._country_in_43.search(name) if self._country_in_43 else None
        return found[1] if found else ""

    def _original(self, message: CardMessage, received: datetime) -> str | None:
        """Give the event id of what a message takes back."""
        found = _ORIGINAL.fullmatch(message.fields.get(90, ""))
        sent = self._times.transmitted(found[3], received) if found else None
        if found is None or not isinstance(sent, datetime):
            if message.kind == _REVERSAL:
                self._count("reversal without its original")
            return None
        own = message.fields
        named = {**own, 11: found[2], 32: found[4], 33: found[5]}
        return self._id(found[1][1], sent, named)

    def _id(self, kind: str, sent: datetime, fields: Mapping[int, str]) -> str:
        # An authorisation and the advice of its completion are two uses; zeros only fill a number up.
        parts = [fields.get(key, "").lstrip("0") for key in self._spec.match if key != 7]
        place = "\x1f".join((self._spec.network, kind, str(to_ms(sent)), *parts))
        return f"iso8583-{blake2b(place.encode(), digest_size=_ID_BYTES).hexdigest()}"

    def _count(self, what: str) -> None:
        known = what in self.unknown or len(self.unknown) < _TOLD_APART
        self.unknown[what if known else _OTHER] += 1


def _channel(rules: list[ChannelRule], mcc: str | None, condition: str | None, entry: str) -> Channel:
    for rule in rules:
        wanted = ((rule.mcc, mcc), (rule.condition, condition), (rule.entry, entry))
        if all(codes is None or found in codes for codes, found in wanted):
            return rule.channel
    raise LookupError("a spec ends with a channel that fits everything")
