"""Bytes cut into runs of complete lines, with the position of each run."""

from typing import NamedTuple

# Far above any event; a line without an end must not fill the memory.
MAX_LINE_BYTES = 1 << 20


class Run(NamedTuple):
    """Complete lines, each with its newline; `offset` is where the first one began.

    Offsets count bytes, or lines where `counted` says how many of them there are.
    """

    offset: int
    data: bytes
    counted: int | None = None


class LineCutter:
    """Cuts chunks into complete lines and keeps the torn one until its rest comes.

    A line of more than `max_line_bytes` is handed over alone as its first `max_line_bytes + 1` bytes and a
    newline, so that whoever judges it finds it too long; what follows up to its newline is skipped. How
    lines are grouped into runs depends on the chunks; the lines and their positions never do, as long as
    no chunk is longer than `max_line_bytes`.
    """

    def __init__(self, max_line_bytes: int, offset: int = 0, *, skipping: bool = False) -> None:
        """Begin at `offset`; `skipping` says that this is within a line that was handed over cut."""
        self.offset = offset
        self.skipping = skipping
        self._max_line_bytes = max_line_bytes
        self._torn = b""

    def feed(self, chunk: bytes) -> list[Run]:
        """Give the lines that `chunk`, which follows the chunk before, completes: none to two runs."""
        runs = []
        if self.skipping:
            chunk = self._skip(chunk)
        first_end = chunk.find(b"\n")
        first_bytes = len(self._torn) + (len(chunk) if first_end < 0 else first_end)
        if first_bytes > self._max_line_bytes:
            head = self._torn + chunk[: self._max_line_bytes + 1 - len(self._torn)]
            runs.append(Run(self.offset, head + b"\n"))
            self.offset += len(self._torn)
            self._torn = b""
            chunk = self._skip(chunk)
        end = chunk.rfind(b"\n") + 1
        if end:
            data = self._torn + chunk[:end]
            runs.append(Run(self.offset, data))
            self.offset += len(data)
            self._torn = chunk[end:]
        else:
            self._torn += chunk
        return runs

    def end(self) -> list[Run]:
        """Give the torn line, completed by a newline, as no rest will come."""
        runs = [Run(self.offset, self._torn + b"\n")] if self._torn else []
        self.offset += len(self._torn)
        self._torn = b""
        return runs

    def _skip(self, chunk: bytes) -> bytes:
        """Drop the rest of a line that was handed over cut; give what follows its newline."""
        end = chunk.find(b"\n") + 1
        self.skipping = not end
        dropped = end or len(chunk)
        self.offset += dropped
        return chunk[dropped:]
