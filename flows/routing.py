"""Where the events of a block go; native/flow/routing.c has the twins in C."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from domain.events import Chargeback, Disposition, Event, Progress, Transaction
from domain.instants import to_ms

# Transactions by channel and type, None for all of them.
Uses = Mapping[str, frozenset[str]] | None


def running_latest(events: Sequence[Event], /) -> list[int]:
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


def into_buckets(
    events: Sequence[Event],
    reads: frozenset[type],
    key: str,
    uses: Uses,
    orders: list[int] | None,
    count: int,
    /,
) -> tuple[list[list[Any]], list[list[int]] | None]:
    """Give the events that a scope wants by bucket, `count` in all, with their `orders` beside them.

    It wants those of the types that it `reads`, of transactions those of its `uses` alone, where they have
    its `key`.
    """
    groups: list[list[Any]] = [[] for _ in range(count)]
    places: list[list[int]] = [[] for _ in range(count)]
    for number, event in enumerate(events):
        key_of_it = getattr(event, key) if _wanted(event, reads, uses) else None
        if key_of_it is not None:
            bucket = crc32(key_of_it.encode()) % count
            groups[bucket].append(event)
            if orders is not None:
                places[bucket].append(orders[number])
    return groups, None if orders is None else places


def _wanted(event: Event, reads: frozenset[type], uses: Uses) -> bool:
    if uses is not None and isinstance(event, Transaction) and event.type not in uses.get(event.channel, ()):
        return False
    return type(event) in reads
