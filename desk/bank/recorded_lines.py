"""Recorded files read on from where they were left: lines of plain text, gzip or zstandard."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

import msgspec
import zstandard

_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 4096
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")


class Mark(NamedTuple):
    """How far a file was read: `size` of the file then, `offset` in its content, and how it begins."""

    size: int = 0
    offset: int = 0
    head: bytes = b""


def recorded_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files at some paths: each file, and of a folder those that end like recorded lines."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.name.endswith(_ENDINGS))
        else:
            yield path


def unchanged(path: Path, mark: Mark) -> bool:
    """Tell whether a file is as long as when it was read."""
    return path.stat().st_size == mark.size


def goes_on(path: Path, mark: Mark) -> bool:
    """Tell whether a file still begins as it did, so that what was read of it holds."""
    return path.stat().st_size >= mark.size and _head(path).startswith(mark.head)


def read_on(path: Path, mark: Mark) -> Iterator[tuple[list[bytes], Mark]]:
    """Give the lines behind a mark in batches, each with the mark behind it; half of a line waits.

    Compressed files are decompressed from their beginning, as they can be read no other way; what their
    writer has not finished may wait as well. Raises OSError and, for what is damaged, ValueError.
    """
    size, head = path.stat().st_size, _head(path)
    offset, rest = mark.offset, b""
    with _opened(path) as content:
        if offset:
            content.seek(offset)
        while block := _block(content, path):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            offset += sum(map(len, lines)) + len(lines)
            # Not before the end is the file known to be read as it was then: no size stands for that.
            yield lines, Mark(-1, offset, head)
    whole = [rest] if _is_whole(rest) else []
    yield whole, Mark(size, offset + sum(map(len, whole)), head)


def _is_whole(line: bytes) -> bool:
    """Tell whether a last line needs no newline any more."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    head = _head(path)
    if head.startswith(_GZIP):
        with gzip.open(path, "rb") as content:
            yield cast("IO[bytes]", content)
    elif head.startswith(_ZSTD):
        with (
            path.open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as content,
        ):
            yield cast("IO[bytes]", content)
    else:
        with path.open("rb") as content:
            yield content


def _block(content: IO[bytes], path: Path) -> bytes:
    try:
        return content.read(_BLOCK_BYTES)
    except EOFError:  # gzip: its writer has not ended the member yet
        return b""
    except (zstandard.ZstdError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
