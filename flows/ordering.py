"""One order for the events of several partitions: a function of the logs, not of how fast they came."""

from bisect import bisect_left
from operator import itemgetter
from typing import Any

import msgspec

from flows.exchange import EventBatch, Watched

Held = tuple[int, Watched]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, list[Held]]).decode


class Merger:
    """Holds the events of one bucket back until every partition has passed their order time.

    An event's order time is the latest time seen in its partition up to it, so it never falls within a
    partition, and the merged order is (order time, partition, position): the same in every run.
    """

    def __init__(self, partitions: tuple[str, ...], saved: Any) -> None:
        """Start empty, or from what `dump` gave; partitions that are gone hold nobody up.

        One that had ended is waited for again until it says so in this run, for it may have grown.
        """
        passed, held = saved or ({}, b"")
        self._passed = {name: passed.get(name, 0) for name in sorted({*partitions, *passed})}
        self._ended = set(passed) - set(partitions)
        self._held: dict[str, list[Held]] = {name: [] for name in self._passed}
        if held:
            self._held.update(_decode(held))

    @property
    def bound_ms(self) -> int | None:
        """Give the order time that every open partition has reached; None when all have ended."""
        return min((at for name, at in self._passed.items() if name not in self._ended), default=None)

    @property
    def reached_ms(self) -> int:
        """Give the order time before which nothing is missing."""
        bound_ms = self.bound_ms
        return max(self._passed.values(), default=0) if bound_ms is None else bound_ms

    def take(self, batch: EventBatch) -> list[Held]:
        """Add a batch and give, in order and with order times, what no partition can precede any more."""
        # A block knows the latest time within itself; the partition's may lie in an earlier block.
        passed = self._passed[batch.partition]
        held = self._held[batch.partition]
        held += [
            (max(order, passed), event) for order, event in zip(batch.orders or (), batch.events, strict=True)
        ]
        self._passed[batch.partition] = max(passed, batch.high_ms)
        if batch.closed:
            self._ended.add(batch.partition)
        return self._release()

    def dump(self) -> tuple[dict[str, int], bytes]:
        """Give what `__init__` starts from, as plain values."""
        held = {name: kept for name, kept in self._held.items() if kept}
        return dict(self._passed), _encode(held) if held else b""

    def _release(self) -> list[Held]:
        bound_ms = self.bound_ms
        released: list[Held] = []
        for held in self._held.values():
            # An event at the bound itself may still be preceded by one of another partition.
            ready = len(held) if bound_ms is None else bisect_left(held, bound_ms, key=itemgetter(0))
            released += held[:ready]
            del held[:ready]
        # Partitions come in the order of their names and the sort is stable: ties fall the same way.
        released.sort(key=itemgetter(0))
        return released
