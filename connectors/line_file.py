"""Sinks into one file of JSON lines, each line exactly once."""

import os
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import orjson
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.errors import BrokenFileError, InputError
from connectors.streams import COMPRESSED_SUFFIXES

X = TypeVar("X")
_State = tuple[int, int]
_STATE_VERSION = 1


class LineFileSink(FixedPartitionedSink[X, _State]):
    """Items, from pairs (key, item), as lines of one file in the order they come.

    Unit of parallelism: none; there is one file, written by one worker.

    Guarantee: exactly once. When a flow resumes, the file is cut back to what was committed, so a reader
    that follows it may see the last lines vanish and come again; a run that resumes nothing starts the
    file anew.

    Resumed: the length of the file, which is on disk before it is recorded.
    """

    # What the lines are, as the engine and messages call them.
    part: ClassVar[str]

    def __init__(self, path: Path, *, here: bool = True) -> None:
        """Write to `path`; with `here` False leave that to another process, which may be on another machine.

        Raises InputError when its folder does not exist, or for a name that promises compression: a
        compressed file cannot be cut back.
        """
        self._path = path
        self._here = here
        if not here:
            return
        if path.suffix in COMPRESSED_SUFFIXES:
            what = self.part.replace("_", " ")
            raise InputError(f"{path.name}: {what} are written as plain lines; leave {path.suffix} away")
        if not path.parent.is_dir():
            raise InputError(f"no folder {path.parent} to write {path.name} into; make it first")

    @abstractmethod
    def record(self, item: X) -> dict[str, Any]:
        """Give an item as the JSON object of its line."""

    def list_parts(self) -> list[str]:
        return [self.part] if self._here else []

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: _State | None
    ) -> StatefulSinkPartition[X, _State]:
        return _LineFilePartition(self._path, 0 if resume_state is None else resume_state[1], self.record)


class _LineFilePartition(StatefulSinkPartition[X, _State]):
    def __init__(self, path: Path, committed_bytes: int, record: Callable[[X], dict[str, Any]]) -> None:
        self._record = record
        self._file = path.open("ab")
        found_bytes = self._file.tell()
        if found_bytes < committed_bytes:
            self._file.close()
            raise BrokenFileError(
                f"{path} holds {found_bytes} bytes, but {committed_bytes} were committed: lines are missing; "
                "put the file back, or begin anew with an empty recovery folder"
            )
        self._file.truncate(committed_bytes)
        self._length = committed_bytes

    def write_batch(self, values: list[X]) -> None:
        lines = b"".join(
            orjson.dumps(self._record(value), option=orjson.OPT_APPEND_NEWLINE) for value in values
        )
        self._file.write(lines)
        self._file.flush()
        self._length += len(lines)

    def snapshot(self) -> _State:
        os.fsync(self._file.fileno())
        return _STATE_VERSION, self._length

    def close(self) -> None:
        self._file.close()
