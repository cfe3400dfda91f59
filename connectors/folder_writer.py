"""Lines appended to a folder that a flow follows: durable, in files whose names come in order."""

import fcntl
import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from errno import EIO
from pathlib import Path
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Self

from connectors.errors import FolderError
from connectors.lines import MAX_LINE_BYTES

# `.jsonl` files are named by when they were begun, in UTC and to the millisecond.
_NAME = re.compile(r"([0-9]{8}T[0-9]{6}\.[0-9]{3})Z\.jsonl(?:\.gz|\.zst)?")
_NAME_FORMAT = "%Y%m%dT%H%M%S.%f"
_STEP = timedelta(milliseconds=1)
_LOCK_NAME = ".writer.lock"
_LOOKED_AT_BYTES = 64 * 1024


class FolderWriter:
    """Appends lines to the newest file of a folder, and begins a new one by size and by age.

    Guarantee: when `append` returns, its lines are in the file, whole and in their order; with
    `sync_every_s` 0 they are on disk, else within so many seconds of appends. What `append` raised for may
    be kept or not: send it again. A reader that follows the folder never meets half of a line, except one
    that read it before a crash or a full disk interrupted it: it meets what there was of it as a line of its
    own, which is no event.

    A file's name is the time it was begun, later than every name before it whatever the clock did. Old files
    may be compressed and removed; only the newest is written to, by this process alone.

    Threads may append at once; they share the wait for the disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        max_bytes: int = 256 * 1024 * 1024,
        max_age_s: float = 3600.0,
        sync_every_s: float = 0.0,
    ) -> None:
        """Take the folder, which is made if only it is missing, and mend what a crash left in it.

        `clock` gives the time that names files. Raises FolderError where there is no such folder to make,
        where another process writes to it, or for a size or an age that cannot work.
        """
        if max_bytes < 1 or max_age_s <= 0 or sync_every_s < 0:
            raise FolderError(
                f"a file of at most {max_bytes} bytes and {max_age_s:g} s, on disk every {sync_every_s:g} s: "
                "give at least 1 byte, more than 0 s, and 0 s or more"
            )
        self._folder = folder
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._sync_every_s = sync_every_s
        self._holds: int | None = _take(folder)
        self._file: int | None = None
        self._size = 0
        self._begun_s = 0.0
        self._torn = self._lost = False
        # Bytes written and bytes on disk since the writer began, over all files.
        self._written = self._synced = 0
        self._synced_s = monotonic()
        self._writing = Lock()
        self._syncing = Lock()
        self._last = self._newest()
        if self._last is not None:
            _mend(folder / self._last)

    def append(self, lines: Sequence[bytes]) -> None:
        """Append `lines`, each without its newline.

        Raises OSError when the disk refuses, ValueError for a line that holds a newline or is longer than a
        reader takes.
        """
        if not lines:
            return
        if any(b"\n" in line or len(line) > MAX_LINE_BYTES for line in lines):
            raise ValueError(f"a line must hold no newline and at most {MAX_LINE_BYTES} bytes")
        with self._writing:
            self._write(b"\n".join(lines) + b"\n")
            end = self._written
        if monotonic() - self._synced_s >= self._sync_every_s:
            self._sync(end)

    def sync(self) -> None:
        """Put on disk what was appended; raises OSError when the disk refuses."""
        self._sync(self._written)

    def rotate_aged(self) -> None:
        """End a file that is older than `max_age_s`, though nothing comes: it may then be archived."""
        with self._writing:
            if self._aged():
                self._end_file()

    def close(self) -> None:
        """Put everything on disk and leave the folder to others; closing twice does nothing."""
        with self._writing:
            if self._holds is not None:
                self._end_file()
                os.close(self._holds)
                self._holds = None

    def __enter__(self) -> Self:
        """Write, until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _write(self, data: bytes) -> None:
        if self._holds is None:
            raise ValueError(f"the writer of {self._folder} was closed")
        if self._lost:
            raise OSError(EIO, f"the disk of {self._folder} lost lines; look after it, then start anew")
        if self._size >= self._max_bytes or self._aged():
            self._end_file()
        if self._file is None:
            self._file = self._begin_file()
        # What an interrupted write left was made blank; its line must end before the next one begins.
        left = memoryview(b"\n" + data if self._torn else data)
        begun = self._size
        try:
            while left:
                count = os.write(self._file, left)
                self._size += count
                left = left[count:]
        except OSError:
            if self._size > begun:
                self._torn = True
                os.pwrite(self._file, b" " * (self._size - begun), begun)
            raise
        self._torn = False
        self._written += len(data)

    def _sync(self, end: int) -> None:
        with self._syncing:
            # Whoever held the lock has done it for those who waited.
            if self._synced < end and self._file is not None:
                self._put_on_disk(self._file)

    def _put_on_disk(self, file: int) -> None:
        written = self._written
        try:
            os.fsync(file)
        except OSError:
            # The system forgets what it could not write: a second try would succeed, and mean nothing.
            self._lost = True
            raise
        self._synced = written
        self._synced_s = monotonic()

    def _aged(self) -> bool:
        return self._file is not None and monotonic() - self._begun_s >= self._max_age_s

    def _end_file(self) -> None:
        with self._syncing:
            if self._file is None:
                return
            if self._torn:
                os.write(self._file, b"\n")
                self._torn = False
            self._put_on_disk(self._file)
            os.close(self._file)
            self._file = None

    def _begin_file(self) -> int:
        begun = self._clock().astimezone(UTC)
        if self._last is not None:
            begun = max(begun, _begun(self._last) + _STEP)
        name = f"{begun:{_NAME_FORMAT}}"[:-3] + "Z.jsonl"
        file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        _sync_folder(self._folder)
        self._last = name
        self._size = 0
        self._begun_s = monotonic()
        return file

    def _newest(self) -> str | None:
        return max(
            (entry.name for entry in self._folder.iterdir() if _NAME.fullmatch(entry.name)), default=None
        )


def _take(folder: Path) -> int:
    """Hold the folder for this process; the lock goes with the process, whatever ends it."""
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise FolderError(
            f"{folder} cannot be a folder of events: it is a file, or the folder around it is missing"
        )
    folder.mkdir(exist_ok=True, mode=0o750)
    lock = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderError(
            f"another process writes to {folder}; give each listener a folder of its own"
        ) from None
    return lock


def _begun(name: str) -> datetime:
    found = _NAME.fullmatch(name)
    text = found[1] if found else ""
    return datetime.strptime(text, _NAME_FORMAT).replace(tzinfo=UTC)


def _mend(path: Path) -> None:
    """Make blank what a crash left of a last line: nobody was told that it was kept.

    It is not cut off: a reader that has read it already would take the file for another one.
    """
    if path.suffix != ".jsonl":
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        begun = _last_line_start(file.fileno(), size)
        if begun < size:
            os.pwrite(file.fileno(), b" " * (size - begun) + b"\n", begun)
            os.fsync(file.fileno())


def _last_line_start(file: int, size: int) -> int:
    end = size
    while end > 0:
        start = max(0, end - _LOOKED_AT_BYTES)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
