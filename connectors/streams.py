"""Files as runs of bytes: plain, gzip or zstandard, told apart by their first bytes, never by their name."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO, RawIOBase
from pathlib import Path
from typing import IO, Protocol, cast

import zstandard

from connectors.errors import BrokenFileError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# RFC 8878, 3.1.2: a frame to be skipped starts with one of sixteen numbers; parallel compressors write them.
ZSTD_SKIPPABLE = tuple(bytes((low,)) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))
COMPRESSED_SUFFIXES = (".gz", ".zst")
FOLLOW_ADVICE = "follow a folder whose files keep their names and come in the order of their names"

# Compressed bytes go in by so little that the worst frame gives 32 MiB (measured: 32 KiB a byte).
_PIECE_BYTES = 1024
_SKIP_BYTES = 1 << 20
_GATHERED_BYTES = 1 << 18
_ZSTD_LEVEL = 3
_GZIP_LEVEL = 6


class _Frame(Protocol):
    """What zlib's and zstandard's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class ByteStream:
    """The content of one file in order; may be asked again once the file has grown.

    Gzip members and zstandard frames may follow one another; `offset` counts bytes of content
    (decompressed), the only position that outlives a compression of the file.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`; raises OSError when that fails."""
        self.path = path
        self.offset = 0
        self._file = FileIO(path)
        self._start: Callable[[], _Frame] | None = None
        self._known_kind = False
        self._frame: _Frame | None = None
        self._raw = b""  # read from the file, not yet decompressed
        self._ready = b""  # decompressed, not yet handed out from `_used` on
        self._used = 0

    def read(self, size: int, *, growing: bool = False) -> bytes:
        """Give up to `size` bytes, and none when there are no more now.

        While the file is `growing`, first bytes that are too few to tell its kind wait for more. Raises
        BrokenFileError when compressed data are damaged.
        """
        if not self._known_kind and not self._learn_kind(growing):
            return b""
        found = self._file.read(size) if self._start is None else self._inflate(size, self._start)
        self.offset += len(found)
        return found

    def skip_to(self, offset: int) -> None:
        """Go forward to `offset`; raises BrokenFileError when the content is shorter than that."""
        if offset == 0:
            return
        self._learn_kind(growing=False)
        if self._start is None:
            self.offset = min(offset, os.fstat(self._file.fileno()).st_size)
            self._file.seek(self.offset)
        while self.offset < offset and self.read(min(_SKIP_BYTES, offset - self.offset)):
            pass
        if self.offset < offset:
            raise BrokenFileError(
                f"{self.path} holds {self.offset} bytes, but {offset} of it were read before: it was "
                "truncated or replaced; put the old file back, or begin anew with an empty recovery folder"
            )

    def check_whole(self) -> None:
        """Raise BrokenFileError when the compressed data stop in the middle."""
        if self._frame is not None:
            raise BrokenFileError(
                f"{self.path} is cut short: its compressed data stop in the middle, behind byte "
                f"{self.offset} of the content; fetch the file again"
            )

    def check_in_place(self) -> None:
        """Raise BrokenFileError when the open file was truncated or another lies at its path now."""
        own = os.fstat(self._file.fileno())
        if own.st_size < self._file.tell():
            raise BrokenFileError(
                f"{self.path} was truncated while it was followed; let its writer begin a new file instead"
            )
        if self.path.exists() and not self.lies_at(self.path):
            raise BrokenFileError(f"{self.path} was replaced while it was followed; {FOLLOW_ADVICE}")

    def check_beginning(self, head: bytes) -> None:
        """Raise BrokenFileError when the file no longer begins with `head`.

        One that was truncated and has grown again beyond what was read looks like one that only grew.
        """
        if self._start is None and os.pread(self._file.fileno(), len(head), 0) != head:
            raise BrokenFileError(
                f"{self.path} was truncated and written anew while it was followed; {FOLLOW_ADVICE}"
            )

    @property
    def behind(self) -> int:
        """How many bytes of the file were not read yet, as compressed as they lie there."""
        return max(0, os.fstat(self._file.fileno()).st_size - self._file.tell())

    def lies_at(self, path: Path) -> bool:
        """Whether the open file is the one at `path`."""
        return path.exists() and os.path.samestat(path.stat(), os.fstat(self._file.fileno()))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _learn_kind(self, growing: bool) -> bool:
        """Tell the kind from the first bytes, without moving; False while there may come more of them."""
        head = os.pread(self._file.fileno(), 4, 0)
        if head.startswith(GZIP_MAGIC):
            # 16 + 15: a gzip header and the largest window.
            self._start = cast("Callable[[], _Frame]", lambda: zlib.decompressobj(wbits=31))
        elif head.startswith((ZSTD_MAGIC, *ZSTD_SKIPPABLE)):
            self._start = cast("Callable[[], _Frame]", zstandard.ZstdDecompressor().decompressobj)
        elif growing and any(magic.startswith(head) for magic in (GZIP_MAGIC, ZSTD_MAGIC, *ZSTD_SKIPPABLE)):
            return False
        self._known_kind = True
        return True

    def _inflate(self, size: int, start: Callable[[], _Frame]) -> bytes:
        parts = []
        room = size
        while room and (self._used < len(self._ready) or self._refill(start)):
            part = self._ready[self._used : self._used + room]
            self._used += len(part)
            room -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _refill(self, start: Callable[[], _Frame]) -> bool:
        """Decompress the next piece that gives anything; False when the file has no more now."""
        self._ready, self._used = b"", 0
        while not self._ready:
            self._raw = self._raw or self._file.read(_PIECE_BYTES)
            if not self._raw:
                return False
            if self._frame is None:
                # The gzip format lets zeros fill up a tape block behind the last member.
                self._raw = self._raw.lstrip(b"\0")
                if not self._raw:
                    continue
            frame = self._frame or start()
            try:
                self._ready = frame.decompress(self._raw)
            except (zlib.error, zstandard.ZstdError) as error:
                raise BrokenFileError(
                    f"{self.path} is damaged behind byte {self.offset} of the content ({error}); "
                    "fetch the file again"
                ) from error
            self._raw = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return True


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file whole or not at all, compressed as its name's ending says (.gz, .zst).

    It appears under its name when the block ends well; when it fails, what lay there before stays. Equal
    content gives equal bytes.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as raw:
            with _compressing(path, raw) as out:
                yield out
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _compressing(path: Path, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        packing: object = gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0)
    elif path.suffix == ".zst":
        packing = zstandard.ZstdCompressor(_ZSTD_LEVEL).stream_writer(raw, closefd=False)
    else:
        yield raw
        return
    # Lines are gathered: a compressor called for each would take most of the time.
    with BufferedWriter(cast("RawIOBase", packing), _GATHERED_BYTES) as out:
        yield out
