"""When people proved anew who they are at the bank's own sign-in; a desk that starts again asks again."""

from threading import Lock

# More sessions than a desk has; the oldest proofs go first.
_MOST = 10_000


class Proofs:
    """The last proof of each session, in milliseconds since 1970."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._at_ms: dict[str, int] = {}
        self._lock = Lock()

    def keep(self, session_id: str, now_ms: int) -> None:
        """Note that who is at a session has proved who they are."""
        with self._lock:
            self._at_ms.pop(session_id, None)
            self._at_ms[session_id] = now_ms
            if len(self._at_ms) > _MOST:
                del self._at_ms[next(iter(self._at_ms))]

    def last_ms(self, session_id: str) -> int:
        """Give when that was; 0 where it never was."""
        with self._lock:
            return self._at_ms.get(session_id, 0)
