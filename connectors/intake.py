"""Lines from senders: each is judged by the codec, and the good ones are on disk before anybody is told."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import NamedTuple

from connectors.blocks import Block
from connectors.codec import Codec
from connectors.folder_writer import FolderWriter
from observability.beside import ListenerMetrics

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LOOK_AGAIN_S = 1.0


class Refusal(NamedTuple):
    """Why a line, counted from 1, was not taken; `detail` holds no card number."""

    line: int
    reason: str
    detail: str


class Judged(NamedTuple):
    """Lines without their newlines that are events, and what was wrong with the others."""

    good: list[bytes]
    refused: list[Refusal]


class Room:
    """Says whether more can be taken: the disk has room, and the flow that follows keeps up.

    It looks at most once a second.
    """

    def __init__(
        self,
        folder: Path,
        *,
        least_free_bytes: int,
        behind: Callable[[], int | None] = lambda: None,
        most_behind_bytes: int | None = None,
    ) -> None:
        """Keep `least_free_bytes` of the folder's disk free; `behind` gives what the flow has yet to read.

        It gives None where that is not known, and then holds nobody up.
        """
        self.behind = behind
        self._folder = folder
        self._least_free_bytes = least_free_bytes
        self._most_behind_bytes = most_behind_bytes
        self._lacking = ""
        self._looked_s = float("-inf")
        self._turn = Lock()

    def lacking(self) -> str:
        """Say why nothing more can be taken now, "" when it can."""
        with self._turn:
            if monotonic() - self._looked_s >= _LOOK_AGAIN_S:
                self._lacking = self._look()
                self._looked_s = monotonic()
            return self._lacking

    def _look(self) -> str:
        free = shutil.disk_usage(self._folder).free
        if free < self._least_free_bytes:
            return f"the disk has {free:,} bytes left, and {self._least_free_bytes:,} are to stay free"
        behind = None if self._most_behind_bytes is None else self.behind()
        if behind is not None and self._most_behind_bytes is not None and behind > self._most_behind_bytes:
            return f"{behind:,} bytes are not read yet, and {self._most_behind_bytes:,} may wait"
        return ""


class Intake:
    """Judges lines as the flow's codec will, and keeps the good ones in the folder that it follows.

    Threads may call at once. `taken` and `refused` count the lines since the start.
    """

    def __init__(
        self, writer: FolderWriter, codec: Codec, room: Room, metrics: ListenerMetrics | None = None
    ) -> None:
        """Take lines that `codec` takes, as long as there is `room`, into the folder of `writer`."""
        self.room = room
        self.metrics = metrics or ListenerMetrics()
        self.taken = 0
        self.refused = 0
        self._writer = writer
        self._codec = codec
        self._turn = Lock()

    def judge(self, data: bytes) -> Judged:
        """Tell events from other lines; the last line may lack its newline, a byte order mark is skipped."""
        data = data.removeprefix(_BYTE_ORDER_MARK)
        if not data:
            return Judged([], [])
        if not data.endswith(b"\n"):
            data += b"\n"
        with self._turn:
            # Not at 0: a byte order mark would be believed there, and the line lands in the midst of a file.
            offset = 1
            _, rejected = self._codec.decode(Block("", offset, data))
            self.refused += len(rejected)
        self.metrics.received_bytes.inc(len(data))
        self.metrics.refused.inc(len(rejected))
        lines = data[:-1].split(b"\n")
        if not rejected:
            return Judged(lines, [])
        faults = {each.offset: each for each in rejected}
        judged = Judged([], [])
        for number, line in enumerate(lines, 1):
            fault = faults.get(offset)
            if fault is None:
                judged.good.append(line)
            else:
                judged.refused.append(Refusal(number, fault.reason.value, fault.detail))
            offset += len(line) + 1
        return judged

    def keep(self, lines: list[bytes]) -> None:
        """Put lines that were judged good on disk; raises OSError when that fails: they are not taken."""
        self._writer.append(lines)
        with self._turn:
            self.taken += len(lines)
        self.metrics.accepted.inc(len(lines))
