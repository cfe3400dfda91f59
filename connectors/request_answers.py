"""First answers by request id: a request that comes again within a day changes nothing."""

import mmap
import sqlite3
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Self

from connectors.errors import FolderError

REMEMBERED_MS = 24 * 3600 * 1000
# Hidden: who follows the folder does not look at it.
_FILE = ".answers.sqlite"
# Lines that were being written at a crash lie in the newest file, or in the one that it took over from.
_NEWEST = 3
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS answers (
        id TEXT PRIMARY KEY,
        digest BLOB NOT NULL,      -- of the request's content
        at_ms INTEGER NOT NULL,    -- when it was first answered
        status INTEGER NOT NULL,
        body BLOB NOT NULL,
        first BLOB,                -- its first line until the lines are known to be kept, then NULL
        lines_bytes INTEGER NOT NULL,
        lines_digest BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at_ms);
"""


class Answer(NamedTuple):
    """What a request was answered: a status of HTTP and a body."""

    status: int
    body: bytes


class Remembered(NamedTuple):
    """The first answer to a request, and the digest of what it was an answer to."""

    answer: Answer
    digest: bytes


class AnswerBook:
    """The answers of a day, in a database beside the files that the lines went to.

    Guarantee: an answer is on disk before its lines are written. After a crash in between, `open` looks in
    the newest files whether they were, so that the request's repeat is answered or done, never done twice;
    only where the crash tore the lines apart are the first of them written again. Threads may call at once
    and share the wait for the disk.
    """

    def __init__(self, folder: Path, clock_ms: Callable[[], int]) -> None:
        """Open the book of `folder`, whose writer nobody else may be; `clock_ms` is milliseconds since 1970.

        Raises FolderError when it cannot be read.
        """
        self._clock_ms = clock_ms
        self._turn = Lock()
        self._gathering = Lock()
        self._batch = _Batch()
        try:
            self._db = sqlite3.connect(folder / _FILE, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            self._settle(folder)
        except sqlite3.Error as error:
            raise FolderError(
                f"{folder / _FILE} cannot be used ({error}); free its disk or restore it, or take it away: "
                "the requests of the last day are then no longer known"
            ) from error

    def find(self, request_id: str) -> Remembered | None:
        """Give the first answer to a request, None when it is new or more than a day old."""
        with self._turn:
            row = self._db.execute(
                "SELECT status, body, digest FROM answers WHERE id = ? AND at_ms > ?",
                (request_id, self._clock_ms() - REMEMBERED_MS),
            ).fetchone()
        return None if row is None else Remembered(Answer(row[0], row[1]), row[2])

    def promise(self, request_id: str, digest: bytes, answer: Answer, lines: Sequence[bytes]) -> None:
        """Write down an answer before its `lines` are kept; raises OSError when that fails."""
        joined = b"".join(line + b"\n" for line in lines)
        row = (
            *(request_id, digest, self._clock_ms(), answer.status, answer.body),
            *(lines[0] if lines else None, len(joined), blake2b(joined, digest_size=16).digest()),
        )
        self._write("REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def confirm(self, request_id: str) -> None:
        """Say that the lines were kept; written with the next promise, as a crash finds it out by itself."""
        with self._gathering:
            self._batch.rows.append(("UPDATE answers SET first = NULL WHERE id = ?", (request_id,)))

    def withdraw(self, request_id: str) -> None:
        """Say that the lines could not be kept: its repeat is a new request. Raises OSError."""
        self._write("DELETE FROM answers WHERE id = ?", (request_id,))

    def tidy(self) -> None:
        """Forget what is more than a day old; raises OSError."""
        self._write("DELETE FROM answers WHERE at_ms <= ?", (self._clock_ms() - REMEMBERED_MS,))

    def close(self) -> None:
        """Write down what is still to be written, and close."""
        self.tidy()
        with self._turn:
            self._db.close()

    def __enter__(self) -> Self:
        """Use the book until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._gathering:
            batch = self._batch
            batch.rows.append((statement, values))
        with self._turn:
            # Whoever had the turn has done it for those who waited.
            if not batch.done:
                self._commit()
        if batch.error is not None:
            raise OSError(f"the answers cannot be written: {batch.error}") from batch.error

    def _commit(self) -> None:
        with self._gathering:
            batch, self._batch = self._batch, _Batch()
        try:
            with self._db:
                for statement, values in batch.rows:
                    self._db.execute(statement, values)
        except sqlite3.Error as error:
            batch.error = error
        batch.done = True

    def _settle(self, folder: Path) -> None:
        """Find out of the answers that a crash left open which lines were kept, and forget the others."""
        open_ones = self._db.execute(
            "SELECT id, first, lines_bytes, lines_digest FROM answers WHERE first IS NOT NULL"
        ).fetchall()
        newest = sorted(folder.glob("*.jsonl"))[-_NEWEST:]
        with self._db:
            for request_id, first, lines_bytes, digest in open_ones:
                if any(_holds(path, first + b"\n", lines_bytes, digest) for path in newest):
                    self._db.execute("UPDATE answers SET first = NULL WHERE id = ?", (request_id,))
                else:
                    self._db.execute("DELETE FROM answers WHERE id = ?", (request_id,))


class _Batch:
    """What is written down at once, and what came of it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, tuple[object, ...]]] = []
        self.done = False
        self.error: sqlite3.Error | None = None


def _holds(path: Path, first: bytes, lines_bytes: int, digest: bytes) -> bool:
    """Whether a file holds lines that begin with `first`, by their digest."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(first)
        while at >= 0:
            if blake2b(content[at : at + lines_bytes], digest_size=16).digest() == digest:
                return True
            at = content.find(first, at + 1)
    return False
