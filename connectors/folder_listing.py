"""Which files a path stands for, and in what order they are read."""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from connectors.streams import COMPRESSED_SUFFIXES

log = logging.getLogger(__name__)

# Names that writers use for what is not ready yet, or is no data (`_SUCCESS`, `_temporary/`, `_delta_log/`).
_UNREADY_SUFFIXES = (".tmp", ".part", ".draft", "~")
_HIDDEN_PREFIXES = (".", "_")
_DIGITS = re.compile(r"\d+")


def files_of(path: Path) -> dict[str, Path]:
    """Give the files of a path by name, in the order in which they are read.

    A file stands for itself. Of a folder, and of the folders within it, all files are given: their names are
    those from the folder on (`2026-09-17/part-0.jsonl`) without .gz and .zst, and of two such the
    uncompressed one counts. Order is that of the names, folder by folder, as text. Files and folders whose
    names begin with . or _, those that end in .tmp, .part, .draft or ~, and links to folders are passed over.
    """
    if not path.is_dir():
        return {_plain_name(path.name): path}
    found: dict[str, Path] = {}
    for name in sorted(_names(path, ""), reverse=True):
        found[_plain_name(name)] = path / name
    return dict(sorted(found.items(), key=lambda item: in_order(item[0])))


def in_order(name: str) -> list[str]:
    """Give what names of files are ordered by: a folder's files stay together."""
    return name.split("/")


def file_bytes(paths: Iterable[Path]) -> int:
    """Count the bytes of all files that paths stand for, as compressed as they lie there."""
    return sum(size_of(file) for path in paths for file in files_of(path).values())


def size_of(path: Path) -> int:
    """Give the size of a file, 0 where it is gone: compressed just now, under another name."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def tell_of_order(path: Path, names: Iterable[str]) -> None:
    """Warn where numbers in names are not padded, so that `part-10` comes before `part-2`."""
    as_read = sorted(names, key=in_order)
    as_counted = sorted(as_read, key=lambda name: in_order(_DIGITS.sub(_padded, name)))
    for read, counted in zip(as_read, as_counted, strict=True):
        if read != counted:
            log.warning(
                "files of %s are read in the order of their names as text, %s before %s; if they should come "
                "in the order of the numbers, write these with the same number of digits",
                path,
                read,
                counted,
            )
            return


def _names(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_HIDDEN_PREFIXES) or entry.name.endswith(_UNREADY_SUFFIXES):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _names(folder / entry.name, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield f"{prefix}{entry.name}"


def _plain_name(name: str) -> str:
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _padded(digits: re.Match[str]) -> str:
    return digits[0].zfill(20)
