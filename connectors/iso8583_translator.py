"""Card messages of one network as events: read, paired, and every one of them counted."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from connectors.card_tokens import CardTokens
from connectors.faults import Fault
from connectors.iso8583_message import CardMessage, MessageReader
from connectors.iso8583_pairing import Pairing, with_answer
from connectors.iso8583_spec import CardSpec
from connectors.iso8583_transactions import TransactionReader
from domain.events import Transaction
from domain.rejections import Reason, Rejected

_USES = frozenset("124")
_SHOWN = 20


class Outcome(NamedTuple):
    """What a message led to: events, perhaps of others that it made go on, or a refusal."""

    events: list[Transaction]
    rejected: Rejected | None = None
    message: CardMessage | None = None


class CardTranslator:
    """Turns the messages of one network into events, each transaction into one.

    Guarantee: no card number, PIN, track, verification value or chip data in events, refusals, counts or
    logs; refusals keep nothing of a message's bytes.
    """

    def __init__(self, spec: CardSpec, tokens: CardTokens, pairing: Pairing) -> None:
        """Read with `spec`, name cards with `tokens`, and let requests wait in `pairing`."""
        self._messages = MessageReader(spec, tokens)
        self._transactions = TransactionReader(spec)
        self._pairing = pairing
        self._kinds: Counter[str] = Counter()
        self._number_in: Counter[str] = Counter()
        self.events = self.rejected = 0

    def translate(self, data: bytes, received: datetime, now: float, partition: str, offset: int) -> Outcome:
        """Take in one message, received at a time that gives its own times their year.

        `now` moves the patience with which requests wait; `partition` and `offset` say where it lay.
        """
        events = list(self._pairing.expired(now))
        message = self._messages.read(data)
        if isinstance(message, Fault):
            self._kinds["unreadable"] += 1
            found: list[Transaction] | Fault = message
        else:
            self._kinds[message.mti] += 1
            self._number_in.update(f"field {key}" for key in message.number_in)
            found = self._events_of(message, received, now)
        read = None if isinstance(message, Fault) else message
        if isinstance(found, Fault):
            self.rejected += 1
            detail = found.detail if read is None else f"{read.mti}: {found.detail}"
            refused = Rejected(
                partition=partition, offset=offset, reason=found.reason, detail=detail, raw=b""
            )
            return Outcome(self._counted(events), refused, read)
        return Outcome(self._counted([*events, *found]), None, read)

    def expired(self, now: float) -> list[Transaction]:
        """Give the requests that have waited long enough."""
        return self._counted(self._pairing.expired(now))

    def rest(self) -> list[Transaction]:
        """Give all that still wait for a response."""
        return self._counted(self._pairing.rest())

    def counts(self) -> dict[str, Any]:
        """Give what there was, by message type, and what no table knows, the most frequent first."""
        unknown = self._transactions.unknown
        return {
            "messages": self._kinds.total(),
            "events": self.events,
            "rejected": self.rejected,
            "unanswered": self._pairing.unanswered,
            "responses_alone": self._pairing.alone,
            "responses_late": self._pairing.late,
            "repeats": self._pairing.repeats,
            "types": dict(sorted(self._kinds.items())),
            "card_number_in": dict(sorted(self._number_in.items())),
            "unknown": unknown.total(),
            "unknown_codes": dict(sorted(unknown.items(), key=lambda entry: (-entry[1], entry[0]))[:_SHOWN]),
        }

    def _events_of(self, message: CardMessage, received: datetime, now: float) -> list[Transaction] | Fault:
        if message.kind not in _USES:
            return []  # network management, file updates, reconciliation: their types are counted
        if message.is_response:
            return self._response(message, received)
        if not (message.is_request or message.is_advice):
            return []
        event = self._transactions.event_of(message, received)
        if isinstance(event, Fault):
            return event
        return self._pairing.told(event) if message.is_advice else self._pairing.asked(event, now)

    def _response(self, message: CardMessage, received: datetime) -> list[Transaction] | Fault:
        event_id = self._transactions.id_of(message, received)
        if isinstance(event_id, Fault):
            return event_id
        if 39 not in message.fields:
            return Fault(Reason.MISSING_FIELD, "a response without its code in field 39")
        answer = self._transactions.answer_of(message)
        found = self._pairing.answered(event_id, answer)
        if found is not None:
            return found
        event = self._transactions.event_of(message, received)
        if isinstance(event, Fault):
            return event
        return self._pairing.answered_alone(with_answer(event, answer))

    def _counted(self, events: Iterable[Transaction]) -> list[Transaction]:
        given = list(events)
        self.events += len(given)
        return given
