"""Requests wait for their responses, and both become one event with its outcome."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec.structs import replace

from connectors.iso8583_transactions import Answer
from domain.events import Transaction

Unanswered = Literal["declined", "approved"]
_MOST_KNOWN = 100_000


class _Waiting(NamedTuple):
    event: Transaction
    until: float


class Pairing:
    """Holds requests until their response comes, or for `patience`; at most `most_waiting` of them.

    Patience has the unit of `now`: seconds where messages arrive, messages where they lie in a file.
    An event is given once: repeats and what comes too late are counted and give nothing, as long as the
    transaction is among the latest 100,000. A response whose request was not seen is an event of its own.
    `unanswered` says what a request is taken for that nobody answered: as far as is known, no money moved.
    """

    def __init__(
        self, *, patience: float = 60.0, most_waiting: int = 100_000, unanswered: Unanswered = "declined"
    ) -> None:
        """Hold nothing as yet. Raises ValueError for bounds that cannot work."""
        if patience < 0 or most_waiting < 1:
            raise ValueError(
                f"patience is {patience:g} and most_waiting {most_waiting}; 0 and 1 are the least"
            )
        self._patience = patience
        self._most_waiting = most_waiting
        self._unanswered: Unanswered = unanswered
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._given: OrderedDict[str, None] = OrderedDict()
        self.repeats = self.unanswered = self.alone = self.late = 0

    def asked(self, event: Transaction, now: float) -> list[Transaction]:
        """Take a request in; gives what had to make room for it."""
        if event.event_id in self._waiting or event.event_id in self._given:
            self.repeats += 1
            return []
        self._waiting[event.event_id] = _Waiting(event, now + self._patience)
        return [self._give_up()] if len(self._waiting) > self._most_waiting else []

    def told(self, event: Transaction) -> list[Transaction]:
        """Take in what has happened already and waits for nobody: an advice, or a reversal."""
        if event.event_id in self._waiting or event.event_id in self._given:
            self.repeats += 1
            return []
        return [self._give(event)]

    def answered(self, event_id: str, answer: Answer) -> list[Transaction] | None:
        """Take in a response; None where its request was not seen."""
        if event_id in self._given:
            self.late += 1
            return []
        waiting = self._waiting.pop(event_id, None)
        return None if waiting is None else [self._give(with_answer(waiting.event, answer))]

    def answered_alone(self, event: Transaction) -> list[Transaction]:
        """Take in a response that tells enough to be an event without its request."""
        self.alone += 1
        return [self._give(event)]

    def expired(self, now: float) -> Iterator[Transaction]:
        """Give the requests that have waited long enough."""
        while self._waiting and next(iter(self._waiting.values())).until <= now:
            yield self._give_up()

    def rest(self) -> Iterator[Transaction]:
        """Give all that wait, as no response will be seen."""
        while self._waiting:
            yield self._give_up()

    def _give_up(self) -> Transaction:
        _, waiting = self._waiting.popitem(last=False)
        self.unanswered += 1
        declined = self._unanswered == "declined"
        return self._give(
            replace(
                waiting.event,
                outcome=self._unanswered,
                decline_reason="other" if declined else None,
            )
        )

    def _give(self, event: Transaction) -> Transaction:
        self._given[event.event_id] = None
        if len(self._given) > _MOST_KNOWN:
            self._given.popitem(last=False)
        return event


def with_answer(event: Transaction, answer: Answer) -> Transaction:
    """Give the event with its outcome; what was allowed of an amount counts, in the currency asked for."""
    amount, balance = answer.amount, answer.balance
    allowed = amount is not None and amount.currency == event.currency
    return replace(
        event,
        outcome=answer.outcome,
        decline_reason=answer.decline_reason,
        amount_minor=amount.minor if amount is not None and allowed else event.amount_minor,
        balance_after_minor=None if balance is None or balance.currency != event.currency else balance.minor,
    )
