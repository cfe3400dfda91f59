"""Messages as lines: one message one line, whatever its value holds."""

from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message

from connectors.errors import InputError
from connectors.kafka_marks import Marks


class Lines(NamedTuple):
    """Lines with the offset of each one's message, and how many messages had no value."""

    data: bytes
    positions: Sequence[int]
    tombstones: int


def lines_of(messages: Sequence[Message], marks: Marks | None, max_line_bytes: int) -> Lines:
    """Make the messages' lines, with progress marks before them where they are wanted.

    A newline becomes a carriage return: between values JSON takes either for a blank, and within a string it
    refuses either. A longer value than `max_line_bytes` is cut to a byte more, for the codec to refuse.
    Raises InputError when marks are wanted of a topic that does not keep the broker's time.
    """
    values = [message.value() for message in messages]
    positions = [message.offset() or 0 for message in messages]
    whole = len(values)
    if None in values:
        kept = [place for place, value in enumerate(values) if value is not None]
        messages = [messages[place] for place in kept]
        positions = [positions[place] for place in kept]
        values = [values[place] for place in kept]
    tombstones = whole - len(values)
    lines = [value or b"" for value in values]
    if marks is not None and messages:
        lines, positions = _marked(lines, positions, messages, marks)
    if not lines:
        return Lines(b"", (), tombstones)
    if max(map(len, lines)) > max_line_bytes:
        lines = [line[: max_line_bytes + 1] for line in lines]
    data = b"\n".join(lines)
    if data.count(b"\n") >= len(lines):
        data = b"\n".join(line.replace(b"\n", b"\r") for line in lines)
    return Lines(data + b"\n", positions, tombstones)


def _marked(
    lines: list[bytes], positions: list[int], messages: Sequence[Message], marks: Marks
) -> tuple[list[bytes], list[int]]:
    marked, places = [], []
    for line, position, message in zip(lines, positions, messages, strict=True):
        kind, appended_ms = message.timestamp()
        if kind != TIMESTAMP_LOG_APPEND_TIME:
            raise InputError(
                f"the topic {message.topic()} keeps its producers' times, by which nobody knows how far the "
                "log has come: set message.timestamp.type=LogAppendTime for it, or take `marks` out of the "
                "profile"
            )
        mark = marks.before(appended_ms)
        if mark:
            marked.append(mark)
            places.append(position)
        marked.append(line)
        places.append(position)
    return marked, places
