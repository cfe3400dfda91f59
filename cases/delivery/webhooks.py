"""Subscriptions: other systems that are told of topics at an address of theirs, each by its own state.

What one is told waits in the outbox under a topic of its own, so that it is taken, tried again, given up,
counted and purged as all other messages are, whatever becomes of the others.
"""

import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import orjson
from msgspec import Struct

from cases.accounts.codes import hidden, opened
from cases.audit.log import record
from cases.database import Database, Row, as_json
from cases.delivery.topics import TOPICS
from cases.errors import NotFound, NotPossible, WrongUse
from cases.outbox import CHANGES, Message, message_to, publish, webhook_topic
from cases.who import Right, Who
from domain.receivers import is_safe

# What a subscriber can be told of. A change of a case says which case, and nothing about anybody.
SUBSCRIBABLE = {**TOPICS, CHANGES: "which case changed, and how in one word; read the case for the rest"}
TEST = "test"
MOST_WEBHOOKS = 50
_LONGEST_URL = 500
_SECRET = "whs_"
_SECRET_BYTES = 32
_ID_BYTES = 5


class Webhook(Struct, frozen=True, kw_only=True):
    """A subscription; times are milliseconds since 1970."""

    id: str
    url: str
    topics: tuple[str, ...]
    active: bool
    made_by: str
    made_ms: int
    ended_ms: int | None


class Delivery(Struct, frozen=True, kw_only=True):
    """What a subscriber is, or was, told: `state` is waiting, delivered or given_up."""

    id: str
    topic: str
    key: str
    at_ms: int
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    next_at_ms: int | None
    settled_ms: int | None
    error: str | None


class Subscriber(Struct, frozen=True, kw_only=True):
    """Where a subscriber is told, and what that is signed with."""

    id: str
    url: str
    secret: bytes

    @property
    def topic(self) -> str:
        """The topic of the outbox under which it waits."""
        return webhook_topic(self.id)


@dataclass(frozen=True)
class SqlWebhooks:
    """The subscriptions of a store. Every method but `subscribers` raises NotAllowed without the right."""

    db: Database

    def add(self, who: Who, url: str, topics: tuple[str, ...], now_ms: int) -> tuple[Webhook, str]:
        """Let the system at `url` be told of topics from now on, and give its secret, shown this once.

        Raises WrongUse for an address that is not safe or a topic that is none, NotPossible for one too many.
        """
        who.require(Right.MANAGE_WEBHOOKS)
        check_url(url)
        unknown = sorted(set(topics) - set(SUBSCRIBABLE))
        if unknown or not topics:
            raise WrongUse(
                f"{', '.join(unknown) or 'nothing'} is no topic; there are: {', '.join(SUBSCRIBABLE)}"
            )
        wanted = tuple(topic for topic in SUBSCRIBABLE if topic in topics)
        name, secret = f"W{secrets.token_hex(_ID_BYTES)}", _SECRET + secrets.token_urlsafe(_SECRET_BYTES)
        with self.db.writing():
            if len(self.db.rows("webhooks", id=None, ended=0)) >= MOST_WEBHOOKS:
                raise NotPossible(f"{MOST_WEBHOOKS} systems are told already; remove one before")
            self.db.run(
                "add_webhook",
                id=name,
                url=url,
                topics=as_json(wanted),
                secret=hidden(self.db.keys, secret, name),
                made_by=who.name,
                made_ms=now_ms,
            )
            self.db.run_all("add_webhook_topic", [{"topic": topic, "id": name} for topic in wanted])
            record(self.db, who, "webhook_added", f"webhook:{name}", now_ms, after=[url, wanted])
            return self._found(name), secret

    def list(self, who: Who, *, ended: bool = False) -> tuple[Webhook, ...]:
        """Give the subscriptions, the first one first; with `ended` also those that are over."""
        who.require(Right.MANAGE_WEBHOOKS)
        with self.db.reading():
            return tuple(map(_webhook, self.db.rows("webhooks", id=None, ended=int(ended))))

    def remove(self, who: Who, webhook_id: str, now_ms: int) -> Webhook:
        """Tell somebody nothing more; what still waits is settled. Raises NotFound, NotPossible."""
        who.require(Right.MANAGE_WEBHOOKS)
        with self.db.writing():
            self._found(webhook_id)
            if not self.db.run("end_webhook", id=webhook_id, now_ms=now_ms, ended_by=who.name):
                raise NotPossible(f"{webhook_id} was removed before")
            self.db.run("drop_webhook_topics", id=webhook_id)
            why = "the subscription was removed"
            self.db.run("settle_waiting", topic=webhook_topic(webhook_id), now_ms=now_ms, why=why)
            record(self.db, who, "webhook_removed", f"webhook:{webhook_id}", now_ms)
            return self._found(webhook_id)

    def test(self, who: Who, webhook_id: str, now_ms: int) -> None:
        """Let a subscriber be told something that means nothing. Raises NotFound, NotPossible."""
        who.require(Right.MANAGE_WEBHOOKS)
        with self.db.writing():
            self._live(webhook_id)
            told = message_to(TEST, f"{TEST}:{now_ms}", {"by": who.name}, now_ms)
            publish(self.db, webhook_topic(webhook_id), f"{TEST}:{now_ms}", told, now_ms)
            record(self.db, who, "webhook_tested", f"webhook:{webhook_id}", now_ms)

    def deliveries(self, who: Who, webhook_id: str, limit: int = 100) -> tuple[Delivery, ...]:
        """Give what a subscriber was told, the newest first. Raises NotFound."""
        who.require(Right.MANAGE_WEBHOOKS)
        with self.db.reading():
            self._found(webhook_id)
            rows = self.db.rows("latest_messages", topic=webhook_topic(webhook_id), limit=limit)
        return tuple(_delivery(webhook_id, row) for row in rows)

    def try_again(self, who: Who, webhook_id: str, now_ms: int) -> int:
        """Let what was given up be told again from the start, and say how much. Raises as `test`."""
        who.require(Right.MANAGE_WEBHOOKS)
        with self.db.writing():
            self._live(webhook_id)
            count = self.db.run("retry_given_up", topic=webhook_topic(webhook_id), now_ms=now_ms)
            if count:
                record(self.db, who, "sent_again", f"webhook:{webhook_id}", now_ms, after={"messages": count})
            return count

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Give who is to be told, with their secrets, for whoever tells them. Raises KeyTrouble."""
        with self.db.reading():
            rows = self.db.rows("webhooks", id=None, ended=0)
        return tuple(
            Subscriber(
                id=row["id"],
                url=row["url"],
                secret=opened(self.db.keys, bytes(row["secret"]), row["id"]).encode(),
            )
            for row in rows
        )

    def _found(self, webhook_id: str) -> Webhook:
        rows = self.db.rows("webhooks", id=webhook_id, ended=1)
        if not rows:
            raise NotFound(f"there is no subscription {webhook_id!r}; `riskdesk webhook list` shows them")
        return _webhook(rows[0])

    def _live(self, webhook_id: str) -> None:
        if not self._found(webhook_id).active:
            raise NotPossible(f"{webhook_id} was removed; make a new subscription")


def delivery_id(webhook_id: str, message: Message) -> str:
    """Give what names one message to one subscriber, the same however often it is sent."""
    return f"{webhook_id}-{message.id}"


def check_url(url: str) -> None:
    """Raise WrongUse for an address to which nothing of the desk may go."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise WrongUse(f"this is no address; write https://host/path, of {_LONGEST_URL} characters at most")
    if parts.username or parts.password:
        raise WrongUse("the address must hold no user or password; the signature proves us")
    if not is_safe(parts.scheme, host):
        raise WrongUse("what is told goes over https (http only to 127.0.0.1, ::1 or localhost)")


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=row["id"],
        url=row["url"],
        topics=tuple(orjson.loads(row["topics"])),
        active=bool(row["active"]),
        made_by=row["made_by"],
        made_ms=row["made_ms"],
        ended_ms=row["ended_ms"],
    )


def _delivery(webhook_id: str, row: Row) -> Delivery:
    told = orjson.loads(row["payload"])
    settled = row["done_at_ms"] is not None
    arrived = settled and row["last_error"] is None
    return Delivery(
        id=f"{webhook_id}-{row['id']}",
        topic=told["topic"],
        key=told["key"],
        at_ms=row["at_ms"],
        state="delivered" if arrived else "given_up" if settled else "waiting",
        attempts=row["attempts"],
        next_at_ms=None if settled else row["next_at_ms"],
        settled_ms=row["done_at_ms"],
        error=row["last_error"],
    )
