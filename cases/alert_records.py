"""The alerts of a store as they were told, for who compares and explains them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from cases.audit import log
from cases.database import Database
from cases.who import Right, Who

_OBJECT = "queue:alerts"
_PAGE = 2000


@dataclass(frozen=True)
class SqlAlertRecords:
    """The alerts in an SQL database, whichever case they belong to."""

    db: Database

    def all(self, who: Who, now_ms: int) -> Iterator[dict[str, Any]]:
        """Give every alert record in the order of event time and id, as an alert file holds them.

        They name cards and customers: that `who` read them is on record before the first is given. Raises
        NotAllowed, and KeyTrouble where it cannot be recorded.
        """
        who.require(Right.READ_CASES)
        with self.db.writing():
            log.viewed(self.db, who, _OBJECT, now_ms)
        return self._pages()

    def _pages(self) -> Iterator[dict[str, Any]]:
        after_ms, after_id = -1, ""
        while True:
            with self.db.reading():
                rows = self.db.rows("alert_page", after_ms=after_ms, after_id=after_id, page=_PAGE)
            for row in rows:
                yield orjson.loads(row["record"])
            if len(rows) < _PAGE:
                return
            after_ms, after_id = rows[-1]["at_ms"], rows[-1]["id"]
