"""Cases of devices as a service: what is open at a branch, who is sent, and the cards that devices kept."""

from dataclasses import dataclass

from cases.audit.log import viewed
from cases.case import DeviceItem
from cases.database import Database
from cases.device_cases.reading import items_of_sites
from cases.device_cases.retained import CardStatus, RetainedCard, card_of, handle
from cases.device_cases.sending import dispatch, held_dispatch
from cases.policy import QueuePolicy
from cases.who import Right, Who
from cases.work_orders.order import WorkOrder
from domain.instants import span_ms


@dataclass(frozen=True)
class SqlDeviceCases:
    """The cases of devices in an SQL database. Times are ms since 1970; every method is one transaction."""

    db: Database
    policy: QueuePolicy

    def open_at(self, branch: str, who: Who) -> tuple[DeviceItem, ...]:
        """Give all that one call to a branch is to carry, the most pressing first. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return items_of_sites(self.db, [f"site:{branch}"])

    def dispatch(
        self,
        task_id: int,
        who: Who,
        lease_no: int | None,
        now_ms: int,
        *,
        what: str | None = None,
        due_ms: int | None = None,
    ) -> WorkOrder:
        """Make the work order of a dispatch that `who` holds; the task waits until it is done.

        Raises NotAllowed, NotFound, NotYours, WrongUse for a task that sends nobody or a time that is past.
        """
        usual_ms = span_ms(self.policy.calling.technician_wait)
        with self.db.writing():
            return dispatch(self.db, task_id, who, lease_no, what, due_ms, now_ms, usual_ms=usual_ms)

    def held_dispatch(self, case_id: str, who: Who) -> int:
        """Give the dispatch of a case that `who` holds. Raises NotYours without one."""
        with self.db.reading():
            return held_dispatch(self.db, case_id, who)

    def retained(
        self,
        who: Who,
        now_ms: int,
        *,
        case_id: str | None = None,
        branch: str | None = None,
        status: CardStatus | None = None,
        limit: int = 100,
    ) -> tuple[RetainedCard, ...]:
        """Give the cards that devices kept, the newest first; that `who` saw them goes on record.

        Raises NotAllowed.
        """
        who.require(Right.READ_CASES)
        asked = {"case_id": case_id, "branch": branch, "status": status and status.value}
        with self.db.writing():
            found = tuple(map(card_of, self.db.rows("retained_cards", **asked, limit=limit)))
            seen = f"case:{case_id}" if case_id else f"branch:{branch}" if branch else "retained_card:all"
            viewed(self.db, who, seen, now_ms, f"{len(found)} retained cards")
        return found

    def card_handled(
        self, card_id: int, status: CardStatus, who: Who, now_ms: int, *, where: str = ""
    ) -> RetainedCard:
        """Note what became of a card that a device kept, and where (the branch to handle it, unless said).

        Raises NotAllowed, NotFound, WrongUse for what nobody can say of a card, NotPossible for one that is
        handled already.
        """
        with self.db.writing():
            return handle(self.db, card_id, status, where, who, now_ms)
