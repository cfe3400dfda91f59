"""Telling subscribers: each message as one signed request to the address of its subscription."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import orjson

from cases.actions.core_banking import Answer
from cases.delivery.webhooks import Subscriber, delivery_id
from cases.outbox import Message
from connectors.signed_post import SignedPost


@dataclass(frozen=True)
class SubscriberPost(SignedPost):
    """Sends what one subscriber is told; 202 counts as delivered as well."""

    receiver: ClassVar[str] = "the subscriber"
    # Who takes messages into a queue of its own answers 202.
    done: ClassVar[frozenset[int]] = frozenset({200, 201, 202, 204})

    webhook_id: str = ""

    def hand_over(self, message: Message) -> Answer:
        """Tell it: the same bytes and the same `id` however often they are sent."""
        name = delivery_id(self.webhook_id, message)
        body = orjson.dumps({"id": name, **message.payload}, option=orjson.OPT_SORT_KEYS)
        return self.send(name, body)


def post_to(subscriber: Subscriber, clock: Callable[[], int], timeout_s: float) -> SubscriberPost:
    """Give who tells a subscriber; `clock` gives milliseconds since 1970. Raises ReceiverAddressError."""
    return SubscriberPost(subscriber.url, subscriber.secret, clock, timeout_s, webhook_id=subscriber.id)
