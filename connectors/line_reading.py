"""One file of lines, read from a position on: plain, gzip or zstandard."""

from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from connectors.errors import BrokenFileError
from connectors.lines import LineCutter, Run
from connectors.streams import ByteStream

# Enough of a file's beginning to tell it from another.
_HEAD_BYTES = 4096


class OpenFile(Protocol):
    """A file that is read by a partition, whatever is in it.

    `offset` is the position in its content of what was not handed over, `skipping` says that this is within
    a line that was too long, and `mark` recognises the file: how much of it was looked at, with a digest.
    """

    @property
    def path(self) -> Path: ...
    @property
    def offset(self) -> int: ...
    @property
    def skipping(self) -> bool: ...
    @property
    def mark(self) -> tuple[int, str]: ...
    @property
    def behind(self) -> int: ...
    def read(self, size: int, *, growing: bool = False, waited: bool = False) -> list[Run] | None: ...
    def finish(self) -> list[Run]: ...
    def check_in_place(self) -> None: ...
    def lies_at(self, path: Path) -> bool: ...
    def close(self) -> None: ...


class LineFile:
    """The lines of one file; offsets count bytes of content, decompressed."""

    def __init__(self, path: Path, max_line_bytes: int) -> None:
        """Stand at the beginning; raises OSError when the file cannot be opened."""
        self.path = path
        self._max_line_bytes = max_line_bytes
        self._stream = ByteStream(path)
        self._cutter = LineCutter(max_line_bytes)
        self._head = b""

    def return_to(self, offset: int, mark: tuple[int, str], *, skipping: bool) -> None:
        """Go to where this file was left; raises BrokenFileError when it is not that file."""
        with closing(ByteStream(self.path)) as beginning:
            self._head = beginning.read(_HEAD_BYTES)
        known = self._head[: mark[0]]
        if len(known) == mark[0] and digest(known) != mark[1]:
            raise begins_differently(self.path, f"byte {offset}")
        self._stream.skip_to(offset)
        self._cutter = LineCutter(self._max_line_bytes, offset, skipping=skipping)

    @property
    def offset(self) -> int:
        """The position of the first byte that was not handed over."""
        return self._cutter.offset

    @property
    def skipping(self) -> bool:
        """Whether that is within a line that was too long."""
        return self._cutter.skipping

    @property
    def mark(self) -> tuple[int, str]:
        """What recognises the file: so many bytes of its beginning, and their digest.

        It may then be moved, copied or compressed, but not replaced.
        """
        head = self._head[: self.offset]
        return len(head), digest(head)

    @property
    def behind(self) -> int:
        """How many bytes of the file were not read yet, as compressed as they lie there."""
        return self._stream.behind

    def read(self, size: int, *, growing: bool = False, waited: bool = False) -> list[Run] | None:
        """Give the lines that up to `size` more bytes complete, None when there are no more bytes now.

        Nothing may come although there is more (within a long line). `waited` says that there was none
        the last time: the file is then looked at whether it only grew.
        """
        chunk = self._stream.read(size, growing=growing)
        if not chunk:
            return None
        if waited:
            # Of whole lines alone: a writer that comes back after a crash makes blank what it had torn.
            self._stream.check_beginning(self._head[: self.offset])
        start = self._stream.offset - len(chunk)
        if start <= len(self._head) < _HEAD_BYTES:
            self._head += chunk[len(self._head) - start : _HEAD_BYTES - start]
        return self._cutter.feed(chunk)

    def finish(self) -> list[Run]:
        """Leave a file that will not grow; its torn last line is handed over, for the codec to judge."""
        self._stream.check_whole()
        self.close()
        return self._cutter.end()

    def check_in_place(self) -> None:
        """Raise BrokenFileError when the open file was truncated or another lies at its path now."""
        self._stream.check_in_place()

    def lies_at(self, path: Path) -> bool:
        """Whether the open file is the one at `path`."""
        return self._stream.lies_at(path)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def digest(head: bytes) -> str:
    """Give what bytes are recognised by."""
    return blake2b(head, digest_size=16).hexdigest()


def begins_differently(path: Path, reached: str) -> BrokenFileError:
    """Say that another file lies where one was read up to a place."""
    return BrokenFileError(
        f"{path} is not the file that was read up to {reached}: it begins differently; "
        "put the old file back, or begin anew with an empty recovery folder"
    )
