"""Converters: what devices said, as it was recorded, as our telemetry lines.

A recorded message is a line of JSON: `at` (ISO 8601 with offset), `device`, and `message`; `sequence` and
`ingested_at` where they are known. A message of NDC is text, or `hex` in its place, and names its device
itself (its LUNO) where the line does not. A message of XFS4IoT is an object. The records of a device
monitor are lines of their own shape, which a mapping knows.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import orjson

from connectors.device_mapper import DeviceMapper
from connectors.device_reports import Received, Translator, most_common, safe_token
from connectors.errors import BadRowError
from connectors.files import read_blocks
from connectors.ndc import ndc_translator
from connectors.streams import writing
from connectors.xfs_json import xfs_translator
from devices.mapping import Mapping as DeviceMapping
from domain.telemetry import Telemetry

_MOST_SEQUENCE = 10**12 - 1
_encode = msgspec.json.Encoder().encode

M = TypeVar("M")
Line = Mapping[str, Any]


class Converted(NamedTuple):
    """How many messages gave how many events; `other` were about something else and gave none.

    `unknown` counts the events that no table knows, by the sender's own codes, the most frequent first.
    """

    messages: int
    events: int
    other: int
    unknown: int
    unknown_codes: dict[str, int]


def convert_ndc(recorded: Path, out: Path) -> Converted:
    """Write the events of recorded NDC messages to `out`.

    Names that end in .gz or .zst are compressed. Raises BadRowError naming file and line of the first line
    that is no recorded message; nothing is written then.
    """
    return _convert(recorded, out, ndc_translator(), lambda line: (_received(line), _bytes(line)))


def convert_xfs(recorded: Path, out: Path) -> Converted:
    """Write the events of recorded XFS4IoT messages to `out`, as `convert_ndc` does."""
    return _convert(
        recorded, out, xfs_translator(), lambda line: (_received(line, named=True), _object(line))
    )


def convert_vendor(recorded: Path, mapping: DeviceMapping, out: Path) -> Converted:
    """Write the events of a device monitor's records to `out`, as `convert_ndc` does."""
    mapper = DeviceMapper(mapping)
    return _convert(recorded, out, mapper.translator(), lambda line: (mapper.received(line), line))


def _convert(
    recorded: Path, out: Path, translator: Translator[M], read: Callable[[Line], tuple[Received, M]]
) -> Converted:
    with writing(out) as stream:
        for number, line in _lines(recorded):
            try:
                events = translator.events_of(*read(_json_object(line)))
            except BadRowError as error:
                raise BadRowError(f"{recorded}:{number}: {error}") from None
            stream.write(b"".join(map(_line, events)))
    return Converted(
        messages=translator.messages,
        events=translator.events,
        other=translator.other,
        unknown=translator.unknown.total(),
        unknown_codes=most_common(translator.unknown),
    )


def _line(event: Telemetry) -> bytes:
    return _encode(event) + b"\n"


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    for block in read_blocks(path):
        for line in block.data.split(b"\n")[:-1]:
            number += 1
            if line.strip():
                yield number, line


def _json_object(line: bytes) -> Line:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRowError(f"this is no JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise BadRowError("a line must be one object {...}")
    return found


def _received(line: Line, *, named: bool = False) -> Received:
    device = line.get("device")
    token = safe_token(device) if isinstance(device, str) else None
    if token is None and (named or device is not None):
        raise BadRowError("device must be a name of 1 to 64 characters that is no card number")
    sequence = line.get("sequence")
    if sequence is not None and not (type(sequence) is int and 0 <= sequence <= _MOST_SEQUENCE):
        raise BadRowError(f"sequence must be a whole number from 0 to {_MOST_SEQUENCE:,}")
    ingested = line.get("ingested_at")
    return Received(
        _time("at", line.get("at")),
        token,
        sequence,
        None if ingested is None else _time("ingested_at", ingested),
    )


def _time(name: str, value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadRowError(f"{name} must be ISO 8601 with an offset, such as 2026-03-01T09:30:00+08:00")


def _bytes(line: Line) -> bytes:
    text, digits = line.get("message"), line.get("hex")
    if isinstance(text, str) and digits is None:
        return text.encode("latin-1", "replace")
    try:
        if isinstance(digits, str) and text is None:
            return bytes.fromhex(digits)
    except ValueError:
        pass
    raise BadRowError("give the message as text in `message`, or its bytes as hexadecimal digits in `hex`")


def _object(line: Line) -> Line:
    found = line.get("message")
    if not isinstance(found, dict):
        raise BadRowError("message must be an object with a header and a payload")
    return found
