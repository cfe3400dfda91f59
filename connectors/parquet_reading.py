"""One Parquet file, read from a row on: each row is the line of an event."""

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors import parquet_columns
from connectors.errors import BrokenFileError, UnfitColumnsError
from connectors.line_reading import begins_differently, digest
from connectors.lines import Run
from connectors.streams import FOLLOW_ADVICE

PARQUET_MAGIC = b"PAR1"
# How many bytes of a row's line there are about, to give blocks of the size that is asked for.
_ROW_BYTES = 256
# Column chunks are read through buffers of this size instead of whole.
_BUFFER_BYTES = 1 << 16
# Behind the footer: its length, and the magic bytes again.
_TAIL_BYTES = 8


def is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


class RowFile:
    """The rows of one Parquet file, whole row groups at a time passed over and none held whole.

    Columns are named as the fields of events, structs hold fields of fields. Offsets count rows. Such a file
    does not grow: its writer gives it its name when it is whole.
    """

    skipping = False

    def __init__(self, path: Path) -> None:
        """Stand at the first row.

        Raises OSError when it cannot be opened, MissingLibraryError where pyarrow is not installed,
        BrokenFileError when it is not whole, and UnfitColumnsError naming columns no event can come of.
        """
        self.path = path
        self.offset = 0
        arrow = parquet_columns.pyarrow()
        self._troubles = (arrow.ArrowException, OSError)
        self._raw = path.open("rb")
        try:
            self._file = arrow.parquet.ParquetFile(self._raw, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        except self._troubles as error:
            self._raw.close()
            raise BrokenFileError(
                f"{path} is no whole Parquet file ({error}); fetch it again, and let its writer "
                "give it its name when it is whole"
            ) from error
        unfit = parquet_columns.complaints(self._file.schema_arrow)
        if unfit:
            self.close()
            raise UnfitColumnsError(f"{path} cannot be read as events: {'; '.join(unfit)}")
        self._rows: int = self._file.metadata.num_rows
        self._batches: Iterator[Any] | None = None

    def return_to(self, offset: int, mark: tuple[int, str], *, skipping: bool) -> None:
        """Go to the row where this file was left; raises BrokenFileError when it is not that file."""
        del skipping
        if mark != self.mark or offset > self._rows:
            raise begins_differently(self.path, f"row {offset}")
        self.offset = offset

    @cached_property
    def mark(self) -> tuple[int, str]:
        """What recognises the file: the length and digest of its footer, which says what lies where."""
        file_bytes = os.fstat(self._raw.fileno()).st_size
        tail = os.pread(self._raw.fileno(), _TAIL_BYTES, file_bytes - _TAIL_BYTES)
        length = int.from_bytes(tail[:4], "little")
        footer = os.pread(self._raw.fileno(), length, file_bytes - _TAIL_BYTES - length)
        return len(footer), digest(footer)

    @property
    def behind(self) -> int:
        """About how many bytes of the file were not read yet: as its rows are."""
        file_bytes = os.fstat(self._raw.fileno()).st_size
        return file_bytes * (self._rows - self.offset) // self._rows if self._rows else 0

    def read(self, size: int, *, growing: bool = False, waited: bool = False) -> list[Run] | None:
        """Give the next rows as lines, about `size` bytes of them; None when there are no more."""
        del growing, waited
        if self._batches is None:
            self._batches = self._rest(max(1, size // _ROW_BYTES))
        try:
            batch = next(self._batches, None)
        except self._troubles as error:
            raise BrokenFileError(
                f"{self.path} is damaged behind row {self.offset} ({error}); fetch the file again"
            ) from error
        if batch is None:
            return None
        run = Run(self.offset, parquet_columns.lines(batch), batch.num_rows)
        self.offset += batch.num_rows
        return [run]

    def finish(self) -> list[Run]:
        """Leave the file; there is never half of a row."""
        self.close()
        return []

    def check_in_place(self) -> None:
        """Raise BrokenFileError when another file lies at its path now."""
        if self.path.exists() and not self.lies_at(self.path):
            raise BrokenFileError(f"{self.path} was replaced while it was followed; {FOLLOW_ADVICE}")

    def lies_at(self, path: Path) -> bool:
        """Whether the open file is the one at `path`."""
        return path.exists() and os.path.samestat(path.stat(), os.fstat(self._raw.fileno()))

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _rest(self, rows: int) -> Iterator[Any]:
        """Give the rows from the offset on in batches of at most so many."""
        skip = self.offset
        for group in range(self._file.num_row_groups):
            held = self._file.metadata.row_group(group).num_rows
            if skip >= held:
                skip -= held
                continue
            # One thread: the other cores have detectors to run.
            for batch in self._file.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
                left = batch.slice(min(skip, batch.num_rows))
                skip -= batch.num_rows - left.num_rows
                if left.num_rows:
                    yield left
