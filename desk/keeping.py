"""Values that take long to find, kept for a while: found by one request, shown to all."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

Value = TypeVar("Value")

# Of the time at most so much goes into finding a value anew.
_SHARE = 1 / 20


class Kept(NamedTuple, Generic[Value]):
    """A value, and the time of the desk as of which it was found."""

    value: Value
    at_ms: int


class Keeping:
    """Keeps values by name, in this process; the names are few and fixed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = Lock()
        self._kept: dict[str, tuple[Kept[Any], float]] = {}
        self._finding: dict[str, Lock] = {}

    def get(self, name: str, now_ms: int, for_ms: int, find: Callable[[], Value]) -> Kept[Value]:
        """Give what is kept under `name` unless it is older than `for_ms`; then find it anew.

        What took long to find is kept for longer, so that screens on the wall never keep the desk busy. While
        one request finds it, the others are given what was there before.
        """
        with self._lock:
            finding = self._finding.setdefault(name, Lock())
            kept = self._fresh(name, now_ms, for_ms)
        if kept is not None:
            return kept
        if not finding.acquire(blocking=name not in self._kept):
            return self._kept[name][0]
        try:
            # Whoever waited for the first one to find it has it now.
            kept = self._fresh(name, now_ms, for_ms)
            if kept is None:
                began = monotonic()
                kept = Kept(find(), now_ms)
                self._kept[name] = kept, (monotonic() - began) * 1000 / _SHARE
            return kept
        finally:
            finding.release()

    def _fresh(self, name: str, now_ms: int, for_ms: int) -> Kept[Any] | None:
        if name not in self._kept:
            return None
        kept, least_ms = self._kept[name]
        return kept if 0 <= now_ms - kept.at_ms < max(for_ms, least_ms) else None
