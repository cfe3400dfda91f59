"""The cases of a store: alerts go in, and the desk reads them in the order of their rank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases import intake
from cases.case import LIVE, Case, CaseFile, CaseKind, Status
from cases.database import Database, as_json
from cases.policy import QueuePolicy
from cases.reading import read_cases, read_file
from domain.alerts import Alert


@dataclass(frozen=True)
class SqlCases:
    """The cases in an SQL database."""

    db: Database
    policy: QueuePolicy

    def take_in(self, alerts: Sequence[Alert], now_ms: int | None = None) -> int:
        return intake.take_in(self.db, alerts, self.policy, now_ms)

    def floods(self) -> dict[str, int]:
        with self.db.reading():
            return {row["detector"]: row["floods"] for row in self.db.rows("floods_begun")}

    def list(
        self,
        statuses: Iterable[Status] = LIVE,
        limit: int | None = None,
        *,
        kinds: Iterable[CaseKind] = CaseKind,
    ) -> tuple[Case, ...]:
        with self.db.reading():
            # -1 is no limit.
            rows = self.db.rows(
                "list_cases",
                statuses=as_json(statuses),
                kinds=as_json(kinds),
                limit=-1 if limit is None else limit,
            )
            return read_cases(self.db, rows)

    def show(self, case_id: str) -> CaseFile:
        with self.db.reading():
            return read_file(self.db, case_id)
