"""Source: recorded or growing files of lines, and Parquet, resumable."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.blocks import Block
from connectors.errors import InputError
from connectors.file_reading import PartitionReader, Position
from connectors.lines import MAX_LINE_BYTES
from connectors.stopping import StopSign
from observability.metrics import Metrics

log = logging.getLogger(__name__)

# Measured, 246-byte lines read and decoded: 1.3 to 1.5 us each up to this size, 2.1 us from 1 MiB on.
BLOCK_BYTES = 256 * 1024
# How soon a followed file is asked again: within what an analyst notices, and next to no work.
_POLL = timedelta(milliseconds=50)
# How often it is counted how much is left to read, which looks through a folder.
_COUNT_EVERY_S = 1.0

_State = tuple[Any, ...]


class FileSource(FixedPartitionedSource[Block, _State]):
    """Lines of plain, gzip or zstandard files, and rows of Parquet as lines, as blocks of raw bytes.

    Unit of parallelism: a partition, which is a file or a folder whose files, and those of folders in it,
    follow one another in name order; one worker reads it. New partitions are found at a restart, new files
    of a folder at once. Positions count bytes, those of Parquet rows.

    Guarantee: every line once in each committed epoch, in order; after a crash from the last committed
    position on.

    Bad input: bytes are not judged here. A torn last line is completed and handed over, except where the
    file is followed and may grow; a line of more than `max_line_bytes` is handed over cut (see
    LineCutter). Damaged compression, and a file that was truncated, replaced or renamed while followed or
    since it was left, raise BrokenFileError: what was in it cannot be known.

    Resumed: the file's name, the position in its content (decompressed; compressed files are read forward
    to it) and a digest of its beginning, or of a Parquet file's footer. A partition that does not follow
    ends with an empty block marked `last`, in every run.
    """

    def __init__(
        self,
        partitions: Mapping[str, Path],
        *,
        follow: bool = False,
        stop: StopSign | None = None,
        known: Iterable[str] = (),
        block_bytes: int = BLOCK_BYTES,
        max_line_bytes: int = MAX_LINE_BYTES,
        metrics: Metrics | None = None,
    ) -> None:
        """Read `partitions` (name to file or folder), to their ends or, with `follow`, for ever.

        `known` names the partitions that a recovery store still holds a position of: those that are no
        longer given stay listed, or the engine could not resume, and end at once with a warning. Raises
        InputError naming every path that is missing, or for a size that cannot work.
        """
        _check_present(partitions.values())
        if not 0 < block_bytes <= max_line_bytes:
            raise InputError(
                f"block_bytes is {block_bytes}; it must be 1 to max_line_bytes, which is {max_line_bytes}"
            )
        self._partitions = dict(partitions)
        self._follow = follow
        self._stop = stop or StopSign()
        self._known = frozenset(known)
        self._block_bytes = block_bytes
        self._max_line_bytes = max_line_bytes
        self._metrics = metrics or Metrics()

    def list_parts(self) -> list[str]:
        return sorted(self._known | set(self._partitions))

    def build_part(
        self, step_id: str, for_part: str, resume_state: _State | None
    ) -> StatefulSourcePartition[Block, _State]:
        path = self._partitions.get(for_part)
        if path is None:
            return _Vanished(for_part, resume_state)
        reader = PartitionReader(
            for_part,
            path,
            follow=self._follow,
            block_bytes=self._block_bytes,
            max_line_bytes=self._max_line_bytes,
            position=None if resume_state is None else Position.of(resume_state),
        )
        return _FilePartition(for_part, reader, self._stop, self._metrics)


class _FilePartition(StatefulSourcePartition[Block, _State]):
    def __init__(self, name: str, reader: PartitionReader, stop: StopSign, metrics: Metrics) -> None:
        self._name = name
        self._reader = reader
        self._stop = stop
        self._lag = metrics.lag_bytes.labels(name)
        self._lag.set(reader.behind())
        self._count_at = 0.0
        self._metrics = metrics
        self._saved_at: float | None = None
        self._ended = False

    def next_batch(self) -> list[Block]:
        if self._ended or self._stop.asked:
            raise StopIteration
        if self._saved_at is not None:
            self._metrics.standstill.observe(time.monotonic() - self._saved_at)
            self._saved_at = None
        blocks = self._reader.read()
        if blocks is None:
            self._ended = True
            self._lag.set(0)
            return [Block(self._name, self._reader.offset, b"", last=True)]
        if time.monotonic() >= self._count_at:
            self._lag.set(self._reader.behind())
            self._count_at = time.monotonic() + _COUNT_EVERY_S
        return blocks

    def next_awake(self) -> datetime | None:
        # The engine sleeps by the machine's clock; no event's time comes from it.
        return datetime.now(UTC) + _POLL if self._reader.idle else None  # noqa: TID251

    def snapshot(self) -> _State:
        # The engine does not ask for more before all that belongs to the epoch is committed.
        self._saved_at = None if self._reader.idle else time.monotonic()
        return tuple(self._reader.position)

    def close(self) -> None:
        self._reader.close()


class _Vanished(StatefulSourcePartition[Block, _State]):
    """A partition that the recovery store knows and nobody gives any more; its position is kept."""

    def __init__(self, name: str, state: _State | None) -> None:
        log.warning("partition %s is in the recovery store, but not among the input; nothing is read", name)
        self._state = state or tuple(Position())
        self._blocks = [Block(name, 0, b"", last=True)]

    def next_batch(self) -> list[Block]:
        if not self._blocks:
            raise StopIteration
        return [self._blocks.pop()]

    def snapshot(self) -> _State:
        return self._state


def read_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Read a file or a folder of files to its end, without an engine; the partition is the path's name.

    Raises BrokenFileError for damaged compression, OSError when a file cannot be read.
    """
    reader = PartitionReader(
        path.name,
        path,
        follow=False,
        block_bytes=block_bytes,
        max_line_bytes=max(block_bytes, MAX_LINE_BYTES),
    )
    try:
        while (blocks := reader.read()) is not None:
            yield from blocks
    finally:
        reader.close()


def name_partitions(paths: Sequence[Path]) -> dict[str, Path]:
    """Name each path so that the name stays when the folder around them is moved.

    A name is the shortest end of the path that no other path has: `today.jsonl`, or `east/today.jsonl`
    beside `west/today.jsonl`. Raises InputError naming all that are missing or given twice, or when there
    are none.
    """
    _check_present(paths)
    if not paths:
        raise InputError("no input; give at least one file or folder")
    twice = sorted({str(path) for path in paths if sum(path.samefile(other) for other in paths) > 1})
    if twice:
        raise InputError(f"the same input is given twice: {', '.join(twice)}; give each once")
    tails = [_parts(path) for path in paths]
    return {"/".join(_own_end(parts, tails)): path for parts, path in zip(tails, paths, strict=True)}


def _check_present(paths: Iterable[Path]) -> None:
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise InputError(f"no such file or folder: {', '.join(missing)}")


def _parts(path: Path) -> tuple[str, ...]:
    """Give a path's parts from the root on, without following a link that the last one may be."""
    return (path.resolve() if ".." in path.parts else path.absolute()).parts


def _own_end(parts: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    for length in range(1, len(parts)):
        end = parts[-length:]
        if sum(other[-length:] == end for other in others) == 1:
            return end
    return parts
