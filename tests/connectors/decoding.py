"""What the codec's tests share: bounds, and lines put through the codec."""

from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from domain.events import Event
from domain.rejections import Rejected
from tests.connectors.hostile import AHEAD_MS, EARLIEST_MS, LATEST_MS, MAX_LINE_BYTES

BOUNDS = TimeBounds(EARLIEST_MS, LATEST_MS, AHEAD_MS)


def decoded(data: bytes, offset: int = 1, codec: Codec | None = None) -> tuple[list[Event], list[Rejected]]:
    """Decode a block; not at the beginning of its partition, where more is forgiven."""
    return (codec or Codec(BOUNDS, MAX_LINE_BYTES)).decode(Block("p", offset, data))


def judged(raw: bytes) -> Event | Rejected:
    """Give what becomes of one line."""
    events, rejected = decoded(raw + b"\n")
    (found,) = [*events, *rejected]
    return found
