"""What people or other parts of riskdesk carry out: reports, exports, changes of rules and lists."""

from cases.actions.action import Action
from cases.actions.kinds import RULES
from cases.actions.life import Move, Status
from cases.actions.steps import found, move
from cases.database import Database
from cases.errors import NotPossible, WrongUse
from cases.who import Who
from domain.card_masking import mask_text


def carry_out(db: Database, action_id: str, who: Who, result: str, now_ms: int) -> Action:
    """Say that an approved action was carried out and what came of it; inside `writing`.

    Raises NotAllowed for who may not make one, NotPossible for what the bank carries out, and for what is
    not approved or was approved too long ago; WrongUse without a result.
    """
    action = found(db, action_id)
    rule = RULES[action.kind]
    who.require(rule.make)
    if rule.operation is not None:
        raise NotPossible(f"{action.what} is carried out by the bank; `riskdesk action run` sends it there")
    if not result.strip():
        raise WrongUse("say what came of it, such as the number under which a report was received")
    if action.status is not Status.APPROVED or (action.expires_at_ms or now_ms + 1) <= now_ms:
        raise NotPossible(
            f"{action.what} is {action.status}, not approved any more or not yet; propose it anew"
        )
    text = mask_text(result)
    for step in (Move.START, Move.FINISH):
        done = {"detail": text, "by": who.name} if step is Move.FINISH else None
        if not move(db, found(db, action_id), step, who, now_ms, note=text, result=done):
            raise NotPossible(f"{action.what} was changed by somebody else just now; look at it again")
    return found(db, action_id)
