"""How long things are kept, as the desk and the command line use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.database import Database
from cases.retention import archiving, erasing, holds, requests
from cases.retention.archive_file import Archived
from cases.retention.archiving import Purged
from cases.retention.erasing import Erased
from cases.retention.export import export_person
from cases.retention.holds import Hold
from cases.retention.messages import Forgotten, forget_messages
from cases.retention.policy import RetentionPolicy
from cases.retention.requests import Kind, Request
from cases.retention.sign_ins import forget_sign_ins
from cases.who import Right, Who


@dataclass(frozen=True)
class SqlRetention:
    """What a store keeps, and for how long. Every function says in its module what it raises."""

    db: Database
    policy: RetentionPolicy

    def archive(self, folder: Path, who: Who, now_ms: int) -> tuple[tuple[Archived, ...], Mapping[str, str]]:
        """Write closed cases into archive files; gives the files, and which cases were left out and why."""
        return archiving.archive(self.db, folder, self.policy, who, now_ms)

    def purge(self, folder: Path, who: Who, now_ms: int) -> Purged:
        """Let archived cases whose time is over leave the store."""
        return archiving.purge(self.db, folder, self.policy, who, now_ms)

    def forget_messages(self, now_ms: int) -> Forgotten:
        """Let messages leave the outbox that were settled long enough ago, and give up what nobody took."""
        return forget_messages(self.db, self.policy, now_ms)

    def forget_sign_ins(self, now_ms: int) -> int:
        """Let go of who signed in long ago and from where, and of tries that failed; gives how many."""
        return forget_sign_ins(self.db, self.policy, now_ms)

    def hold(self, subject: str, order_number: str, reason: str, who: Who, now_ms: int) -> Hold:
        """Keep a case (`case:ID`) or all about a customer (`customer:ID`) by an order."""
        with self.db.writing():
            return holds.place(self.db, subject, order_number, reason, who, now_ms)

    def release(self, hold_id: int, reason: str, who: Who, now_ms: int) -> Hold:
        """End a hold."""
        with self.db.writing():
            return holds.release(self.db, hold_id, reason, who, now_ms)

    def holds(self, who: Who, *, released: bool = False) -> tuple[Hold, ...]:
        """Give the holds, the first one first."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return holds.all_holds(self.db, released=released)

    def ask(self, kind: Kind, customer: str, reason: str, who: Who, now_ms: int) -> Request:
        """Ask for a customer's data to be exported or erased."""
        with self.db.writing():
            return requests.ask(self.db, kind, customer, reason, self.policy, who, now_ms)

    def approve(self, request_id: int, who: Who, now_ms: int) -> Request:
        """Agree to what somebody else asked for."""
        with self.db.writing():
            return requests.approve(self.db, request_id, who, now_ms)

    def requests(self, who: Who, now_ms: int) -> tuple[Request, ...]:
        """Give what is asked for and not done."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return requests.open_requests(self.db, now_ms)

    def export(self, request_id: int, who: Who, now_ms: int) -> dict[str, Any]:
        """Give one customer's data, as was agreed to; once for each request."""
        with self.db.writing():
            request = requests.approved(self.db, request_id, Kind.EXPORT, who, now_ms)
            found = export_person(self.db, request.customer, now_ms)
            requests.done(self.db, request, who, now_ms, after=found)
        return found

    def erase(self, request_id: int, folder: Path | None, who: Who, now_ms: int) -> Erased:
        """Erase one customer's data, as was agreed to; `folder` is where the archive files are."""
        return erasing.erase(self.db, request_id, folder, self.policy, who, now_ms)
