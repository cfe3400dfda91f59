"""One partition of recorded lines: a file, or a folder whose files follow one another in name order."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

from connectors.blocks import Block
from connectors.errors import BrokenFileError, PositionTooNewError
from connectors.folder_listing import files_of, in_order, size_of, tell_of_order
from connectors.line_reading import LineFile, OpenFile
from connectors.lines import Run
from connectors.parquet_reading import RowFile, is_parquet
from connectors.streams import FOLLOW_ADVICE

log = logging.getLogger(__name__)

# Looking through a folder costs more than asking a file whether it grew.
_POLLS_FOR_EACH_LISTING = 10


class Position(NamedTuple):
    """Where a partition was left, as it lies in the recovery store: plain values with a version.

    `name` is the file's without .gz or .zst ("" before the first), with the folders within the partition's,
    `before` how much content the files before it held, `offset` the position within its content (bytes of
    lines, rows of Parquet), and `skipping` says that this is within a line that was too long. `head_bytes`
    and `head_digest` recognise the file by its beginning, or by what a Parquet file says of itself, so that
    it may be moved, copied or compressed, but not replaced.
    """

    version: int = 1
    name: str = ""
    before: int = 0
    offset: int = 0
    skipping: bool = False
    head_bytes: int = 0
    head_digest: str = ""

    @classmethod
    def of(cls, state: tuple[Any, ...]) -> "Position":
        """Give the position that was kept as `state`; raises PositionTooNewError for what it cannot read."""
        if state[0] != 1:
            raise PositionTooNewError(
                f"the recovery store holds a position of version {state[0]}, this riskdesk reads version 1; "
                "go on with the newer riskdesk, or begin anew with an empty recovery folder"
            )
        return cls(*state)


class PartitionReader:
    """Reads the lines of one partition from a position on.

    Offsets count the content of the whole partition: those of a folder's second file go on where the
    first one ended. Names must come in the order of time, and files may not be renamed while followed
    (except by adding .gz or .zst); which are looked at, files_of says.
    """

    def __init__(
        self,
        partition: str,
        path: Path,
        *,
        follow: bool,
        block_bytes: int,
        max_line_bytes: int,
        position: Position | None = None,
    ) -> None:
        """Stand at `position`, or at the beginning.

        Raises BrokenFileError when what lies there now is not what was read before.
        """
        self.idle = False
        self._partition = partition
        self._path = path
        self._follow = follow
        self._block_bytes = block_bytes
        self._max_line_bytes = max_line_bytes
        self._name = ""
        self._before = 0
        # The last that was opened; while it is read on, `_reading` says so.
        self._file: OpenFile | None = None
        self._reading = False
        self._seen: set[str] = set()
        self._polls = -1
        if position is not None and position.name:
            self._return_to(position)

    def read(self) -> list[Block] | None:
        """Give what is there now, at most `block_bytes` of it; None when the partition has ended.

        Nothing may come although there is more (within a long line); `idle` says that there is none now.
        """
        waited, self.idle = self.idle, False
        file = self._file if self._reading else self._open_next()
        if file is None:
            self.idle = self._follow
            return [] if self._follow else None
        runs = file.read(self._block_bytes, growing=self._follow, waited=waited)
        if runs is None and self._follow:
            if not self._has_newer(file):
                self.idle = True
                return []
            # Written between that read and the look at the folder; nothing comes behind it.
            runs = file.read(self._block_bytes)
        if runs is None:
            runs = file.finish()
            self._reading = False
        return [self._block(run) for run in runs]

    @property
    def offset(self) -> int:
        """The position in the partition of the first content that was not handed over."""
        return self._before + (0 if self._file is None else self._file.offset)

    def behind(self) -> int:
        """Count the bytes that were not read yet, as compressed as they lie on the disk."""
        newer = sum(size_of(path) for name, path in self._listing().items() if self._is_newer(name))
        return newer + (self._file.behind if self._file is not None and self._reading else 0)

    @property
    def position(self) -> Position:
        """What to give to a new reader, so that it goes on behind the lines handed over."""
        if self._file is None:
            return Position()
        head_bytes, head_digest = self._file.mark
        return Position(
            name=self._name,
            before=self._before,
            offset=self._file.offset,
            skipping=self._file.skipping,
            head_bytes=head_bytes,
            head_digest=head_digest,
        )

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
            self._reading = False

    def _block(self, run: Run) -> Block:
        offset = self._before + run.offset
        positions = None if run.counted is None else range(offset, offset + run.counted)
        return Block(self._partition, offset, run.data, positions=positions)

    def _open_next(self) -> OpenFile | None:
        listed = self._listing()
        newer = next(filter(self._is_newer, listed), None)
        if newer is None:
            return None
        self._before = self.offset
        self._name = newer
        self._polls = -1  # so that a backlog of files is gone through without waiting
        path = listed[newer]
        self._file = RowFile(path) if is_parquet(path) else LineFile(path, self._max_line_bytes)
        self._reading = True
        return self._file

    def _is_newer(self, name: str) -> bool:
        return in_order(name) > in_order(self._name)

    def _has_newer(self, file: OpenFile) -> bool:
        """Whether the writer has gone on to a newer file, so that the open one has all of its lines."""
        self._polls += 1
        single = not self._path.is_dir()
        if self._polls % _POLLS_FOR_EACH_LISTING and not single:
            return False
        file.check_in_place()
        newer = [path for name, path in self._listing().items() if self._is_newer(name)]
        if any(file.lies_at(path) for path in newer) or (single and not self._path.exists()):
            raise BrokenFileError(f"{file.path} was moved away while it was followed; {FOLLOW_ADVICE}")
        return bool(newer)

    def _listing(self) -> dict[str, Path]:
        """Give the partition's files by name and in order, telling of those that come too late."""
        listed = files_of(self._path)
        if not self._path.is_dir():
            return listed
        if not self._seen:
            tell_of_order(self._path, listed)
        for name in listed:
            if name not in self._seen and not self._is_newer(name):
                log.error(
                    "%s came to %s behind the position and will not be read; "
                    "give new files names that sort after the old ones",
                    name,
                    self._path,
                )
        self._seen = set(listed)
        return listed

    def _return_to(self, position: Position) -> None:
        path = self._listing().get(position.name)
        if path is None:
            raise BrokenFileError(
                f"{self._path / position.name} was read up to {position.offset} and is gone; put it "
                "back (compressed as .gz or .zst will do), or begin anew with an empty recovery folder"
            )
        file = RowFile(path) if is_parquet(path) else LineFile(path, self._max_line_bytes)
        mark = position.head_bytes, position.head_digest
        try:
            file.return_to(position.offset, mark, skipping=position.skipping)
        except BrokenFileError:
            file.close()
            raise
        self._file = file
        self._reading = True
        self._name = position.name
        self._before = position.before
