"""A work order: what a case asks of a department, by when, and how far that has come."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from cases.database import Row
from domain.instants import iso


class Department(StrEnum):
    """Who works for the desk."""

    BRANCH = "branch"
    VENDOR = "vendor"
    LEGAL = "legal"
    COMPLIANCE = "compliance"
    CARD_OPERATIONS = "card_operations"
    CASH_CARRIER = "cash_carrier"
    SECURITY = "security"
    NETWORK = "network"  # those who run hosts, lines and keys


class OrderState(StrEnum):
    """How far a work order has come."""

    OPEN = "open"  # handed over, nobody has taken it on
    ACCEPTED = "accepted"  # the department works on it
    RETURNED = "returned"  # came back with a reason: the desk sends it again or cancels it
    DONE = "done"  # with the answer of the department
    CANCELLED = "cancelled"  # taken back by the desk, with a reason


class Step(StrEnum):
    """What can be done with a work order."""

    ACCEPT = "accept"
    GIVE_BACK = "give_back"
    FINISH = "finish"
    SEND_AGAIN = "send_again"
    CANCEL = "cancel"


# What is still to come to an end; a case does not close before.
LIVE = (OrderState.OPEN, OrderState.ACCEPTED, OrderState.RETURNED)

# Every step that there is; what is not here cannot be done.
TRANSITIONS: dict[tuple[OrderState, Step], OrderState] = {
    (OrderState.OPEN, Step.ACCEPT): OrderState.ACCEPTED,
    (OrderState.OPEN, Step.GIVE_BACK): OrderState.RETURNED,
    (OrderState.OPEN, Step.FINISH): OrderState.DONE,
    (OrderState.OPEN, Step.CANCEL): OrderState.CANCELLED,
    (OrderState.ACCEPTED, Step.GIVE_BACK): OrderState.RETURNED,
    (OrderState.ACCEPTED, Step.FINISH): OrderState.DONE,
    (OrderState.ACCEPTED, Step.CANCEL): OrderState.CANCELLED,
    (OrderState.RETURNED, Step.SEND_AGAIN): OrderState.OPEN,
    (OrderState.RETURNED, Step.CANCEL): OrderState.CANCELLED,
}


class WorkOrder(Struct, frozen=True, kw_only=True):
    """One order; `case` is the case it was made in, `case_now` the one that case has gone into since.

    `reason` says why it came back or was cancelled, `answer` what the department found. `task_id` is the task
    that asked for it, if one did.
    """

    id: str
    case: str
    case_now: str
    department: Department
    kind: str
    what: str
    state: OrderState
    due_ms: int
    made_by: str
    made_at_ms: int
    accepted_by: str | None
    accepted_at_ms: int | None
    ended_by: str | None
    ended_at_ms: int | None
    answer: str | None
    reason: str | None
    escalated_at_ms: int | None
    task_id: int | None = None


def order_of(row: Row) -> WorkOrder:
    """Read an order as the statements give one."""
    return WorkOrder(
        **{name: row[name] for name in WorkOrder.__struct_fields__ if name not in _OTHERWISE},
        case=row["case_id"],
        department=Department(row["department"]),
        state=OrderState(row["state"]),
    )


def order_record(order: WorkOrder) -> dict[str, Any]:
    """Give an order as the one JSON object that is printed; times are ISO 8601 in UTC."""
    return {
        "order": order.id,
        "case": order.case_now,
        "department": order.department.value,
        "kind": order.kind,
        "what": order.what,
        "state": order.state.value,
        "due": iso(order.due_ms),
        "made_by": order.made_by,
        "made_at": iso(order.made_at_ms),
        "accepted_by": order.accepted_by,
        "accepted_at": _iso(order.accepted_at_ms),
        "ended_by": order.ended_by,
        "ended_at": _iso(order.ended_at_ms),
        "answer": order.answer,
        "reason": order.reason,
        "escalated_at": _iso(order.escalated_at_ms),
    }


_OTHERWISE = frozenset({"case", "department", "state"})


def _iso(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)
