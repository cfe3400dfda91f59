"""How work orders go on: each change is told, audited and published; what is late is put before a person."""

from typing import Any

from cases import outbox
from cases.audit.log import record
from cases.database import Database
from cases.device_cases.annunciate import settle_returned
from cases.errors import NotFound, NotPossible, WrongUse
from cases.timeline import event
from cases.who import DESK_ITSELF, Right, Who
from cases.work.leases import task_row
from cases.work.moves import add_task, finish, make_ready
from cases.work.states import TaskState
from cases.work_orders.order import TRANSITIONS, Step, WorkOrder, order_of, order_record
from domain.card_masking import mask_text
from domain.instants import iso

TOPIC = "work_order"
_LONGEST_TEXT = 4000
# So many are escalated in one transaction; the next one goes on.
_AT_ONCE = 500
_CHANGEABLE = (
    *("what", "due_ms", "accepted_by", "accepted_at_ms", "ended_by", "ended_at_ms", "answer", "reason"),
    "escalated_at_ms",
)
_WHAT_HAPPENED = {
    Step.ACCEPT: "order_accepted",
    Step.GIVE_BACK: "order_returned",
    Step.FINISH: "order_done",
    Step.SEND_AGAIN: "order_sent_again",
    Step.CANCEL: "order_cancelled",
}


def late(db: Database, now_ms: int) -> tuple[WorkOrder, ...]:
    """Escalate the orders that are late, inside the caller's `writing`: a task, an alarm, and only once."""
    escalated = []
    for order in map(order_of, db.rows("late_work_orders", now_ms=now_ms, limit=_AT_ONCE)):
        if not db.run("escalate_work_order", id=order.id, now_ms=now_ms):
            continue  # by another sweeper
        after = get_order(db, order.id)
        tell(db, "order_late", order, after, DESK_ITSELF, now_ms, note=f"was due {iso(order.due_ms)}")
        _put_before_a_person(db, after, now_ms)
        alarm = f"work_order_late:{order.id}:{order.due_ms}"
        outbox.publish(db, outbox.ALARM, alarm, order_record(after), now_ms)
        escalated.append(after)
    return tuple(escalated)


def cancel_live_orders(db: Database, case_id: str, reason: str, who: Who, now_ms: int) -> int:
    """Cancel all that departments still do for a case, inside the caller's `writing`; gives how many."""
    who.require(Right.WORK_CASES)
    live = [order_of(row) for row in db.rows("live_work_orders", case_id=case_id)]
    changed = {"reason": said(reason, "a reason"), **ended(who, now_ms)}
    for order in live:
        take_step(db, order, Step.CANCEL, who, now_ms, **changed)
    return len(live)


def take_step(db: Database, order: WorkOrder, step: Step, who: Who, now_ms: int, **changed: Any) -> WorkOrder:
    """Take an order one step on and give it, inside the caller's `writing`; `changed` are its columns.

    Raises NotPossible, saying what can be done instead.
    """
    state = TRANSITIONS.get((order.state, step))
    if state is None:
        can = [str(other) for at, other in TRANSITIONS if at == order.state]
        words = (
            f"what can be done is: {', '.join(can).replace('_', ' ')}" if can else "it has come to its end"
        )
        raise NotPossible(f"{order.id} is {order.state}, so one cannot {step.replace('_', ' ')} it; {words}")
    kept = {name: getattr(order, name) for name in _CHANGEABLE}
    if not db.run("step_work_order", id=order.id, before=order.state, state=state, **{**kept, **changed}):
        raise NotPossible(f"{order.id} was changed by somebody else just now; look at it again")
    after = get_order(db, order.id)
    tell(db, _WHAT_HAPPENED[step], order, after, who, now_ms, note=_note(step, after))
    if step is Step.GIVE_BACK:
        _put_before_a_person(db, after, now_ms)
    if after.task_id is not None:
        _go_on(db, step, after.task_id, who, now_ms)
    return after


def tell(
    db: Database,
    what: str,
    before: WorkOrder | None,
    after: WorkOrder,
    who: Who,
    now_ms: int,
    *,
    note: str | None = None,
) -> None:
    """Put a change into the timeline, the outbox and the audit.

    The words of people go into the audit as hashes alone: it cannot be erased.
    """
    line = event(
        after.case_now,
        now_ms,
        who.name,
        what,
        old=f"{before.id} {before.state}" if before else None,
        new=f"{after.id} {after.department} {after.state}",
        note=note or (None if before else f"{after.what} (due {iso(after.due_ms)})"),
    )
    db.run("add_event", **line)
    outbox.publish(db, TOPIC, after.id, order_record(after), now_ms)
    record(
        db,
        who,
        what,
        f"work_order:{after.id}",
        now_ms,
        before=before and order_record(before),
        after=order_record(after),
    )


def get_order(db: Database, order_id: str) -> WorkOrder:
    """Give one order, inside a transaction. Raises NotFound."""
    rows = db.rows("work_order_by_id", id=order_id)
    if not rows:
        raise NotFound(f"there is no work order {order_id!r}; `riskdesk orders list` shows those under way")
    return order_of(rows[0])


def said(text: str, name: str) -> str:
    """Give text as it may be kept: people type what customers read out to them. Raises WrongUse."""
    kept = mask_text(text.strip())
    if not kept or len(kept) > _LONGEST_TEXT:
        raise WrongUse(f"say {name}, in 1 to {_LONGEST_TEXT:,} characters")
    return kept


def ended(who: Who, now_ms: int) -> dict[str, Any]:
    """Give the columns that say who brought an order to its end, and when."""
    return {"ended_by": who.name, "ended_at_ms": now_ms}


def _put_before_a_person(db: Database, order: WorkOrder, now_ms: int) -> None:
    add_task(db, order.case_now, "review", f"work_order:{order.id}", DESK_ITSELF, now_ms)


def _go_on(db: Database, step: Step, task_id: int, who: Who, now_ms: int) -> None:
    """Let the task that asked for an order end with it, or be claimed again when it comes to nothing.

    A device's case of which everything is over has then waited for nothing else.
    """
    state = task_row(db, task_id)["state"]
    if step is Step.FINISH and state in (TaskState.WAITING, TaskState.READY):
        finish(db, task_id, who, now_ms)
    elif step is Step.CANCEL and state == TaskState.WAITING:
        make_ready(db, task_id, who, now_ms)
    settle_returned(db, task_row(db, task_id)["case_id"], now_ms)


def _note(step: Step, order: WorkOrder) -> str | None:
    if step is Step.FINISH:
        return order.answer
    if step is Step.SEND_AGAIN:
        return f"{order.what} (due {iso(order.due_ms)})"
    return order.reason if step in (Step.GIVE_BACK, Step.CANCEL) else None
