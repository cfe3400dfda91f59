"""Archive files: the rows of closed cases as JSON lines, compressed, named by what is in them.

The same rows give the same bytes and the same name, `cases-2026-03-0123456789ab.jsonl.zst`. A file is read
back and compared before anything relies on it.
"""

import io
import os
from collections.abc import Iterable, Iterator
from hashlib import file_digest, sha256
from pathlib import Path
from typing import NamedTuple

import orjson
import zstandard

from cases.errors import StoreError
from cases.retention.rows import Line, by_case, digest, read, written

# Raised when the shape of the lines changes; the older shapes must go on being read.
FORMAT = 1
_LEVEL = 9
_NAMED_DIGITS = 12


class Archived(NamedTuple):
    """A file of archived cases; `digests` are those of its families."""

    file: str
    month: str
    sha256: str
    lines: int
    digests: dict[str, str]


def write_archive(folder: Path, month: str, lines: Iterable[Line]) -> Archived:
    """Write an archive file, read it back, and give what is in it. Raises StoreError and OSError.

    It appears under its name only once it is whole and was found to be right.
    """
    part = folder / f"cases-{month}.part"
    content = sha256()
    digests: dict[str, str] = {}
    count = 0
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with part.open("wb") as out:
        with compressor.stream_writer(out, closefd=False) as packed:
            header = orjson.dumps({"archive": FORMAT, "month": month}) + b"\n"
            content.update(header)
            packed.write(header)
            for case, gathered in by_case(lines):
                digests[case] = digest(gathered)
                for raw in map(written, gathered):
                    content.update(raw)
                    packed.write(raw)
                    count += 1
        out.flush()
        os.fsync(out.fileno())
    name = f"cases-{month}-{content.hexdigest()[:_NAMED_DIGITS]}.jsonl.zst"
    if {case: digest(gathered) for case, gathered in by_case(read_archive(part))} != digests:
        raise StoreError(f"{part} does not hold what was written into it; check the disk, and archive again")
    part.replace(folder / name)
    return Archived(name, month, sha256_of(folder / name), count, digests)


def read_archive(path: Path) -> Iterator[Line]:
    """Give the lines of an archive file. Raises StoreError for a file that is none, and OSError."""
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as unpacked:
        lines = io.BufferedReader(unpacked)
        try:
            header = orjson.loads(lines.readline())
            if header.get("archive") != FORMAT:
                raise StoreError(f"{path} is an archive of form {header.get('archive')}, this reads {FORMAT}")
            yield from map(read, lines)
        except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
            raise StoreError(f"{path} is damaged: {error}; restore it from your backup") from error


def sha256_of(path: Path) -> str:
    """Give the checksum of a file's bytes."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check_archive(folder: Path, file: str, expected: str) -> Path:
    """Give the path of an archive file that is there and whole. Raises StoreError."""
    path = folder / file
    if not path.is_file():
        raise StoreError(f"there is no {file} in {folder}; give the folder that the archives are in")
    if sha256_of(path) != expected:
        raise StoreError(f"{path} is not what was archived; restore it from your backup")
    return path
