"""The outbox: what others are to be told, written in the transaction of the change that it is about.

Delivery is at least once: a consumer that dies after it has told the receiver and before it says so here
tells it again, so that every message carries the key by which the receiver knows a repeat.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from cases.database import Database, Row
from domain.instants import iso

# What the executor sends to the bank, and what the lead must hear of.
CORE_BANKING = "core_banking"
ALARM = "alarm"
# Which cases changed: screens read on from where they were, so that nobody takes or settles it.
CHANGES = "case"


class Message(NamedTuple):
    """One message as its consumer takes it; `attempts` counts this one too."""

    id: int
    at_ms: int
    topic: str
    key: str
    payload: dict[str, Any]
    attempts: int


def publish(db: Database, topic: str, key: str, payload: Mapping[str, Any], at_ms: int) -> None:
    """Put a message into the outbox, inside the caller's `writing`: it lasts if the change does."""
    publish_all(db, topic, [(key, payload)], at_ms)


def publish_all(
    db: Database, topic: str, messages: Iterable[tuple[str, Mapping[str, Any]]], at_ms: int
) -> None:
    """Put many (key, payload) of one topic into the outbox at once, inside the caller's `writing`."""
    told = list(messages)
    db.run_all("publish", [_row(topic, key, payload, at_ms) for key, payload in told])
    tell_subscribers(db, topic, told, at_ms)


def tell_subscribers(
    db: Database, topic: str, messages: Iterable[tuple[str, Mapping[str, Any]]], at_ms: int
) -> None:
    """Put a copy for each subscriber of a topic into the outbox, which is its own to be delivered."""
    told: list[tuple[str, Mapping[str, Any]]] | None = None
    for row in db.rows("webhooks_of_topic", topic=topic):
        if told is None:
            told = [(key, message_to(topic, key, payload, at_ms)) for key, payload in messages]
        own = webhook_topic(row["webhook_id"])
        db.run_all("publish", [_row(own, key, payload, at_ms) for key, payload in told])


def webhook_topic(webhook_id: str) -> str:
    """Give the topic under which a subscriber's messages wait."""
    return f"webhook:{webhook_id}"


def message_to(topic: str, key: str, payload: Mapping[str, Any], at_ms: int) -> dict[str, Any]:
    """Write what a subscriber reads of a message."""
    said = {"case": key, "what": "alerts", **payload} if topic == CHANGES else dict(payload)
    return {"topic": topic, "key": f"{topic}:{key}", "at": iso(at_ms), "message": said}


def take(db: Database, topic: str, now_ms: int, held_ms: int) -> Message | None:
    """Take the message that has waited longest, None without one; inside the caller's `writing`.

    Nobody else gets it for `held_ms`, within which it is to be settled by `delivered`, `later` or `given_up`;
    if it is not, it is there to be taken again.
    """
    taken = db.rows("take_message", topic=topic, now_ms=now_ms, held_until_ms=now_ms + held_ms)
    return message_of(taken[0]) if taken else None


def delivered(db: Database, message: Message, now_ms: int) -> bool:
    """Settle a message that the receiver has, inside `writing`; False where another one took it since."""
    return bool(db.run("message_delivered", **_held(message), now_ms=now_ms))


def given_up(db: Database, message: Message, error: str, now_ms: int) -> bool:
    """Settle a message that cannot be delivered and keep why, inside `writing`; False as for `delivered`."""
    return bool(db.run("message_given_up", **_held(message), error=error, now_ms=now_ms))


def later(db: Database, message: Message, error: str, next_at_ms: int) -> bool:
    """Let a message be taken again later and keep why, inside `writing`; False as for `delivered`."""
    return bool(db.run("message_later", **_held(message), error=error, next_at_ms=next_at_ms))


def after(db: Database, topic: str, last_id: int, limit: int) -> tuple[Message, ...]:
    """Give the messages of a topic behind `last_id`, delivered or not, inside `reading` or `writing`.

    Misses, on PostgreSQL: a message whose transaction took its id earlier and commits later. Whoever must
    not miss one reads a few ids back, or takes messages instead.
    """
    return tuple(
        message_of(row) for row in db.rows("messages_after", topic=topic, after=last_id, limit=limit)
    )


def _held(message: Message) -> dict[str, int]:
    # Each taking counts as an attempt, so that the count tells one holder from the next.
    return {"id": message.id, "attempts": message.attempts}


def _row(topic: str, key: str, payload: Mapping[str, Any], at_ms: int) -> dict[str, Any]:
    return {
        "topic": topic,
        "key": key,
        "payload": orjson.dumps(dict(payload)).decode(),
        "at_ms": at_ms,
        "done_at_ms": at_ms if topic == CHANGES else None,
    }


def message_of(row: Row) -> Message:
    """Give the message that a row of the store holds."""
    return Message(
        row["id"], row["at_ms"], row["topic"], row["key"], orjson.loads(row["payload"]), row["attempts"]
    )


def latest_changes(db: Database) -> dict[str, tuple[int, int]]:
    """Give a mark for each thing that screens follow, which differs after every change; inside `reading`.

    It is the last id with the number of the last rows: on PostgreSQL a transaction may commit behind one that
    took its id later, and the last id alone would not tell.
    """
    return {row["topic"]: (row["last"] or 0, row["number"]) for row in db.rows("latest_changes")}
