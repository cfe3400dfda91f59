"""Sink: alerts to somebody's address over HTTP, signed, in their order."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from itertools import chain, repeat
from typing import ClassVar

import orjson
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from cases.actions.core_banking import Verdict
from connectors.errors import WebhookError
from connectors.signed_post import SignedPost
from connectors.stopping import StopSign
from domain.alerts import Alert, alert_record

log = logging.getLogger(__name__)

# What a receiver can take in at once; more is sent in several requests, one after the other.
MOST_ALERTS = 500
MOST_BYTES = 1 << 20
PATIENCE = timedelta(minutes=10)
# The last one is repeated.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4, 8, 15))
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class AlertPost(SignedPost):
    """Alerts as JSON lines; 202 counts as delivered as well."""

    receiver: ClassVar[str] = "the receiver of alerts"
    sends: ClassVar[str] = "alerts"
    content_type: ClassVar[str] = "application/x-ndjson"
    # Who takes alerts into a queue of its own answers 202.
    done: ClassVar[frozenset[int]] = frozenset({200, 201, 202, 204})


class AlertWebhookSink(FixedPartitionedSink[Alert, None]):
    """Alerts, from items (key, Alert), posted as JSON lines by `post`.

    Unit of parallelism: none; one worker posts, one request at a time, so that their order is kept.

    Guarantee: at least once, in the order in which the flow raised them. A batch is delivered before its
    epoch is committed; what comes again after a crash has the same `id` in each line, by which the receiver
    knows it. The request's `Idempotency-Key` is the same only for the same alerts together.

    While the receiver is away or busy, the flow stands still, and goes on when it answers. After `patience`,
    or when it refuses a request, WebhookError ends the flow with nothing skipped, and its supervisor begins
    again. A request carries at most 500 alerts and, of more than one, 1 MiB.

    Resumed: nothing; the epoch that was not committed is sent again.
    """

    def __init__(
        self,
        post: AlertPost,
        *,
        patience: timedelta = PATIENCE,
        stop: StopSign | None = None,
        pauses: Sequence[timedelta] = _PAUSES,
    ) -> None:
        """Post by `post`; once `stop` asks for the end, a receiver that is away is no longer waited for."""
        self._post = post
        self._patience = patience
        self._stop = stop or StopSign()
        self._pauses = tuple(pauses)

    def list_parts(self) -> list[str]:
        return ["alerts"]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: None
    ) -> StatefulSinkPartition[Alert, None]:
        return _WebhookPartition(self._post, self._patience, self._stop, self._pauses)


class _WebhookPartition(StatefulSinkPartition[Alert, None]):
    def __init__(
        self, post: AlertPost, patience: timedelta, stop: StopSign, pauses: tuple[timedelta, ...]
    ) -> None:
        self._post = post
        self._patience = patience
        self._stop = stop
        self._pauses = pauses

    def write_batch(self, values: list[Alert]) -> None:
        for alerts, body in requests_of(values):
            self._deliver(_key(alerts), body)

    def snapshot(self) -> None:
        return None

    def _deliver(self, key: str, body: bytes) -> None:
        """Send one request until it has arrived; raises WebhookError when it will not."""
        waited = timedelta(0)
        for pause in chain(self._pauses, repeat(self._pauses[-1])):
            answer = self._post.send(key, body)
            if answer.verdict is Verdict.DONE:
                return
            if answer.verdict is Verdict.REJECTED:
                raise WebhookError(
                    f"alerts were refused, and none is skipped: {answer.detail}; set the receiver right, or "
                    "run without --webhook"
                )
            if waited >= self._patience or self._stop.asked:
                raise WebhookError(
                    f"alerts could not be delivered within {waited.total_seconds():g} s, and none is "
                    f"skipped: {answer.detail}"
                )
            log.warning("%s; next try in %.1f s", answer.detail, pause.total_seconds())
            self._sleep(pause)
            waited += pause

    def _sleep(self, pause: timedelta) -> None:
        until_s = time.monotonic() + pause.total_seconds()
        while (left_s := until_s - time.monotonic()) > 0 and not self._stop.asked:
            time.sleep(min(left_s, _LOOK_EVERY_S))


def requests_of(alerts: Sequence[Alert]) -> Iterator[tuple[list[Alert], bytes]]:
    """Cut alerts into requests, in their order: of each the alerts, and its body of JSON lines."""
    gathered: list[Alert] = []
    body = b""
    for alert in alerts:
        line = orjson.dumps(alert_record(alert), option=orjson.OPT_APPEND_NEWLINE)
        if gathered and (len(gathered) >= MOST_ALERTS or len(body) + len(line) > MOST_BYTES):
            yield gathered, body
            gathered, body = [], b""
        gathered.append(alert)
        body += line
    if gathered:
        yield gathered, body


def _key(alerts: Sequence[Alert]) -> str:
    return blake2b("\x1f".join(alert.id for alert in alerts).encode(), digest_size=16).hexdigest()
