"""Refused lines as text: how a file and a screen show them, and how corrected ones go back into a stream."""

import os
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from connectors.errors import BrokenFileError, InputError
from connectors.streams import GZIP_MAGIC, ZSTD_MAGIC
from domain.rejections import Rejected


def dead_letter_record(rejected: Rejected) -> dict[str, Any]:
    """Give a refused line as one JSON object; bytes that are no UTF-8 stand in base64, as `raw_base64`."""
    return {
        "id": rejected.id,
        "partition": rejected.partition,
        "offset": rejected.offset,
        "reason": rejected.reason.value,
        "detail": rejected.detail,
        **text_or_base64("raw", rejected.raw),
    }


def append_missing_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Append those of `lines` that the file at `path` does not hold yet; gives their number.

    They are on disk when this returns. To do it again after a crash appends nothing twice. Whoever else
    writes to the file must append whole lines. Raises InputError for a compressed file, BrokenFileError
    when the last line has no end: another line must not be glued to it.
    """
    wanted = dict.fromkeys(lines)
    with path.open("rb") as stream:
        if stream.read(4).startswith((GZIP_MAGIC, ZSTD_MAGIC)):
            raise InputError(f"{path} is compressed; lines can only be added to a plain file")
        stream.seek(0)
        line = b"\n"
        for line in stream:
            wanted.pop(line.rstrip(b"\r\n"), None)
    if not line.endswith(b"\n"):
        raise BrokenFileError(
            f"the last line of {path} has no end: is it still being written? "
            "Try again later, or end it with a newline"
        )
    if wanted:
        with path.open("ab", buffering=0) as stream:
            # One write, so that no other writer's line can come between.
            stream.write(b"".join(line + b"\n" for line in wanted))
            os.fsync(stream.fileno())
    return len(wanted)


def text_or_base64(name: str, raw: bytes) -> dict[str, str]:
    """Give bytes as a field of JSON: their text, or in base64 under another name when they are no UTF-8."""
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(raw).decode("ascii")}
