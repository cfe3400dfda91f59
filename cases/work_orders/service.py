"""What the desk and the departments do with work orders."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from cases.case import Status
from cases.database import Database, as_json
from cases.errors import AlreadyClosed, AlreadyMerged, NotFound, WrongUse
from cases.who import Right, Who
from cases.work_orders.order import LIVE, Department, OrderState, Step, WorkOrder, order_of
from cases.work_orders.steps import ended, get_order, late, said, take_step, tell
from domain.instants import iso

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Asked(NamedTuple):
    """What is asked of a department: a kind in one word, such as `documents`, the text, and the time."""

    department: Department
    kind: str
    what: str
    due_ms: int


@dataclass(frozen=True)
class SqlWorkOrders:
    """The work orders of a store."""

    db: Database

    def make(self, case_id: str, asked: Asked, who: Who, now_ms: int) -> WorkOrder:
        """Hand work of a live case to a department.

        Raises NotAllowed, NotFound, AlreadyClosed, AlreadyMerged, and WrongUse for text or a time that
        cannot be.
        """
        who.require(Right.WORK_CASES)
        if not _KIND.fullmatch(asked.kind):
            raise WrongUse(f"kind {asked.kind!r} should be one word such as documents or terminal_check")
        what = said(asked.what, "what the department is to do")
        _check_due(asked.due_ms, now_ms)
        with self.db.writing():
            _touch_case(self.db, case_id)
            number = self.db.rows("last_work_order", case_id=case_id)[0]["number"] + 1
            order_id = f"{case_id}-W{number}"
            self.db.run(
                "add_work_order",
                id=order_id,
                case_id=case_id,
                number=number,
                department=Department(asked.department).value,
                kind=asked.kind,
                what=what,
                due_ms=asked.due_ms,
                made_by=who.name,
                made_at_ms=now_ms,
            )
            made = get_order(self.db, order_id)
            tell(self.db, "ordered", None, made, who, now_ms)
            return made

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
        _check_due(due_ms, now_ms)
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


def _touch_case(db: Database, case_id: str) -> None:
    """Hold a case that can still be worked, or say why it cannot."""
    rows = db.rows("touch_case_for_work_order", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    if rows[0]["status"] == Status.CLOSED:
        raise AlreadyClosed(f"{case_id} is closed as {rows[0]['outcome']}; reopen it before you order more")
    if rows[0]["status"] == Status.MERGED:
        raise AlreadyMerged(f"{case_id} went into {rows[0]['merged_into']}; order the work there")


def _check_due(due_ms: int, now_ms: int) -> None:
    if due_ms <= now_ms:
        raise WrongUse(f"the order would be due {iso(due_ms)}, which is past; give the department some time")
