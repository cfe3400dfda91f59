"""From decoded events to batches by scope and bucket: what crosses between workers, once for each scope."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from domain.events import CardIssued, Event, Transaction
from domain.telemetry import Telemetry
from flows.hot import into_buckets, running_latest
from flows.plan import BUCKETS, ScopePlan

Watched = Transaction | CardIssued | Telemetry
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Watched]).decode


class EventBatch:
    """The events of one block that fall into one bucket of one scope, in the order of their log.

    `high_ms` is the latest order time of the whole block, so that a bucket hears of time passing even
    in a batch without events; `bucket` is which it is. `orders` gives each event's place in time: the latest
    time seen in the block up to it, which makes it monotone; None where nobody asks for it. `closed` says
    that the partition has ended and holds nobody up any longer.
    """

    __slots__ = ("bucket", "closed", "events", "high_ms", "orders", "partition")

    def __init__(
        self,
        partition: str,
        high_ms: int,
        events: list[Watched],
        orders: list[int] | None,
        closed: bool,
        bucket: str = "",
    ) -> None:
        """Keep the parts as they are."""
        self.partition = partition
        self.high_ms = high_ms
        self.events = events
        self.orders = orders
        self.closed = closed
        self.bucket = bucket

    def __reduce__(self) -> tuple[Callable[..., "EventBatch"], tuple[Any, ...]]:
        """Cross to another process as one run of bytes: pickling each struct costs ten times as much."""
        packed = _encode(self.events)
        return _unpacked, (self.partition, self.high_ms, packed, self.orders, self.closed, self.bucket)


def _unpacked(
    partition: str, high_ms: int, packed: bytes, orders: list[int] | None, closed: bool, bucket: str
) -> EventBatch:
    return EventBatch(partition, high_ms, _decode(packed), orders, closed, bucket)


class Addressed(Struct, frozen=True):
    """A block's batches for one address, which mostly is a scope's name.

    All in one: a scope has 64 buckets, and every scope looks at what is addressed to any of them.
    """

    address: str
    batches: list[EventBatch]


class Exchange:
    """Sorts the events of a block into batches, one for each bucket of each scope that reads them."""

    def __init__(self, scopes: Iterable[ScopePlan]) -> None:
        """Prepare for the scopes that some enabled detector watches; one address is served once."""
        first: dict[str, ScopePlan] = {}
        for scope in scopes:
            first.setdefault(scope.address, scope)
        self._scopes = tuple(first.values())
        self._tells_time = any(scope.needs_marks for scope in self._scopes)

    def route(self, partition: str, events: Sequence[Event], closed: bool) -> list[Addressed]:
        """Give the block's batches; scopes that need to hear of time passing get one for every bucket."""
        orders = running_latest(events) if self._tells_time else []
        high_ms = orders[-1] if orders else 0
        routed: list[Addressed] = []
        for scope in self._scopes:
            marked = orders if scope.needs_marks else None
            groups, places = into_buckets(
                events, scope.reads, scope.scope.value, scope.types_by_channel, marked, BUCKETS
            )
            prefix = f"{partition}:" if scope.own_log else ""
            to_all = bool(scope.needs_marks and (events or closed))
            batches = [
                EventBatch(
                    partition,
                    high_ms,
                    group,
                    None if places is None else places[bucket],
                    closed,
                    f"{prefix}{bucket}",
                )
                for bucket, group in enumerate(groups)
                if group or to_all
            ]
            if batches:
                routed.append(Addressed(scope.address, batches))
        return routed
