"""Messages cut out of a stream of bytes, where each has its length before it."""

from typing import Literal, NamedTuple

from connectors.errors import BadFrameError

# The length as bytes, the highest first, as digits, or as packed digits; it counts what follows it.
Framing = Literal["binary2", "binary4", "ascii4", "bcd2"]
_LENGTH_BYTES: dict[Framing, int] = {"binary2": 2, "binary4": 4, "ascii4": 4, "bcd2": 2}
# Above what any network sends.
MAX_MESSAGE_BYTES = 16 * 1024


class Frame(NamedTuple):
    """One message, and where its length began."""

    offset: int
    data: bytes


class FrameCutter:
    """Cuts a stream into messages; a length of 0 is a sign of life and no message."""

    def __init__(self, framing: Framing, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Begin at the first length; a message has at most `max_message_bytes`."""
        self.offset = 0
        self.heartbeats = 0
        self._framing = framing
        self._length_bytes = _LENGTH_BYTES[framing]
        self._max_message_bytes = max_message_bytes
        self._held = b""

    @property
    def torn_bytes(self) -> int:
        """How much is there of a message, or of its length, that has not ended."""
        return len(self._held)

    def feed(self, chunk: bytes) -> tuple[list[Frame], BadFrameError | None]:
        """Give the messages that `chunk` completes, and why nothing can follow where a length is wrong."""
        self._held += chunk
        frames = []
        at = 0
        fault = None
        while fault is None and len(self._held) - at >= self._length_bytes:
            length = self._length(self._held[at : at + self._length_bytes])
            if length is None or length > self._max_message_bytes:
                fault = self._fault(self.offset + at, length)
                break
            end = at + self._length_bytes + length
            if len(self._held) < end:
                break
            if length:
                frames.append(Frame(self.offset + at, self._held[at + self._length_bytes : end]))
            else:
                self.heartbeats += 1
            at = end
        self._held = self._held[at:]
        self.offset += at
        return frames, fault

    def _length(self, raw: bytes) -> int | None:
        if self._framing in ("binary2", "binary4"):
            return int.from_bytes(raw, "big")
        digits = raw.hex() if self._framing == "bcd2" else raw.decode("latin-1")
        return int(digits) if digits.isascii() and digits.isdigit() else None

    def _fault(self, offset: int, length: int | None) -> BadFrameError:
        said = "is not digits" if length is None else f"says {length} bytes"
        return BadFrameError(
            f"the length at byte {offset} {said}, expected {self._framing} up to {self._max_message_bytes}; "
            "nothing behind it can be read: is --framing right?"
        )


def frame(data: bytes, framing: Framing) -> bytes:
    """Put its length before a message. Raises BadFrameError for one that is too long for it."""
    length_bytes = _LENGTH_BYTES[framing]
    most = 256**length_bytes - 1 if framing in ("binary2", "binary4") else 9999
    if len(data) > most:
        raise BadFrameError(f"a message of {len(data)} bytes is too long for {framing}, at most {most}")
    if framing in ("binary2", "binary4"):
        return len(data).to_bytes(length_bytes, "big") + data
    digits = f"{len(data):04}"
    return (bytes.fromhex(digits) if framing == "bcd2" else digits.encode()) + data
