"""The store: cases, dead letters and reference data, behind ports that hide which database holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from cases import intake, work_queue
from cases.case import LIVE, Case, CaseFile, Outcome, Status
from cases.database import Database
from cases.dead_letters import DeadLetter, LetterStatus, SqlDeadLetters
from cases.errors import WrongUse
from cases.grouping import GroupingPolicy
from cases.ranking import RankPolicy
from cases.reference import SqlReference
from cases.sqlite import SqliteDatabase
from domain.alerts import Alert
from domain.reference import Record
from domain.rejections import Reason, Rejected

_ALLOWED = "allowed is sqlite:///relative/path.db or sqlite:////absolute/path.db"


class CaseStore(Protocol):
    """The work queue. Times are milliseconds since 1970; the caller says what time it is."""

    def take_in(self, alerts: Sequence[Alert]) -> int:
        """Take in a batch: every alert once, all of them or none. Gives the number that was new.

        Replays change nothing, and the order of arrival does not matter to which alerts make a case or
        how it ranks, as long as none of the cases is closed in between.
        """

    def next_case(self, agent: str, now_ms: int, lease_ms: int) -> Case | None:
        """Claim the best case that nobody holds, or whose holder's lease has run out; None without one.

        Raises WrongUse for an agent without a name or a lease that is no time, as `claim` does.
        """

    def claim(self, case_id: str, agent: str, now_ms: int, lease_ms: int) -> Case:
        """Claim one case; for the agent who holds it already, renew the lease.

        Raises NotFound, AlreadyClaimed, AlreadyClosed, AlreadyMerged.
        """

    def list(self, statuses: Iterable[Status] = LIVE, limit: int | None = None) -> tuple[Case, ...]:
        """Give cases in the order of their rank, at most `limit` of them."""

    def show(self, case_id: str) -> CaseFile:
        """Give everything on record about a case. Raises NotFound."""

    def close(
        self, case_id: str, agent: str, lease_no: int | None, outcome: Outcome, note: str, now_ms: int
    ) -> Case:
        """Close a case that `agent` holds; also when the lease has run out, if nobody took the case since.

        With a `lease_no`, only under that lease. Raises NotFound, NotYours, AlreadyClosed, AlreadyMerged.
        """


class DeadLetterStore(Protocol):
    """The lines that were no event."""

    def add(self, rejected: Sequence[Rejected], at_ms: int | None = None) -> int:
        """Keep refused lines, each once; gives the number that was new."""

    def counts(self) -> dict[Reason, int]:
        """Count them by reason, the commonest first."""

    def list(
        self, reason: Reason | None = None, status: LetterStatus | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Give them in the order in which they lay, of one reason or status where asked."""

    def get(self, letter_id: str) -> DeadLetter:
        """Give one. Raises NotFound."""

    def correct(self, letter_id: str, corrected: bytes) -> DeadLetter:
        """Keep the line to replay instead, which the codec has accepted. Raises NotFound, AlreadyReplayed."""

    def mark_replayed(self, letter_ids: Iterable[str]) -> int:
        """Note that they went through the flow again; gives the number that had not before."""


class ReferenceStore(Protocol):
    """Reference data with the time it took effect."""

    def put(self, records: Iterable[Record]) -> None:
        """Keep records; the same kind, id and effective time again replaces the record."""

    def all(self) -> Iterable[Record]:
        """Give every version of every record."""


class Store(Protocol):
    """Everything the desk keeps. A context manager that closes itself; safe for use by several threads."""

    @property
    def cases(self) -> CaseStore:
        """The work queue."""

    @property
    def dead_letters(self) -> DeadLetterStore:
        """The lines that were no event."""

    @property
    def reference(self) -> ReferenceStore:
        """The reference data."""

    def close(self) -> None:
        """Let go of the store; a second call does nothing."""

    def __enter__(self) -> Self:
        """Give the store itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""


def open_store(
    url: str,
    *,
    create: bool = True,
    grouping: GroupingPolicy | None = None,
    ranking: RankPolicy | None = None,
) -> Store:
    """Open the store at `url` (`sqlite:///path`), made or brought up to date where necessary.

    With `create` false a missing store is an error. Raises WrongUse (a ValueError) for any other kind of
    URL, and StoreError for a store that cannot be used.
    """
    db = SqliteDatabase(_sqlite_path(url), create=create)
    return SqlStore(
        db,
        SqlCases(db, grouping or GroupingPolicy(), ranking or RankPolicy()),
        SqlDeadLetters(db),
        SqlReference(db),
    )


@dataclass(frozen=True)
class SqlCases:
    """The work queue in an SQL database."""

    db: Database
    grouping: GroupingPolicy
    ranking: RankPolicy

    def take_in(self, alerts: Sequence[Alert]) -> int:
        return intake.take_in(self.db, alerts, self.grouping, self.ranking)

    def next_case(self, agent: str, now_ms: int, lease_ms: int) -> Case | None:
        return work_queue.next_case(self.db, agent, now_ms, lease_ms)

    def claim(self, case_id: str, agent: str, now_ms: int, lease_ms: int) -> Case:
        return work_queue.claim(self.db, case_id, agent, now_ms, lease_ms)

    def list(self, statuses: Iterable[Status] = LIVE, limit: int | None = None) -> tuple[Case, ...]:
        return work_queue.list_cases(self.db, statuses, limit)

    def show(self, case_id: str) -> CaseFile:
        return work_queue.show(self.db, case_id)

    def close(
        self, case_id: str, agent: str, lease_no: int | None, outcome: Outcome, note: str, now_ms: int
    ) -> Case:
        return work_queue.close(self.db, case_id, agent, lease_no, outcome, note, now_ms)


@dataclass(frozen=True)
class SqlStore:
    """A store in an SQL database."""

    db: Database
    cases: SqlCases
    dead_letters: SqlDeadLetters
    reference: SqlReference

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def _sqlite_path(url: str) -> Path:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres"):
        raise WrongUse(f"PostgreSQL is not yet in this version; {_ALLOWED}")
    path = rest.removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or path.endswith("/") or not path:
        raise WrongUse(f"{url!r} is no store URL; {_ALLOWED}")
    if path.startswith(":") or "?" in path:
        raise WrongUse(f"{url!r} names no file; stores in memory and options are not supported; {_ALLOWED}")
    return Path(path)
