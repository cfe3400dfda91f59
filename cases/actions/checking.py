"""The second person: approves or rejects what another one made."""

from cases.accounts.users import person_behind
from cases.actions.action import Action
from cases.actions.life import IN_FORCE, Move, Status, follow
from cases.actions.orders import get_order, require_covered
from cases.actions.policy import ActionPolicy
from cases.actions.proposing import lasting_until, take_effect
from cases.actions.releasing import ordered, right_to_check
from cases.actions.steps import end, found, put_on_record
from cases.database import Database
from cases.errors import NotAllowed, NotPossible, WrongUse
from cases.who import Who
from domain.instants import iso

_APPROVED, _REJECTED = "approved", "rejected"


def approve(
    db: Database, policy: ActionPolicy, action_id: str, who: Who, now_ms: int, note: str = ""
) -> Action:
    """Let a proposal take effect, or confirm a block that one person set; inside `writing`.

    Raises NotAllowed for its maker and for a role without the right, NotPossible when it waits for nobody or
    its time is over.
    """
    action = to_check(db, action_id, who)
    if action.status is not Status.PROPOSED:
        return _say(db, action, _APPROVED, action.status, action.expires_at_ms, who, now_ms, note)
    if action.expires_at_ms is not None and action.expires_at_ms <= now_ms:
        raise NotPossible(
            f"{action.what} waited for its second person until {iso(action.expires_at_ms)}; propose it anew"
        )
    if ordered(action) and action.basis is not None:
        require_covered(get_order(db, str(action.basis.order)), action.target, now_ms)
    until_ms = lasting_until(db, policy, action.kind, action.basis, action.params, now_ms)
    after = follow(action.status, Move.APPROVE)
    approved = _say(db, action, _APPROVED, after, until_ms, who, now_ms, note)
    take_effect(db, approved, who, now_ms)
    return found(db, action_id)


def reject(db: Database, action_id: str, who: Who, now_ms: int, reason: str) -> Action:
    """Turn a proposal down, or end a block that one person set; inside `writing`.

    Raises NotAllowed and NotPossible as `approve` does, WrongUse without a reason.
    """
    if not reason.strip():
        raise WrongUse("say why it is rejected: its maker and the audit read the reason")
    action = to_check(db, action_id, who)
    if action.status is Status.PROPOSED:
        after = follow(action.status, Move.REJECT)
        return _say(db, action, _REJECTED, after, action.expires_at_ms, who, now_ms, reason)
    said = _say(db, action, _REJECTED, action.status, action.expires_at_ms, who, now_ms, reason)
    end(db, said, "refused", who, now_ms, reason)
    return found(db, action_id)


def to_check(db: Database, action_id: str, who: Who) -> Action:
    """Give an action that `who` may check now; raises as `approve`."""
    action = found(db, action_id)
    waits = action.status is Status.PROPOSED or (action.unchecked and action.status in IN_FORCE)
    if not waits:
        said = f", {action.verdict} by {action.checker}" if action.checker else ""
        raise NotPossible(f"{action.what} is {action.status}{said}; it waits for nobody's approval")
    # What a program made for its owner, the owner made.
    if person_behind(db, who.name) == person_behind(db, action.maker):
        raise NotAllowed(f"{who.name} made {action.what}; another person must check it").known_as(
            "four_eyes", name=who.name
        )
    who.require(right_to_check(db, action))
    return action


def _say(
    db: Database,
    action: Action,
    verdict: str,
    after: Status,
    expires_at_ms: int | None,
    who: Who,
    now_ms: int,
    note: str,
) -> Action:
    """Write down what the second person said; the database refuses when it is the maker after all."""
    said = db.run(
        "check_action",
        id=action.id,
        old=action.status.value,
        new=after.value,
        checker=who.name,
        verdict=verdict,
        expires_at_ms=expires_at_ms,
        now_ms=now_ms,
    )
    if not said:
        raise NotPossible(f"{action.what} was changed by somebody else just now; look at it again")
    checked = found(db, action.id)
    put_on_record(db, who, verdict, now_ms, note, before=action, after=checked)
    return checked
