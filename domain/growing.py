"""Published tables in a flow that goes on: later versions are added while detectors ask what is in force."""

import zlib
from bisect import bisect_right
from dataclasses import fields
from typing import TypeVar, cast

import msgspec

from domain.instants import to_ms
from domain.tables import History, Published, Tables

T = TypeVar("T", bound=Published)

# So many of the latest versions are kept ready, and of the older ones as many as were asked for last.
_MOST_READY = 8


class GrowingHistory(History[T]):
    """A history that later versions are added to, by one thread, while detectors of another ask it.

    Versions of long ago lie packed, in a tenth of the room, until an event of their time comes. Two histories
    are the same only if they are one.
    """

    __slots__ = ("_kept", "_unpacked", "asked_ms")

    def __init__(self) -> None:
        """Begin with nothing; `asked_ms` is the latest time that a detector asked about."""
        super().__init__()
        self._kept: tuple[tuple[int, ...], tuple[T | bytes, ...]] = (), ()
        self._unpacked: dict[bytes, T] = {}
        self.asked_ms = -1

    @property
    def since_ms(self) -> tuple[int, ...]:
        """From when on each is in force."""
        return self._kept[0]

    @property
    def versions(self) -> tuple[T, ...]:
        """The versions, all of them unpacked."""
        return tuple(self._unpack(kept) if isinstance(kept, bytes) else kept for kept in self._kept[1])

    def at(self, at_ms: int) -> T | None:
        """Give the version in force at `at_ms`, or None before the first."""
        # Noted before it is looked up: `add` does it the other way round, so that nothing is missed between.
        if at_ms > self.asked_ms:
            self.asked_ms = at_ms
        since_ms, versions = self._kept
        index = bisect_right(since_ms, at_ms)
        if not index:
            return None
        kept = versions[index - 1]
        return self._ready(kept) if isinstance(kept, bytes) else kept

    def add(self, table: T) -> bool:
        """Take a version that takes effect after all others, and give whether it came in time.

        It comes too late where a detector has asked already about a time from which it is in force.
        Raises ValueError for one that does not take effect after the others.
        """
        (since_ms, versions), at_ms = self._kept, to_ms(table.effective_at)
        if since_ms and at_ms <= since_ms[-1]:
            raise ValueError(
                f"version {table.version} of a table takes effect at {table.effective_at}, and a later one "
                "is known already; publish it later"
            )
        older, latest = versions[: 1 - _MOST_READY], versions[1 - _MOST_READY :]
        packed = (each if isinstance(each, bytes) else _pack(each) for each in older)
        self._kept = (*since_ms, at_ms), (*packed, *latest, table)
        return at_ms > self.asked_ms

    def _ready(self, packed: bytes) -> T:
        found = self._unpacked.get(packed)
        if found is None:
            if len(self._unpacked) == _MOST_READY:
                del self._unpacked[next(iter(self._unpacked))]
            found = self._unpacked[packed] = self._unpack(packed)
        return found

    def _unpack(self, packed: bytes) -> T:
        return cast("T", msgspec.msgpack.decode(zlib.decompress(packed), type=Published))

    def __eq__(self, other: object) -> bool:
        """Whether the other is this one."""
        return self is other

    def __hash__(self) -> int:
        """Go by which one it is."""
        return id(self)


def growing_tables() -> Tables:
    """Give a growing history of every table, without a version yet."""
    return Tables(*(GrowingHistory() for _ in fields(Tables)))


def _pack(table: Published) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(table), 1)
