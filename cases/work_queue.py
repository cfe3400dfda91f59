"""The cases of a store: alerts go in, and the desk reads them in the order of their rank."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases import intake
from cases.case import LIVE, Case, CaseFile, CaseKind, Status
from cases.database import Database, as_json
from cases.errors import NotFound, WrongUse
from cases.finding import Behind, Found, Wanted, find, find_behind, known_names, several
from cases.policy import QueuePolicy
from cases.reading import read_cases, read_file
from domain.alerts import Alert
from domain.card_numbers import holds_card_number

# What a subject may be that somebody names without saying what it is.
_KINDS = ("customer", "card", "device", "site", "security", "cash_run", "link")
_LAST4 = re.compile("[•*. ]*[0-9]{4}")
_LONGEST_WORDS = 128


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

    def find(self, words: str, limit: int = 50) -> tuple[Case, ...]:
        asked = words.strip()
        if holds_card_number(asked):
            raise WrongUse("this holds a card number, which nobody keeps; look for its last four digits")
        if not asked or len(asked) > _LONGEST_WORDS:
            raise WrongUse(f"look for 1 to {_LONGEST_WORDS} characters: a case, a customer, or a card")
        with self.db.reading():
            rows = self.db.rows(
                "found_cases",
                # Ids are a capital and small digits, whatever was typed.
                id=asked[:1].upper() + asked[1:].lower(),
                subjects=as_json([asked, *(f"{kind}:{asked}" for kind in _KINDS)]),
                last4=asked.lstrip("•*. ") if _LAST4.fullmatch(asked) else "",
                limit=limit,
            )
            return read_cases(self.db, rows)

    def mark(self, case_id: str) -> str:
        with self.db.reading():
            rows = self.db.rows("case_mark", id=case_id)
        if not rows:
            raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
        return "-".join(str(rows[0][name]) for name in ("version", "last_event", "last_attempt"))

    def page(self, wanted: Wanted, *, limit: int = 100, skipped: int = 0) -> Found:
        with self.db.reading():
            return find(self.db, wanted, limit, skipped)

    def behind(
        self, wanted: Wanted, behind: Behind | None, limit: int
    ) -> tuple[tuple[Case, ...], Behind | None]:
        with self.db.reading():
            return find_behind(self.db, wanted, limit, behind)

    def several(self, case_ids: Sequence[str]) -> tuple[Case, ...]:
        with self.db.reading():
            return several(self.db, case_ids)

    def known_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        with self.db.reading():
            return known_names(self.db)

    def show(self, case_id: str) -> CaseFile:
        with self.db.reading():
            return read_file(self.db, case_id)
