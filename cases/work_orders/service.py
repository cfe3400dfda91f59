"""What the desk and the departments do with work orders."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cases.database import Database, as_json
from cases.who import Right, Who
from cases.work_orders.making import Asked, check_due, make_order
from cases.work_orders.order import LIVE, Department, OrderState, Step, WorkOrder, order_of
from cases.work_orders.steps import ended, get_order, late, said, take_step


@dataclass(frozen=True)
class SqlWorkOrders:
    """The work orders of a store."""

    db: Database

    def make(self, case_id: str, asked: Asked, who: Who, now_ms: int) -> WorkOrder:
        """Hand work of a live case to a department.

        Raises NotAllowed, NotFound, AlreadyClosed, AlreadyMerged, and WrongUse for text or a time that
        cannot be.
        """
        with self.db.writing():
            return make_order(self.db, case_id, asked, who, now_ms)

    def accept(self, order_id: str, who: Who, now_ms: int) -> WorkOrder:
        """Take an order on. Raises NotAllowed, NotFound, NotPossible."""
        who.require(Right.ANSWER_ORDERS)
        return self._step(order_id, Step.ACCEPT, who, now_ms, accepted_by=who.name, accepted_at_ms=now_ms)

    def give_back(self, order_id: str, reason: str, who: Who, now_ms: int) -> WorkOrder:
        """Return an order that cannot be done as it is; a task asks the desk to send it again or cancel it.

        Raises NotAllowed, NotFound, NotPossible, and WrongUse without a reason.
        """
        who.require(Right.ANSWER_ORDERS)
        return self._step(order_id, Step.GIVE_BACK, who, now_ms, reason=said(reason, "a reason"))

    def finish(self, order_id: str, answer: str, who: Who, now_ms: int) -> WorkOrder:
        """Settle an order with what was found. Raises NotAllowed, NotFound, NotPossible, WrongUse."""
        who.require(Right.ANSWER_ORDERS)
        return self._step(
            order_id, Step.FINISH, who, now_ms, answer=said(answer, "an answer"), **ended(who, now_ms)
        )

    def send_again(self, order_id: str, what: str | None, due_ms: int, who: Who, now_ms: int) -> WorkOrder:
        """Hand a returned order over once more, with other words where given, and a new due time.

        Raises NotAllowed, NotFound, NotPossible, WrongUse.
        """
        who.require(Right.WORK_CASES)
        check_due(due_ms, now_ms)
        changed: dict[str, Any] = {"due_ms": due_ms, "escalated_at_ms": None}
        changed |= {"accepted_by": None, "accepted_at_ms": None}
        if what is not None:
            changed["what"] = said(what, "what the department is to do")
        return self._step(order_id, Step.SEND_AGAIN, who, now_ms, **changed)

    def cancel(self, order_id: str, reason: str, who: Who, now_ms: int) -> WorkOrder:
        """Take an order back. Raises NotAllowed, NotFound, NotPossible, and WrongUse without a reason."""
        who.require(Right.WORK_CASES)
        changed = {"reason": said(reason, "a reason"), **ended(who, now_ms)}
        return self._step(order_id, Step.CANCEL, who, now_ms, **changed)

    def late(self, now_ms: int) -> tuple[WorkOrder, ...]:
        """Escalate the orders that are late, each once, and give them."""
        with self.db.writing():
            return late(self.db, now_ms)

    def get(self, order_id: str) -> WorkOrder:
        """Give one order. Raises NotFound."""
        with self.db.reading():
            return get_order(self.db, order_id)

    def list(
        self,
        *,
        case_id: str | None = None,
        department: Department | None = None,
        states: Collection[OrderState] = LIVE,
        limit: int = 100,
    ) -> tuple[WorkOrder, ...]:
        """Give orders, the first due first; those of a case with those of the cases that went into it."""
        with self.db.reading():
            rows = self.db.rows(
                "list_work_orders",
                case_id=case_id,
                department=department,
                states=as_json(states),
                limit=limit,
            )
        return tuple(map(order_of, rows))

    def _step(self, order_id: str, step: Step, who: Who, now_ms: int, **changed: Any) -> WorkOrder:
        with self.db.writing():
            return take_step(self.db, get_order(self.db, order_id), step, who, now_ms, **changed)
