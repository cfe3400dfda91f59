"""What time does to actions: proposals lapse, blocks end or begin, and unchecked ones alarm the lead."""

from typing import NamedTuple

from cases.actions.action import Action, action_of
from cases.actions.driving import drive_due
from cases.actions.life import Move
from cases.actions.policy import ActionPolicy, Unchecked
from cases.actions.steps import alarm, end, found, move
from cases.database import Database
from cases.who import DESK_ITSELF
from domain.instants import iso

# So many of each at once: the transaction stays short, and the next sweep takes the rest.
_AT_ONCE = 500


class Swept(NamedTuple):
    """The ids of what a sweep changed."""

    expired: tuple[str, ...]  # proposals and approvals that nobody used in time
    lifted: tuple[str, ...]  # blocks whose time is over, or that nobody checked
    alarmed: tuple[str, ...]  # blocks that nobody checked in time
    ordered: tuple[str, ...]  # what orders wanted whose term has begun


def sweep(db: Database, policy: ActionPolicy, now_ms: int) -> Swept:
    """Do what is due at `now_ms`, inside `writing`; a second sweep at the same time does nothing."""
    lifted = [each.id for each in _due(db, "overdue_blocks", now_ms) if _lift(db, each, "term", now_ms)]
    alarmed = [each.id for each in _due(db, "unchecked_blocks", now_ms) if _warn(db, policy, each, now_ms)]
    if policy.unchecked is Unchecked.LIFT:
        lifted += [each for each in alarmed if _lift(db, found(db, each), "unchecked", now_ms)]
    expired = [
        each.id
        for each in _due(db, "overdue_proposals", now_ms)
        if move(db, each, Move.EXPIRE, DESK_ITSELF, now_ms, note="its time is over")
    ]
    ordered = drive_due(db, policy, now_ms)
    return Swept(tuple(expired), tuple(lifted), tuple(alarmed), ordered)


def _due(db: Database, statement: str, now_ms: int) -> list[Action]:
    return [action_of(row) for row in db.rows(statement, now_ms=now_ms, limit=_AT_ONCE)]


def _lift(db: Database, block: Action, why: str, now_ms: int) -> bool:
    return end(db, block, why, DESK_ITSELF, now_ms, f"lifted: {why}")


def _warn(db: Database, policy: ActionPolicy, block: Action, now_ms: int) -> bool:
    if not db.run("alarm_action", id=block.id, now_ms=now_ms):
        return False
    then = "it is lifted now"
    if policy.unchecked is Unchecked.HOLD and block.expires_at_ms is not None:
        then = f"it holds until {iso(block.expires_at_ms)} unless somebody rejects it"
    alarm(db, block, "unchecked", f"nobody checked what {block.maker} set; {then}", now_ms)
    return True
