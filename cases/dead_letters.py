"""Lines that were no event: kept with the reason, counted, corrected, and sent through the flow again."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from cases.database import Database, Row, Values
from cases.errors import AlreadyReplayed, NotFound
from domain.rejections import Reason, Rejected


class LetterStatus(StrEnum):
    """What became of a refused line."""

    NEW = "new"  # nobody has looked after it
    CORRECTED = "corrected"  # a corrected line waits to be replayed
    REPLAYED = "replayed"  # went through the flow again


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A refused line; `at_ms` is when it was refused, where known, `corrected` the line to replay instead."""

    rejected: Rejected
    status: LetterStatus
    at_ms: int | None
    corrected: bytes | None

    @property
    def id(self) -> str:
        """Give the id of the rejection."""
        return self.rejected.id


class SqlDeadLetters:
    """The dead letters of a store."""

    def __init__(self, db: Database) -> None:
        """Keep them in `db`."""
        self._db = db

    def add(self, rejected: Sequence[Rejected], at_ms: int | None = None) -> int:
        with self._db.writing():
            return self._db.run_all("add_dead_letter", (_row(each, at_ms) for each in rejected))

    def counts(self) -> dict[Reason, int]:
        with self._db.reading():
            rows = self._db.rows("count_dead_letters")
        return {Reason(row["reason"]): row["letters"] for row in rows}

    def list(
        self, reason: Reason | None = None, status: LetterStatus | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        with self._db.reading():
            rows = self._db.rows("list_dead_letters", reason=reason, status=status, limit=limit)
        return tuple(_letter(row) for row in rows)

    def get(self, letter_id: str) -> DeadLetter:
        with self._db.reading():
            return self._get(letter_id)

    def correct(self, letter_id: str, corrected: bytes) -> DeadLetter:
        with self._db.writing():
            if not self._db.run("correct_dead_letter", id=letter_id, corrected=corrected):
                self._get(letter_id)
                raise AlreadyReplayed(f"dead letter {letter_id} was replayed; a correction comes too late")
            return self._get(letter_id)

    def mark_replayed(self, letter_ids: Iterable[str]) -> int:
        with self._db.writing():
            ids = [{"id": letter_id} for letter_id in letter_ids]
            return self._db.run_all("mark_dead_letter_replayed", ids)

    def _get(self, letter_id: str) -> DeadLetter:
        rows = self._db.rows("get_dead_letter", id=letter_id)
        if not rows:
            raise NotFound(f"there is no dead letter {letter_id!r}; list them to see their ids")
        return _letter(rows[0])


def _row(rejected: Rejected, at_ms: int | None) -> Values:
    return {
        "id": rejected.id,
        "partition": rejected.partition,
        "offset": rejected.offset,
        "reason": rejected.reason.value,
        "detail": rejected.detail,
        "raw": rejected.raw,
        "at_ms": at_ms,
    }


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(
        rejected=Rejected(
            partition=row["source_partition"],
            offset=row["source_offset"],
            reason=Reason(row["reason"]),
            detail=row["detail"],
            raw=row["raw"],
        ),
        status=LetterStatus(row["status"]),
        at_ms=row["at_ms"],
        corrected=row["corrected"],
    )
