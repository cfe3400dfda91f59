"""Recorded card messages as our transaction lines: each behind its length, or one a line in hexadecimal."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import msgspec
import orjson

from connectors.dead_letter_lines import dead_letter_record
from connectors.errors import BadRowError
from connectors.files import name_partitions, read_blocks
from connectors.iso8583_frames import FrameCutter, Framing
from connectors.iso8583_translator import CardTranslator
from connectors.streams import ByteStream, writing
from domain.events import Transaction
from domain.rejections import Reason, Rejected

# After so many further messages a request counts as not answered.
PATIENCE_MESSAGES = 10_000
# Events come out in the order of their times, as far as a wait for responses disturbed it.
_SORTED_EVENTS = 2 * PATIENCE_MESSAGES
_READ_BYTES = 1 << 18
_encode = msgspec.json.Encoder().encode

FileFraming = Framing | Literal["hex"]


class _Found(NamedTuple):
    """A message and where it lay, or what is wrong at that place."""

    offset: int
    received: datetime
    data: bytes | Rejected


def convert_iso8583(
    recorded: Sequence[Path],
    out: Path,
    translator: CardTranslator,
    *,
    framing: FileFraming,
    received: datetime | None = None,
    dead_letters: Path | None = None,
) -> dict[str, Any]:
    """Write the events of recorded messages to `out`; gives the translator's counts.

    `received` (with offset) gives the messages their year; without it the time at which their file was last
    written to. A line of a `hex` file may begin with a time of its own (ISO 8601 with offset) and a blank.
    The messages of all files are one stream: a response finds its request in an earlier file.

    Names that end in .gz or .zst are compressed. Messages that cannot be read go to `dead_letters`, as lines
    without their bytes; where there is no such file, the first raises BadRowError and nothing is written.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(writing(out))
        refused = stack.enter_context(writing(dead_letters)) if dead_letters else None
        held: list[tuple[datetime, str, bytes]] = []
        for number, (name, found) in enumerate(_messages(recorded, framing, received)):
            if isinstance(found.data, Rejected):
                _refuse(found.data, refused)
                continue
            told = translator.translate(found.data, found.received, number, name, found.offset)
            if told.rejected is not None:
                _refuse(told.rejected, refused)
            _hold(held, told.events)
            _write(held, stream, _SORTED_EVENTS)
        _hold(held, translator.rest())
        _write(held, stream, 0)
    return translator.counts()


def _messages(
    recorded: Sequence[Path], framing: FileFraming, received: datetime | None
) -> Iterator[tuple[str, _Found]]:
    for name, path in name_partitions(recorded).items():
        at = received or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        cut = _lines(name, path, at) if framing == "hex" else _frames(name, path, at, framing)
        for found in cut:
            yield name, found


def _frames(name: str, path: Path, received: datetime, framing: Framing) -> Iterator[_Found]:
    cutter = FrameCutter(framing)
    with closing(ByteStream(path)) as stream:
        while chunk := stream.read(_READ_BYTES):
            frames, fault = cutter.feed(chunk)
            for frame in frames:
                yield _Found(frame.offset, received, frame.data)
            if fault is not None:
                yield _Found(cutter.offset, received, _rejected(name, cutter.offset, str(fault)))
                return
        stream.check_whole()
    if cutter.torn_bytes:
        detail = f"the file ends within a message, of which there are {cutter.torn_bytes} bytes"
        yield _Found(cutter.offset, received, _rejected(name, cutter.offset, detail))


def _lines(name: str, path: Path, received: datetime) -> Iterator[_Found]:
    for block in read_blocks(path):
        offset = block.offset
        for line in block.data.split(b"\n")[:-1]:
            if line.strip():
                yield _of_line(name, offset, line, received)
            offset += len(line) + 1


def _of_line(name: str, offset: int, line: bytes, received: datetime) -> _Found:
    before, _, digits = line.decode("latin-1").strip().rpartition(" ")
    try:
        at = datetime.fromisoformat(before.strip()) if before.strip() else received
        if at.tzinfo is None:
            raise ValueError("a time without an offset")
        return _Found(offset, at, bytes.fromhex(digits))
    except (ValueError, OverflowError):
        detail = "the line is not hexadecimal digits, behind a time with offset or alone"
        return _Found(offset, received, _rejected(name, offset, detail))


def _rejected(name: str, offset: int, detail: str) -> Rejected:
    return Rejected(partition=name, offset=offset, reason=Reason.NOT_A_MESSAGE, detail=detail, raw=b"")


def _refuse(rejected: Rejected, refused: IO[bytes] | None) -> None:
    if refused is None:
        raise BadRowError(
            f"{rejected.partition}, byte {rejected.offset}: {rejected.detail}; "
            "name a file with --dead-letters to go on without such messages"
        )
    refused.write(orjson.dumps(dead_letter_record(rejected), option=orjson.OPT_APPEND_NEWLINE))


def _hold(held: list[tuple[datetime, str, bytes]], events: list[Transaction]) -> None:
    for event in events:
        heapq.heappush(held, (event.at, event.event_id, _encode(event) + b"\n"))


def _write(held: list[tuple[datetime, str, bytes]], stream: IO[bytes], kept: int) -> None:
    while len(held) > kept:
        stream.write(heapq.heappop(held)[2])
