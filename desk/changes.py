"""What changed in the store, by topic: looked up a few times a second, for all pages at once.

Topics carry no data: a page hears that `cases` changed and asks again for what it may see.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from threading import Event, Thread

from cases.database import Database
from cases.errors import CaseError
from cases.outbox import latest_changes

log = logging.getLogger(__name__)

# Everything that a page can listen for.
TOPICS = ("cases", "alarms")


class Changes:
    """Follows a store and wakes whoever waits; `start` begins a thread, `stop` ends it and all streams."""

    def __init__(self, db: Database, poll_ms: int) -> None:
        """Follow `db`, looking every `poll_ms`."""
        self._db = db
        self._poll_s = poll_ms / 1000
        self._ended = Event()
        self._waiting: dict[asyncio.Queue[frozenset[str]], asyncio.AbstractEventLoop] = {}
        self._thread = Thread(target=self._follow, daemon=True, name="changes")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; every stream ends."""
        self._ended.set()
        self._tell(frozenset())

    async def stream(self) -> AsyncIterator[frozenset[str]]:
        """Give the topics of each change from now on; at first all of them, for what came before."""
        queue: asyncio.Queue[frozenset[str]] = asyncio.Queue()
        self._waiting[queue] = asyncio.get_running_loop()
        try:
            yield frozenset(TOPICS)
            while not self._ended.is_set():
                topics = await queue.get()
                while not queue.empty():
                    topics |= queue.get_nowait()
                if topics:
                    yield topics
        finally:
            del self._waiting[queue]

    def _follow(self) -> None:
        known: dict[str, tuple[int, int]] | None = None
        while not self._ended.wait(self._poll_s):
            try:
                with self._db.reading():
                    found = latest_changes(self._db)
            except CaseError as error:
                # A store that is away comes back; what happened meanwhile is seen then.
                log.warning("the store cannot be asked what changed: %s", error)
                continue
            if known is not None and found != known:
                self._tell(frozenset(name for name, mark in found.items() if known.get(name) != mark))
            known = found

    def _tell(self, topics: frozenset[str]) -> None:
        for queue, loop in list(self._waiting.items()):
            loop.call_soon_threadsafe(queue.put_nowait, topics)
