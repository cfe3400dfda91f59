"""From decoded events to batches by scope and bucket: what crosses between workers, once for each scope."""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, TypeVar, cast
from zlib import crc32

import msgspec
from msgspec import Struct

from detectors.base import Use
from domain.events import CardIssued, Chargeback, Disposition, Event, Progress, Transaction
from domain.instants import to_ms
from domain.telemetry import Telemetry
from flows.plan import BUCKETS, ScopePlan

# Where events go that a scope has no bucket for.
UNREAD = BUCKETS
# What stands for the use of an event that is no transaction.
_NO_USE = None

T = TypeVar("T")
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
    """A batch with the address it goes to, which mostly is a scope's name, and the bucket there."""

    address: str
    bucket: str
    batch: EventBatch


class Exchange:
    """Sorts the events of a block into batches, one for each bucket of each scope that reads them."""

    def __init__(self, scopes: Iterable[ScopePlan]) -> None:
        """Prepare for the scopes that some enabled detector watches; one address is served once."""
        first: dict[str, ScopePlan] = {}
        for scope in scopes:
            first.setdefault(scope.address, scope)
        self._scopes = tuple(first.values())
        self._tells_time = any(scope.needs_marks for scope in self._scopes)
        # What each scope that leaves some transactions out is handed, other kinds of events among them.
        self._wanted = {
            scope.address: scope.uses | {_NO_USE} for scope in self._scopes if scope.uses is not None
        }

    def route(self, partition: str, events: Sequence[Event], closed: bool) -> list[Addressed]:
        """Give the block's batches; scopes that need to hear of time passing get one for every bucket."""
        orders = _running_latest(events) if self._tells_time else []
        high_ms = orders[-1] if orders else 0
        uses = list(map(_use, events)) if self._wanted else []
        routed: list[Addressed] = []
        for scope in self._scopes:
            chosen, places_in_time = events, orders
            if scope.address in self._wanted:
                wanted = list(map(self._wanted[scope.address].__contains__, uses))
                chosen = list(compress(events, wanted))
                places_in_time = list(compress(orders, wanted))
            buckets = _buckets(scope, chosen)
            groups = _grouped(buckets, cast(Sequence[Watched], chosen))
            places = _grouped(buckets, places_in_time) if scope.needs_marks else None
            prefix = f"{partition}:" if scope.own_log else ""
            for bucket in range(BUCKETS):
                if groups[bucket] or (scope.needs_marks and (events or closed)):
                    order = None if places is None else places[bucket]
                    name = f"{prefix}{bucket}"
                    batch = EventBatch(partition, high_ms, groups[bucket], order, closed, name)
                    routed.append(Addressed(scope.address, name, batch))
        return routed


def _use(event: Event) -> Use | None:
    return (event.channel, event.type) if event.__class__ is Transaction else _NO_USE


def _running_latest(events: Sequence[Event]) -> list[int]:
    """Give for each event the latest order time up to it.

    An event's order time is when it was ingested where that is on record: a terminal with a wrong clock
    then holds nobody up. A disposition's is when it became known.
    """
    latest = 0
    orders = []
    for event in events:
        ingested = None if isinstance(event, (Progress, Disposition, Chargeback)) else event.ingested_at
        at_ms = event.at_ms if ingested is None else to_ms(ingested)
        if at_ms > latest:
            latest = at_ms
        orders.append(latest)
    return orders


def _buckets(scope: ScopePlan, events: Sequence[Event]) -> list[int]:
    """Give each event's bucket; UNREAD for those that the scope does not read or that have no key."""
    if scope.reads.issuperset(map(type, events)):
        keys = list(map(scope.key_of, events))
    else:
        keys = [scope.key_of(event) if type(event) in scope.reads else None for event in events]
    if None in keys:
        return [UNREAD if key is None else crc32(key.encode()) % BUCKETS for key in keys]
    return [digest % BUCKETS for digest in map(crc32, map(str.encode, keys))]


def _grouped(buckets: Sequence[int], values: Sequence[T]) -> list[list[T]]:
    groups: list[list[T]] = [[] for _ in range(BUCKETS + 1)]
    for bucket, value in zip(buckets, values, strict=True):
        groups[bucket].append(value)
    return groups
