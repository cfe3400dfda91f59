"""Bytes become events here, or what is wrong with them: the one place that trusts nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from connectors import scan
from connectors.blocks import Block
from connectors.faults import Fault, plainly
from connectors.grown_fields import unknown_field, without_field
from connectors.time_bounds import TimeBounds
from connectors.verdicts import Accepted, verdict
from domain.card_masking import mask
from domain.events import Event
from domain.rejections import Reason, Rejected

__all__ = ["Codec", "TimeBounds"]

# Measured: large enough for the fixed price of a look, small enough for the processor's cache.
_CHUNK_BYTES = 64 * 1024
# One bad line makes so much be decoded line by line, which costs more than twice as much.
_SMALL_CHUNK_BYTES = 16 * 1024
# Of a line that is too long only its beginning is kept; a number that the cut divides is masked before.
_KEPT_BYTES = 4096
_MARGIN_BYTES = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Each unknown field takes one more attempt.
_MOST_GROWN = 8
# Names of unknown fields come from outside: as many are told apart, the rest are counted together.
_TOLD_APART = 100
OTHER_FIELDS = "(other)"

_DECODER = msgspec.json.Decoder(Event)


class Codec:
    """Decodes blocks of lines, each line an event or a rejection, whatever the blocks are cut into.

    A byte order mark at the very beginning of a partition is no part of the first line. A blank line is
    no event. `unknown_fields` counts, by name, the fields of events that nothing here reads: an event that
    has grown a field is still an event.
    """

    def __init__(self, bounds: TimeBounds, max_line_bytes: int = 65_536) -> None:
        """Believe times within `bounds`, and lines of at most `max_line_bytes` without the newline."""
        if max_line_bytes < 1:
            raise ValueError(f"max_line_bytes is {max_line_bytes}; a line needs at least 1")
        self._bounds = bounds
        self._max_line_bytes = max_line_bytes
        self._scanner = scan.Scanner(_CHUNK_BYTES)
        self.unknown_fields: Counter[str] = Counter()

    def decode(self, block: Block) -> tuple[list[Event], list[Rejected]]:
        """Give the events and the rejections of a block, each in the order of their lines."""
        events: list[Event] = []
        rejected: list[Rejected] = []
        self._add(block, _CHUNK_BYTES, events, rejected)
        return events, _at_positions(rejected, block) if block.positions is not None else rejected

    def _add(self, block: Block, chunk_bytes: int, events: list[Event], rejected: list[Rejected]) -> None:
        """Decode a block in chunks, and a chunk in which something is wrong in smaller ones."""
        for start, chunk in _chunks(block.data, chunk_bytes):
            codes = self._scanner.codes_of(chunk)
            ends = self._scanner.line_ends(codes)
            whole = self._decode_all(chunk, codes, ends)
            offset = block.offset + start
            if whole is None and chunk_bytes > _SMALL_CHUNK_BYTES < len(chunk):
                self._add(Block(block.partition, offset, bytes(chunk)), _SMALL_CHUNK_BYTES, events, rejected)
                continue
            doubtful = self._scanner.lines_to_check(chunk, codes, ends, whole=whole is not None)
            if whole is not None and not doubtful:
                events += whole
                continue
            for line, found in self._decode_lines(bytes(chunk), whole, doubtful, at_beginning=offset == 0):
                if isinstance(found, Fault):
                    rejected.append(_rejection(block.partition, offset, line, found))
                else:
                    events.append(found)
                offset += len(line) + 1

    def _decode_all(self, chunk: memoryview, codes: scan.Codes, ends: scan.Places) -> list[Event] | None:
        """Decode a chunk in which nothing is wrong, apart from card numbers; None for any other."""
        if not len(ends) or not scan.one_object_a_line(codes, ends):
            return None
        if len(chunk) > self._max_line_bytes and scan.longest_line(ends) > self._max_line_bytes:
            return None
        events, grown = _decode_grown(chunk)
        if events is None or len(events) != len(ends) or not self._bounds.stamp(events):
            return None
        if grown:
            if self._scanner.lines_to_check(chunk, codes, ends, whole=True):
                return None  # judged one by one, where they are counted as well
            self._count(grown)
        return events

    def _decode_lines(
        self, chunk: bytes, whole: Sequence[Event] | None, doubtful: Collection[int], *, at_beginning: bool
    ) -> Iterator[tuple[bytes, Event | Fault]]:
        """Decode a chunk line by line; gives each line without its newline, and what it is."""
        grown = False
        for number, line in enumerate(chunk.removesuffix(b"\n").split(b"\n")):
            in_doubt = number in doubtful
            event = None
            if whole is not None:
                event = None if in_doubt else whole[number]
            elif not in_doubt and not grown:
                event = self._decode_plain(line)
            if event is not None:
                yield line, event
                continue
            marked = at_beginning and number == 0
            found = self._judge(line.removeprefix(_BYTE_ORDER_MARK) if marked else line, in_doubt)
            # Where a line has fields that are not known, the next one probably has them as well.
            grown = isinstance(found, Accepted) and bool(found.unknown_fields)
            yield line, found.event if isinstance(found, Accepted) else found

    def _decode_plain(self, line: bytes) -> Event | None:
        if len(line) > self._max_line_bytes:
            return None
        try:
            event: Event = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return event if self._bounds.stamp((event,)) else None

    def _judge(self, line: bytes, in_doubt: bool) -> Accepted | Fault:
        if len(line) > self._max_line_bytes:
            return Fault(
                Reason.TOO_LONG,
                f"the line has {len(line)} bytes or more, expected at most {self._max_line_bytes}; "
                f"its first {_KEPT_BYTES} are kept",
            )
        found = verdict(line, self._bounds, may_hold_number=in_doubt)
        if isinstance(found, Accepted):
            self._count(dict.fromkeys(found.unknown_fields, 1))
        return found

    def _count(self, grown: Mapping[str, int]) -> None:
        for name, count in grown.items():
            self.unknown_fields[self._told_apart(name)] += count

    def _told_apart(self, name: str) -> str:
        if name in self.unknown_fields:
            return name
        name = plainly(name)
        return name if name in self.unknown_fields or len(self.unknown_fields) < _TOLD_APART else OTHER_FIELDS


def _decode_grown(chunk: memoryview | bytes) -> tuple[list[Event] | None, dict[str, int]]:
    """Decode a chunk, without a few unknown fields if it has them; gives how often each was there."""
    grown: dict[str, int] = {}
    while True:
        try:
            return _DECODER.decode_lines(chunk), grown
        except msgspec.ValidationError as error:
            name = unknown_field(error)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None, grown
        left = without_field(bytes(chunk), name) if name is not None and len(grown) < _MOST_GROWN else None
        if name is None or left is None:
            return None, grown
        chunk, grown[name] = left


def _chunks(data: bytes, chunk_bytes: int) -> Iterator[tuple[int, memoryview]]:
    """Cut a block into chunks of whole lines without copying them, each with its place in the block."""
    view = memoryview(data)
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + chunk_bytes) + 1
        if not end:
            end = data.find(b"\n", start) + 1 or len(data)
        yield start, view[start:end]
        start = end


def _at_positions(rejected: Sequence[Rejected], block: Block) -> list[Rejected]:
    """Say of each rejected line where it is among the block's positions instead of its bytes."""
    positions = block.positions or ()
    lines = start = 0
    placed = []
    for letter in rejected:
        place = letter.offset - block.offset
        lines += block.data.count(b"\n", start, place)
        start = place
        placed.append(replace(letter, offset=positions[lines]))
    return placed


def _rejection(partition: str, offset: int, line: bytes, fault: Fault) -> Rejected:
    raw = (
        mask(line[: _KEPT_BYTES + _MARGIN_BYTES])[:_KEPT_BYTES]
        if fault.reason is Reason.TOO_LONG
        else mask(line)
    )
    return Rejected(partition=partition, offset=offset, reason=fault.reason, detail=fault.detail, raw=raw)
