"""One order for the events of several partitions: a function of the logs, not of how fast they came."""

from bisect import bisect_left
from operator import itemgetter
from typing import Any

import msgspec

from flows.exchange import EventBatch, Watched

Held = tuple[int, Watched]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, list[Held]]).decode
# No bound is that early.
_NOTHING_YET = -1


class Merger:
    """Holds the events of one bucket back until every partition has passed their order time.

    An event's order time is the latest time seen in its partition up to it, so it never falls within a
    partition, and the merged order is (order time, partition, position): the same in every run.

    With a lateness it is the event's own time, or the latest time less the lateness where the event came
    later than that; ties go by id, so that events shuffled within the lateness come out the same.
    """

    def __init__(self, partitions: tuple[str, ...], saved: Any, lateness_ms: int = 0) -> None:
        """Start empty, or from what `dump` gave; partitions that are gone hold nobody up.

        One that had ended is waited for again until it says so in this run, for it may have grown.
        """
        self._lateness_ms = lateness_ms
        passed, held = saved or ({}, b"")
        self._passed = {name: passed.get(name, 0) for name in sorted({*partitions, *passed})}
        self._ended = set(passed) - set(partitions)
        self._held: dict[str, list[Held]] = {name: [] for name in self._passed}
        if held:
            self._held.update(_decode(held))
        # The order time that every open partition has reached; None when all have ended.
        self.bound_ms = self._bound()
        # The bound up to which all is released that may be.
        self._released_ms: int | None = _NOTHING_YET

    @property
    def reached_ms(self) -> int:
        """Give the order time before which nothing is missing."""
        return max(self._passed.values(), default=0) if self.bound_ms is None else self.bound_ms

    def _bound(self) -> int | None:
        passed = min((at for name, at in self._passed.items() if name not in self._ended), default=None)
        return None if passed is None else max(0, passed - self._lateness_ms)

    def take(self, batch: EventBatch) -> list[Held]:
        """Add a batch and give, in order and with order times, what no partition can precede any more."""
        # Of every block all buckets hear, and of most there is nothing for them.
        passed = self._passed[batch.partition]
        if batch.events:
            self._hold(batch, passed)
        if batch.closed or batch.high_ms > passed:
            self._passed[batch.partition] = max(passed, batch.high_ms)
            if batch.closed:
                self._ended.add(batch.partition)
            self.bound_ms = self._bound()
        # What came meanwhile lies at the bound or behind it.
        still = self.bound_ms is not None and self.bound_ms == self._released_ms
        return [] if still else self._release()

    def _hold(self, batch: EventBatch, passed: int) -> None:
        # A block knows the latest time within itself; the partition's may lie in an earlier block.
        held = self._held[batch.partition]
        arrived = zip(batch.orders or (), batch.events, strict=True)
        if self._lateness_ms:
            held += [
                (max(event.at_ms, max(order, passed) - self._lateness_ms), event) for order, event in arrived
            ]
            held.sort(key=_own_time)
        else:
            held += [(max(order, passed), event) for order, event in arrived]

    def dump(self) -> tuple[dict[str, int], bytes]:
        """Give what `__init__` starts from, as plain values."""
        held = {name: kept for name, kept in self._held.items() if kept}
        return dict(self._passed), _encode(held) if held else b""

    def _release(self) -> list[Held]:
        bound_ms = self._released_ms = self.bound_ms
        released: list[Held] = []
        for held in self._held.values():
            # An event at the bound itself may still be preceded by one of another partition.
            ready = len(held) if bound_ms is None else bisect_left(held, bound_ms, key=itemgetter(0))
            released += held[:ready]
            del held[:ready]
        # Partitions come in the order of their names and the sort is stable: ties fall the same way.
        released.sort(key=_own_time if self._lateness_ms else itemgetter(0))
        return released


def held_back(saved: Any) -> list[Held]:
    """Give what a merger's dump holds back, in order, for whoever needs no order any more."""
    _, held = saved
    logs = _decode(held) if held else {}
    # Partitions come in the order of their names and the sort is stable: ties fall as they would have.
    return sorted((one for name in sorted(logs) for one in logs[name]), key=itemgetter(0))


def _own_time(held: Held) -> tuple[int, int, str]:
    order_ms, event = held
    return order_ms, event.at_ms, event.event_id
