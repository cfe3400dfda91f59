"""The courier: hands messages of the outbox to whoever is to hear of them, at least once, and not for ever.

A message is taken in one transaction and settled in another; between the two the receiver is asked. Whoever
dies in between leaves a message that is taken again once its hold is over, with the same key, by which the
receiver knows a repeat. Several couriers may work on one store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cases.actions.core_banking import Answer, Verdict
from cases.case import Status
from cases.database import Database
from cases.delivery.policy import DeliveryPolicy
from cases.delivery.topics import TOLD_OF
from cases.outbox import ALARM, Message, delivered, given_up, later, publish, take, webhook_topic
from cases.who import DESK_ITSELF
from cases.work.journal import enter
from cases.work.moves import LEADS, add_task
from domain.instants import span_ms

_A_DAY_MS = 86_400_000


class Receiver(Protocol):
    """Somebody who is told."""

    def hand_over(self, message: Message) -> Answer:
        """Tell it; whatever the network or the receiver does becomes an answer and never an exception."""


class Step(StrEnum):
    """What came of one message."""

    DELIVERED = "delivered"
    RETRY = "retry"  # it is tried again later
    GIVEN_UP = "given_up"  # refused, or tried often enough; a lead is told


@dataclass(frozen=True)
class Courier:
    """Hands messages of `topics` to `receiver`; `clock` says what time it is, in milliseconds since 1970."""

    db: Database
    receiver: Receiver
    topics: Sequence[str]
    policy: DeliveryPolicy
    clock: Callable[[], int]

    def run_due(self, limit: int = 1000) -> list[Step]:
        """Work off what is due now, at most `limit` messages of each topic, and say what came of each."""
        steps: list[Step] = []
        for topic in self.topics:
            done = len(steps)
            while len(steps) < done + limit and (step := self.run_one(topic)) is not None:
                steps.append(step)
        return steps

    def run_one(self, topic: str) -> Step | None:
        """Take one message, hand it over and write down what came of it; None when nothing is due."""
        with self.db.writing():
            message = take(self.db, topic, self.clock(), span_ms(self.policy.held_for))
        if message is None:
            return None
        answer = self.receiver.hand_over(message)
        with self.db.writing():
            return self._settle(message, answer)

    def _settle(self, message: Message, answer: Answer) -> Step:
        now_ms = self.clock()
        if answer.verdict is Verdict.DONE:
            if delivered(self.db, message, now_ms):
                _tell(self.db, message, "message_delivered", answer.reference, now_ms)
            return Step.DELIVERED
        if answer.verdict is Verdict.RETRY and message.attempts < self.policy.attempts:
            next_ms = now_ms + span_ms(self.policy.wait_after(message.attempts))
            later(self.db, message, answer.detail, next_ms)
            return Step.RETRY
        if given_up(self.db, message, answer.detail, now_ms):
            give_word(self.db, message, answer.detail, now_ms)
        return Step.GIVEN_UP


def give_word(db: Database, message: Message, why: str, now_ms: int) -> None:
    """Let a lead know that a message did not arrive, inside `writing`; an alarm alarms nobody anew."""
    if ALARM in (message.topic, message.payload.get("topic")) or _said_before(db, message, now_ms):
        return
    status = _tell(db, message, "message_not_delivered", why, now_ms)
    publish(
        db,
        ALARM,
        f"not_delivered:{message.id}",
        {"what": "not_delivered", "topic": message.topic, "key": message.key, "note": why},
        now_ms,
    )
    # An ended case has nobody who works on it; the alarm alone reaches the lead.
    if message.topic in TOLD_OF and status is not None and status not in (Status.CLOSED, Status.MERGED):
        subject = f"message:{message.key}"
        add_task(db, message.payload["case"], "review", subject, DESK_ITSELF, now_ms, skill=LEADS)


def _said_before(db: Database, message: Message, now_ms: int) -> bool:
    """Tell whether the lead knows already that a subscriber does not listen: once a day is enough."""
    if not message.topic.startswith(webhook_topic("")):
        return False
    rows = db.rows("given_up_since", topic=message.topic, since_ms=now_ms - _A_DAY_MS)
    return bool(rows[0]["messages"] > 1)


def _tell(db: Database, message: Message, what: str, note: str | None, now_ms: int) -> str | None:
    """Put what became of a message into its case's timeline, and give the case's status."""
    if message.topic not in TOLD_OF:
        return None
    cases = db.rows("case_for_action", id=message.payload["case"])
    if not cases:
        return None  # purged since
    enter(
        db, cases[0]["id"], DESK_ITSELF, what, now_ms, new=message.topic.replace("_", " "), note=note or None
    )
    return str(cases[0]["status"])
