"""Whether this machine's clock can be believed: the desk's deadlines and the age of everything hang on it."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from connectors.folder_listing import files_of
from connectors.pulse import steady_ms
from connectors.streams import COMPRESSED_SUFFIXES
from domain.instants import iso, to_ms
from flows.findings import Finding, warning

# Machines that are kept in step differ by milliseconds; more than this is nobody's rounding.
_APART_MS = 60_000
# The clock may run unevenly by this much while it is watched.
_UNEVEN_MS = 1_000
_TAIL_BYTES = 1 << 16


class _At(msgspec.Struct):
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class ClockCheck:
    """Watches a clock from its making on.

    All that it finds are warnings: detection goes by the time of events alone, and must not stop for a clock
    that only deadlines and ages at the desk hang on.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        """Begin to watch `clock`, which gives milliseconds since 1970."""
        self._clock = clock
        self._began = clock(), steady_ms()

    def findings(
        self, *, store_ms: int | None, events: dict[str, int], written: Sequence[Path]
    ) -> Iterator[Finding]:
        """Compare it: with the store's as it was asked for, the newest events by where they are, and files.

        `written` are files that an earlier run wrote.
        """
        now_ms, steady = self._clock(), steady_ms()
        moved_ms = (now_ms - self._began[0]) - (steady - self._began[1])
        if abs(moved_ms) > _UNEVEN_MS:
            yield warning(
                f"this machine's clock was moved by {moved_ms / 1000:+.0f} s just now; let it become steady"
            )
        if store_ms is not None and not self._began[0] - _APART_MS <= store_ms <= now_ms + _APART_MS:
            yield warning(
                f"this machine's clock says {iso(now_ms)} and the store's {iso(store_ms)}; keep them in step "
                "(NTP)"
            )
        for where, event_ms in events.items():
            # One device with a clock of its own is enough for this.
            if event_ms > now_ms + _APART_MS:
                yield warning(
                    f"this machine's clock says {iso(now_ms)} and the newest event in {where} is of "
                    f"{iso(event_ms)}: one of them is wrong"
                )
        for path in written:
            changed_ms = path.stat().st_mtime_ns // 1_000_000
            if changed_ms > now_ms + _APART_MS:
                yield warning(
                    f"this machine's clock says {iso(now_ms)}, and {path} was written at {iso(changed_ms)}: "
                    "the clock has gone back; set it (NTP)"
                )
                return


def newest_event_ms(path: Path) -> int | None:
    """Give the time of the last event in a file or folder, None where it cannot be read off its end."""
    path = next(reversed(files_of(path).values()), path)
    if not path.is_file() or path.suffix in COMPRESSED_SUFFIXES:
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            return to_ms(msgspec.json.decode(line, type=_At).at)
        except msgspec.MsgspecError:
            continue
    return None
