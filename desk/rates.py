"""How often something may be done: a bucket of tokens for each key, which fills with time."""

from threading import Lock


class Rates:
    """Buckets in this process's memory; a restart fills them."""

    _MOST_KEYS = 10_000

    def __init__(self) -> None:
        """Start with every bucket full."""
        self._lock = Lock()
        self._buckets: dict[str, tuple[float, int]] = {}

    def take(self, key: str, now_ms: int, *, most: int, per_ms: int) -> bool:
        """Take one of `most` tokens, which come back evenly within `per_ms`; False where none is left."""
        with self._lock:
            left, at_ms = self._buckets.get(key, (float(most), now_ms))
            left = min(float(most), left + (now_ms - at_ms) * most / per_ms)
            allowed = left >= 1
            if len(self._buckets) >= self._MOST_KEYS and key not in self._buckets:
                # Whoever was seen least lately has the fullest bucket.
                del self._buckets[min(self._buckets, key=lambda name: self._buckets[name][1])]
            self._buckets[key] = (left - 1 if allowed else left, now_ms)
            return allowed
