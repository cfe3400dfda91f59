"""One partition of recorded lines: a file, or a folder whose files follow one another in name order."""

import logging
import os
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from connectors.blocks import Block
from connectors.errors import BrokenFileError, PositionTooNewError
from connectors.lines import LineCutter, Run
from connectors.streams import COMPRESSED_SUFFIXES, FOLLOW_ADVICE, ByteStream

log = logging.getLogger(__name__)

# Names that writers use for what is not ready yet.
_UNREADY_SUFFIXES = (".tmp", ".part", ".draft", "~")
# Enough of a file's beginning to tell it from another.
_HEAD_BYTES = 4096
# Looking through a folder costs more than asking a file whether it grew.
_POLLS_FOR_EACH_LISTING = 10


class Position(NamedTuple):
    """Where a partition was left, as it lies in the recovery store: plain values with a version.

    `name` is the file's without .gz or .zst ("" before the first), `before` how many bytes of content the
    files before it held, `offset` the position within its content, and `skipping` says that this is within
    a line that was too long. `head_bytes` and `head_digest` recognise the file by its beginning, so that
    it may be moved, copied or compressed, but not replaced.
    """

    version: int = 1
    name: str = ""
    before: int = 0
    offset: int = 0
    skipping: bool = False
    head_bytes: int = 0
    head_digest: str = ""

    @classmethod
    def of(cls, state: tuple[Any, ...]) -> "Position":
        """Give the position that was kept as `state`; raises PositionTooNewError for what it cannot read."""
        if state[0] != 1:
            raise PositionTooNewError(
                f"the recovery store holds a position of version {state[0]}, this riskdesk reads version 1; "
                "go on with the newer riskdesk, or begin anew with an empty recovery folder"
            )
        return cls(*state)


class PartitionReader:
    """Reads the lines of one partition from a position on.

    Offsets count the content of the whole partition: those of a folder's second file go on where the
    first one ended. Names must come in the order of time, and files may not be renamed while followed
    (except by adding .gz or .zst); hidden files and such that end in .tmp, .part, .draft or ~ are not
    looked at.
    """

    def __init__(
        self,
        partition: str,
        path: Path,
        *,
        follow: bool,
        block_bytes: int,
        max_line_bytes: int,
        position: Position | None = None,
    ) -> None:
        """Stand at `position`, or at the beginning.

        Raises BrokenFileError when what lies there now is not what was read before.
        """
        self.idle = False
        self._partition = partition
        self._path = path
        self._follow = follow
        self._block_bytes = block_bytes
        self._max_line_bytes = max_line_bytes
        self._name = ""
        self._before = 0
        self._stream: ByteStream | None = None
        self._cutter = LineCutter(max_line_bytes)
        self._head = b""
        self._seen: set[str] = set()
        self._polls = -1
        if position is not None and position.name:
            self._return_to(position)

    def read(self) -> list[Block] | None:
        """Give what is there now, at most `block_bytes` of it; None when the partition has ended.

        Nothing may come although there is more (within a long line); `idle` says that there is none now.
        """
        waited, self.idle = self.idle, False
        stream = self._stream or self._open_next()
        if stream is None:
            self.idle = self._follow
            return [] if self._follow else None
        chunk = stream.read(self._block_bytes, growing=self._follow)
        if chunk and waited:
            # Of whole lines alone: a writer that comes back after a crash makes blank what it had torn.
            stream.check_beginning(self._head[: self._cutter.offset])
        if not chunk and self._follow:
            if not self._has_newer(stream):
                self.idle = True
                return []
            # Written between that read and the look at the folder; nothing comes behind it.
            chunk = stream.read(self._block_bytes)
        return self._blocks(self._cut(stream, chunk) if chunk else self._finish(stream))

    @property
    def offset(self) -> int:
        """The position in the partition of the first byte that was not handed over."""
        return self._before + self._cutter.offset

    def behind(self) -> int:
        """Count the bytes that were not read yet, as compressed as they lie on the disk."""
        newer = sum(_size(path) for name, path in self._listing().items() if name > self._name)
        return newer + (0 if self._stream is None else self._stream.behind)

    @property
    def position(self) -> Position:
        """What to give to a new reader, so that it goes on behind the lines handed over."""
        head = self._head[: self._cutter.offset]
        return Position(
            name=self._name,
            before=self._before,
            offset=self._cutter.offset,
            skipping=self._cutter.skipping,
            head_bytes=len(head),
            head_digest=_digest(head),
        )

    def close(self) -> None:
        """Close the file that is open."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _cut(self, stream: ByteStream, chunk: bytes) -> list[Run]:
        start = stream.offset - len(chunk)
        if start <= len(self._head) < _HEAD_BYTES:
            self._head += chunk[len(self._head) - start : _HEAD_BYTES - start]
        return self._cutter.feed(chunk)

    def _finish(self, stream: ByteStream) -> list[Run]:
        """Leave a file that will not grow; its torn last line is handed over, for the codec to judge."""
        stream.check_whole()
        self.close()
        return self._cutter.end()

    def _blocks(self, runs: list[Run]) -> list[Block]:
        return [Block(self._partition, self._before + run.offset, run.data) for run in runs]

    def _open_next(self) -> ByteStream | None:
        listed = self._listing()
        newer = sorted(name for name in listed if name > self._name)
        if not newer:
            return None
        self._before += self._cutter.offset
        self._name = newer[0]
        self._cutter = LineCutter(self._max_line_bytes)
        self._head = b""
        self._polls = -1  # so that a backlog of files is gone through without waiting
        self._stream = ByteStream(listed[self._name])
        return self._stream

    def _has_newer(self, stream: ByteStream) -> bool:
        """Whether the writer has gone on to a newer file, so that the open one has all of its lines."""
        self._polls += 1
        single = not self._path.is_dir()
        if self._polls % _POLLS_FOR_EACH_LISTING and not single:
            return False
        stream.check_in_place()
        newer = [path for name, path in self._listing().items() if name > self._name]
        if any(stream.lies_at(path) for path in newer) or (single and not self._path.exists()):
            raise BrokenFileError(f"{stream.path} was moved away while it was followed; {FOLLOW_ADVICE}")
        return bool(newer)

    def _listing(self) -> dict[str, Path]:
        """Give the partition's files by name without .gz and .zst; of two such the uncompressed one."""
        if not self._path.is_dir():
            return {_plain_name(self._path.name): self._path}
        with os.scandir(self._path) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file() and _is_ready(entry.name))
        listed = {_plain_name(name): self._path / name for name in reversed(names)}
        for name in sorted(name for name in listed if name <= self._name and name not in self._seen):
            log.error(
                "%s came to %s behind the position and will not be read; "
                "give new files names that sort after the old ones",
                name,
                self._path,
            )
        self._seen = set(listed)
        return listed

    def _return_to(self, position: Position) -> None:
        path = self._listing().get(position.name)
        if path is None:
            raise BrokenFileError(
                f"{self._path / position.name} was read up to byte {position.offset} and is gone; put it "
                "back (compressed as .gz or .zst will do), or begin anew with an empty recovery folder"
            )
        with closing(ByteStream(path)) as beginning:
            self._head = beginning.read(_HEAD_BYTES)
        known = self._head[: position.head_bytes]
        if len(known) == position.head_bytes and _digest(known) != position.head_digest:
            raise BrokenFileError(
                f"{path} is not the file that was read up to byte {position.offset}: it begins differently; "
                "put the old file back, or begin anew with an empty recovery folder"
            )
        stream = ByteStream(path)
        try:
            stream.skip_to(position.offset)
        except BrokenFileError:
            stream.close()
            raise
        self._stream = stream
        self._name = position.name
        self._before = position.before
        self._cutter = LineCutter(self._max_line_bytes, position.offset, skipping=position.skipping)


def _plain_name(name: str) -> str:
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # compressed just now, under another name
        return 0


def _is_ready(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_UNREADY_SUFFIXES)


def _digest(head: bytes) -> str:
    return blake2b(head, digest_size=16).hexdigest()
