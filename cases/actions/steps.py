"""How an action changes: at once with its line of the timeline, its audit row and what others are told.

Everything here belongs inside the caller's `writing`.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import to_builtins

from cases.actions.action import Action, action_of, action_record
from cases.actions.core_banking import Instruction
from cases.actions.kinds import RULES, Operation
from cases.actions.life import IN_FORCE, Move, Status, follow
from cases.audit.log import record
from cases.database import Database
from cases.errors import NotFound
from cases.outbox import ALARM, CORE_BANKING, publish
from cases.timeline import event
from cases.who import DESK_ITSELF, Who
from cases.work.moves import LEADS, add_task
from domain.card_masking import mask_text

_ENDED_CASE = frozenset({"closed", "merged"})


def found(db: Database, action_id: str) -> Action:
    """Give an action. Raises NotFound."""
    rows = db.rows("get_action", id=action_id)
    if not rows:
        raise NotFound(f"there is no action {action_id!r}; `riskdesk action list` shows them")
    return action_of(rows[0])


def move(
    db: Database,
    action: Action,
    step: Move,
    who: Who,
    now_ms: int,
    *,
    note: str = "",
    result: Mapping[str, Any] | None = None,
    end_reason: str | None = None,
) -> bool:
    """Move an action on; False, with nothing changed, where somebody else moved it since it was read.

    Raises NotPossible for a move that its life does not know.
    """
    moved = db.run(
        "move_action",
        id=action.id,
        old=action.status.value,
        new=follow(action.status, step).value,
        executed_at_ms=now_ms if step is Move.FINISH else None,
        result=None if result is None else orjson.dumps(dict(result)).decode(),
        end_reason=end_reason,
    )
    if moved:
        after = found(db, action.id)
        put_on_record(db, who, after.status, now_ms, note, before=action, after=after)
    return bool(moved)


def put_on_record(
    db: Database, who: Who, what: str, now_ms: int, note: str, *, before: Action | None, after: Action
) -> None:
    """Write what happened to an action into its case's timeline and into the audit."""
    note = mask_text(note)
    record(
        db,
        who,
        f"action_{what}",
        f"action:{after.id}",
        now_ms,
        before=None if before is None else action_record(before),
        after=action_record(after),
        reason=note,
    )
    if after.case_id is not None:
        words = f"{after.what}: {note}" if note else after.what
        old = None if before is None else before.status.value
        line = event(
            after.case_id, now_ms, who.name, f"action_{what}", old=old, new=after.status.value, note=words
        )
        db.run("add_event", **line)


def instruct(db: Database, action: Action, now_ms: int) -> None:
    """Let the executor send an approved action to the bank, if the bank has a part in it."""
    operation = RULES[action.kind].operation
    if operation is Operation.LIFT:
        _publish_lift(db, action, found(db, action.params["releases"]), action.idempotency_key, now_ms)
    elif operation is not None:
        _publish(db, _instruction(action, operation, action.idempotency_key, now_ms))


def end(
    db: Database, block: Action, end_reason: str, who: Who, now_ms: int, note: str = "", *, lift: bool = True
) -> bool:
    """End a block, whatever stage it is in; False where it is no longer in force.

    One that was never sent ends there and then. Any other is lifted: by a message of its own, or, with
    `lift` false, by a release that says so to the bank itself.
    """
    if block.status not in IN_FORCE:
        return False
    if block.status is Status.APPROVED:
        step = Move.REJECT if end_reason == "refused" else Move.EXPIRE
        return move(db, block, step, who, now_ms, note=note, end_reason=end_reason)
    if not move(db, block, Move.REVERSE, who, now_ms, note=note, end_reason=end_reason):
        return False
    if lift:
        _publish_lift(db, block, block, f"{block.idempotency_key}-lift", now_ms)
    return True


def alarm(db: Database, action: Action, what: str, note: str, now_ms: int) -> None:
    """Tell the lead: a message that screens and pagers read, and a review at the front of the queue."""
    publish(
        db,
        ALARM,
        f"{action.id}:{what}",
        {"what": what, "action": action.id, "case": action.case_id, "kind": action.kind.value, "note": note},
        now_ms,
    )
    put_on_record(db, DESK_ITSELF, what, now_ms, note, before=action, after=action)
    cases = db.rows("case_for_action", id=action.case_id) if action.case_id else []
    # An ended case has nobody who works on it; the message alone reaches the lead.
    if cases and cases[0]["status"] not in _ENDED_CASE:
        subject = f"action:{action.id}"
        add_task(
            db, cases[0]["id"], "review", subject, DESK_ITSELF, now_ms, skill=LEADS, band=0, rank_ms=now_ms
        )


def _publish_lift(db: Database, action: Action, block: Action, key: str, now_ms: int) -> None:
    others = tuple(
        other.idempotency_key
        for other in map(action_of, db.rows("actions_on_target", target=block.target))
        if other.id != block.id and RULES[other.kind].reversible and other.status in IN_FORCE
    )
    _publish(db, _instruction(action, Operation.LIFT, key, now_ms, block.idempotency_key, others))


def _instruction(
    action: Action,
    operation: Operation,
    key: str,
    now_ms: int,
    lifts: str | None = None,
    in_force: tuple[str, ...] = (),
) -> Instruction:
    return Instruction(
        key=key,
        operation=operation,
        target=action.target,
        action=action.id,
        case=action.case_id,
        basis=None if action.basis is None else str(action.basis),
        made_by=action.maker,
        checked_by=action.checker,
        at_ms=now_ms,
        until_ms=None if lifts else action.expires_at_ms,
        lifts=lifts,
        in_force=in_force,
    )


def _publish(db: Database, instruction: Instruction) -> None:
    # Written down now, so that it is the same however often it is sent, whatever happens to the action.
    publish(db, CORE_BANKING, instruction.key, to_builtins(instruction), instruction.at_ms)
