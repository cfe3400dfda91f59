"""Subscriptions for programs: whom the desk tells what by itself, and what became of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from cases.accounts.tokens import Scope
from cases.delivery.webhooks import Delivery, Webhook
from desk.api.once import once
from desk.api.programs import Program, doing, scoped
from desk.api.values import Asked, Instant, Text, Told, instant, instant_or_none

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_WebhookId = Annotated[str, Path(pattern=r"^W[0-9a-f]{1,32}$", description="A subscription")]
_Topic = Literal["alarm", "customer_message", "branch_letter", "disposition", "work_order", "case"]


class WebhookAsked(Asked):
    """Where to tell (https, or http to this machine), and of what."""

    url: Annotated[Text, Field(min_length=1, max_length=500)]
    topics: Annotated[tuple[_Topic, ...], Field(min_length=1, max_length=10)]


class WebhookTold(Told):
    """A subscription."""

    webhook: str
    url: str
    topics: tuple[str, ...]
    active: bool
    made_by: str
    made_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookTold":
        """Tell a subscription."""
        return cls(
            webhook=webhook.id,
            url=webhook.url,
            topics=webhook.topics,
            active=webhook.active,
            made_by=webhook.made_by,
            made_at=instant(webhook.made_ms),
            ended_at=instant_or_none(webhook.ended_ms),
        )


class WebhooksTold(Told):
    """Subscriptions, the first one first."""

    webhooks: tuple[WebhookTold, ...]


class MadeTold(WebhookTold):
    """A new subscription; `secret` is what messages are signed with, shown this once: null in a repeat."""

    secret: str | None

    def for_repeats(self) -> "MadeTold":
        return self.model_copy(update={"secret": None})


class DeliveryTold(Told):
    """What a subscriber is told; `id` is the same in every try."""

    id: str
    topic: str
    key: str
    at: Instant
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    next_at: Instant | None
    settled_at: Instant | None
    error: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryTold":
        """Tell a delivery."""
        return cls(
            id=delivery.id,
            topic=delivery.topic,
            key=delivery.key,
            at=instant(delivery.at_ms),
            state=delivery.state,
            attempts=delivery.attempts,
            next_at=instant_or_none(delivery.next_at_ms),
            settled_at=instant_or_none(delivery.settled_ms),
            error=delivery.error,
        )


class DeliveriesTold(Told):
    """What a subscriber is told, the newest first."""

    deliveries: tuple[DeliveryTold, ...]


class AgainTold(Told):
    """How many messages are tried again."""

    messages: int


@router.post("", response_model=MadeTold, status_code=201)
@once
def subscribe(here: Annotated[Program, doing(Scope.WEBHOOKS_MANAGE)], asked: WebhookAsked) -> MadeTold:
    """Let a system be told from now on."""
    made, secret = here.store.webhooks.add(here.who, asked.url, tuple(asked.topics), here.now_ms)
    here.headers["Location"] = f"/api/v1/webhooks/{made.id}/deliveries"
    return MadeTold(**WebhookTold.of(made).model_dump(), secret=secret)


@router.get("")
def read_webhooks(here: Annotated[Program, scoped(Scope.WEBHOOKS_MANAGE)]) -> WebhooksTold:
    """Give the subscriptions that are active."""
    return WebhooksTold(webhooks=tuple(map(WebhookTold.of, here.store.webhooks.list(here.who))))


@router.delete("/{webhook_id}", response_model=WebhookTold)
@once
def unsubscribe(
    here: Annotated[Program, doing(Scope.WEBHOOKS_MANAGE)], webhook_id: _WebhookId
) -> WebhookTold:
    """Tell a system nothing more."""
    return WebhookTold.of(here.store.webhooks.remove(here.who, webhook_id, here.now_ms))


@router.post("/{webhook_id}/test", response_model=DeliveriesTold)
@once
def test(here: Annotated[Program, doing(Scope.WEBHOOKS_MANAGE)], webhook_id: _WebhookId) -> DeliveriesTold:
    """Let a subscriber be told something that means nothing, to see whether it arrives."""
    here.store.webhooks.test(here.who, webhook_id, here.now_ms)
    return _deliveries(here, webhook_id, 1)


@router.post("/{webhook_id}/again", response_model=AgainTold)
@once
def again(here: Annotated[Program, doing(Scope.WEBHOOKS_MANAGE)], webhook_id: _WebhookId) -> AgainTold:
    """Let what was given up be told again."""
    return AgainTold(messages=here.store.webhooks.try_again(here.who, webhook_id, here.now_ms))


@router.get("/{webhook_id}/deliveries")
def read_deliveries(
    here: Annotated[Program, scoped(Scope.WEBHOOKS_MANAGE)],
    webhook_id: _WebhookId,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> DeliveriesTold:
    """Give what a subscriber was told, and what became of it."""
    return _deliveries(here, webhook_id, limit)


def _deliveries(here: Program, webhook_id: str, limit: int) -> DeliveriesTold:
    found = here.store.webhooks.deliveries(here.who, webhook_id, limit)
    return DeliveriesTold(deliveries=tuple(map(DeliveryTold.of, found)))
