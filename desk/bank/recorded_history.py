"""The history of cards from recorded files, for replays, demonstrations and desks without another source."""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Self

import msgspec

from desk.bank.history import MOST_ENTRIES, HistoryAway, HistoryEntry, names_card_number, nearest
from desk.bank.recorded_lines import Mark, goes_on, read_on, recorded_files, unchanged
from domain.events import Transaction
from domain.instants import to_ms
from domain.reference import Reference

log = logging.getLogger(__name__)

_TURN_S = 30.0
_TABLES = """
CREATE TABLE uses (
    file TEXT NOT NULL,
    card TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    entry BLOB NOT NULL
) STRICT;
CREATE INDEX uses_of_card ON uses (card, at_ms);
"""
_INSERT = "INSERT INTO uses VALUES (?, ?, ?, ?, ?)"
# An event that was recorded twice is one; MIN(rowid) makes SQLite take the first whole.
_AROUND = """
SELECT entry, MIN(rowid) FROM uses
WHERE card IN (SELECT value FROM json_each(?)) AND at_ms BETWEEN ? AND ?
GROUP BY event_id ORDER BY ABS(2 * at_ms - ?), event_id LIMIT ?
"""


class _Recorded(Transaction, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=False):
    """A transaction as it was recorded, maybe with fields that a newer riskdesk knows."""


class RecordedHistory:
    """Knows what is in recorded files and in the recorded files (`.jsonl`, `.gz`, `.zst`) of folders.

    An index of the transactions lies in a private SQLite file in a temporary folder, so that neither their
    number nor their size counts; `close` removes it. Each question looks first whether the files have grown
    and reads what came. With `reference` an entry has the customer, last digits and place that were on
    record then. Lines that are no transaction, or hold a card number, are passed over.
    """

    def __init__(
        self, paths: Sequence[Path], reference: Reference | None = None, *, patience_s: float = 2.0
    ) -> None:
        """Stand before the first line; who asks waits `patience_s` at most while somebody else reads."""
        self._paths = tuple(paths)
        self._reference = reference
        self._patience_s = patience_s
        self._marks: dict[Path, Mark] = {}
        self._reading = Lock()
        self._folder = TemporaryDirectory(prefix="riskdesk-history-")
        self._index = Path(self._folder.name) / "index.sqlite"
        with self._opened() as index:
            # Nothing of it outlives the process: it is read again.
            index.execute("PRAGMA journal_mode = WAL")
            index.executescript(_TABLES)

    def around(
        self, cards: Sequence[str], from_ms: int, to_ms: int, limit: int = MOST_ENTRIES
    ) -> tuple[HistoryEntry, ...]:
        if not self._reading.acquire(timeout=self._patience_s):
            raise HistoryAway("the recorded transactions are still being read; look again in a minute")
        try:
            self._refresh()
        finally:
            self._reading.release()
        asked = msgspec.json.encode(list(cards)).decode()
        with self._opened() as index:
            rows = index.execute(_AROUND, (asked, from_ms, to_ms, from_ms + to_ms, limit)).fetchall()
        found = (msgspec.msgpack.decode(entry, type=HistoryEntry) for entry, _ in rows)
        return nearest(found, (from_ms, to_ms), limit)

    def refresh(self) -> None:
        """Read what came to the files; raises HistoryAway for those that cannot be read.

        The first time takes about a minute for a million lines: begin it in a thread of its own, and who
        asks meanwhile is told that it is being read.
        """
        with self._reading:
            self._refresh()

    def close(self) -> None:
        """Remove the index."""
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Use it as long as a block lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the index."""
        self.close()

    def _refresh(self) -> None:
        try:
            for path in recorded_files(self._paths):
                self._read(path)
        except (OSError, ValueError) as error:
            log.warning("recorded transactions cannot be read: %s", error)
            raise HistoryAway(f"the recorded transactions cannot be read: {error}") from None
        except sqlite3.Error as error:
            raise HistoryAway(f"the index of recorded transactions is away: {error}") from None

    def _read(self, path: Path) -> None:
        mark = self._marks.get(path, Mark())
        if path in self._marks and unchanged(path, mark):
            return
        with self._opened() as index:
            index.execute("PRAGMA synchronous = OFF")
            index.execute("PRAGMA cache_size = -65536")
            if not goes_on(path, mark):
                mark = Mark()
                index.execute("DELETE FROM uses WHERE file = ?", (str(path),))
            for lines, behind in read_on(path, mark):
                with index:
                    index.execute("BEGIN")
                    index.executemany(_INSERT, self._rows(str(path), lines))
                self._marks[path] = behind

    def _rows(self, file: str, lines: Sequence[bytes]) -> Iterator[tuple[str, str, int, str, bytes]]:
        for line in lines:
            entry = self._entry(line)
            if entry is not None:
                yield file, entry.card, entry.at_ms, entry.event_id, msgspec.msgpack.encode(entry)

    def _entry(self, line: bytes) -> HistoryEntry | None:
        try:
            event = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        # Derived and joined as the flow does it, before anybody has seen the event.
        msgspec.structs.force_setattr(event, "at_ms", to_ms(event.at))
        if self._reference is not None:
            self._reference.join(event)
        entry = entry_of(event)
        return None if names_card_number(entry) else entry

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        index = sqlite3.connect(self._index, timeout=_TURN_S, isolation_level=None)
        try:
            yield index
        finally:
            index.close()


def entry_of(event: Transaction) -> HistoryEntry:
    """Give what of a transaction is shown."""
    place = event.place
    return HistoryEntry(
        event_id=event.event_id,
        at_ms=event.at_ms,
        card=event.card,
        amount_minor=event.amount_minor,
        currency=event.currency,
        type=event.type,
        channel=event.channel,
        outcome=event.outcome,
        decline_reason=event.decline_reason,
        last4=event.last4,
        place=place.city if place else "",
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        terminal=event.terminal,
        merchant=event.merchant,
        customer=event.customer,
    )


_DECODER = msgspec.json.Decoder(_Recorded)
