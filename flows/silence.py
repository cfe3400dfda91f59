"""Noticing silence: which keys want to be woken when event time passes, and in what order."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

Saved = tuple[int, list[tuple[int, str]]]


class Silence:
    """The keys of one bucket by the event time at which they are due.

    Times that were moved or withdrawn stay in the heap and are passed over when they come up.
    """

    def __init__(self, saved: Saved | None) -> None:
        """Start empty, or from what `dump` gave."""
        self._reached_ms, due = saved or (0, [])
        self._due = {key: at_ms for at_ms, key in due}
        self._heap = [(at_ms, key) for key, at_ms in self._due.items()]
        heapify(self._heap)

    @property
    def reached_ms(self) -> int:
        """Give the time up to which all that was due has been told."""
        return self._reached_ms

    def set(self, key: str, at_ms: int | None) -> None:
        """Say when a key is due, None for never."""
        if at_ms is None:
            self._due.pop(key, None)
        elif self._due.get(key) != at_ms:
            self._due[key] = at_ms
            heappush(self._heap, (at_ms, key))

    def none_before(self, until_ms: int) -> bool:
        """Tell whether nothing is due before `until_ms`, so that `before` need not be asked."""
        if until_ms > self._reached_ms:
            self._reached_ms = until_ms
        return not self._heap or self._heap[0][0] >= self._reached_ms

    def before(self, until_ms: int) -> Iterator[tuple[int, str]]:
        """Take the keys due before `until_ms`, the earliest first; what is set meanwhile counts too.

        Time never runs back: an earlier `until_ms` than the last stands for the last.
        """
        self._reached_ms = until_ms = max(until_ms, self._reached_ms)
        while self._heap and self._heap[0][0] < until_ms:
            at_ms, key = heappop(self._heap)
            if self._due.get(key) == at_ms:
                del self._due[key]
                yield at_ms, key

    def dump(self) -> Saved:
        """Give the time reached and the keys that are due, as plain values."""
        return self._reached_ms, sorted((at_ms, key) for key, at_ms in self._due.items())
