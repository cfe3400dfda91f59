"""Releasing what was blocked: what holds a target, and whether one person may let go of it."""

from cases.actions.action import Action, action_of
from cases.actions.bases import was_genuine
from cases.actions.kinds import RULES, BasisKind, Kind, Second
from cases.actions.life import IN_FORCE
from cases.actions.policy import ActionPolicy
from cases.case import Outcome
from cases.database import Database, Row
from cases.errors import AlreadyMerged, NotFound, NotPossible, WrongUse
from cases.who import Right


def case_to_act_in(db: Database, case_id: str | None) -> Row | None:
    """Give the case in which something is done, if any. Raises NotFound, AlreadyMerged."""
    if case_id is None:
        return None
    rows = db.rows("case_for_action", id=case_id)
    if not rows:
        raise NotFound(f"there is no case {case_id!r}; `riskdesk queue list` shows those that are live")
    if rows[0]["merged_into"] is not None:
        raise AlreadyMerged(f"{case_id} went into {rows[0]['merged_into']}; act in that one")
    return rows[0]


def case_of(db: Database, action: Action) -> str | None:
    """Give the case that an action is in today, wherever its own was merged into."""
    if action.case_id is None:
        return None
    rows = db.rows("case_for_action", id=action.case_id)
    return str(rows[0]["merged_into"] or rows[0]["id"]) if rows else None


def held_by(db: Database, target: str, action_id: str | None) -> Action:
    """Give the action that holds a target. Raises NotPossible where nothing does, or several do."""
    holding = [
        each
        for each in map(action_of, db.rows("actions_on_target", target=target))
        if RULES[each.kind].reversible and each.status in IN_FORCE and action_id in (None, each.id)
    ]
    if not holding:
        raise NotPossible(f"{target} is not held by {action_id or 'anything'} now")
    if len(holding) > 1:
        ids = ", ".join(each.id for each in holding)
        raise NotPossible(f"{target} is held by {ids}; reverse the one you mean by its id")
    return holding[0]


def second_of_release(db: Database, policy: ActionPolicy, block: Action, case: Row | None) -> Second:
    """One person releases a customer who was right, up to a limit; all else takes two.

    Raises WrongUse for a release in another case: what a customer said there says nothing about this one.
    """
    home = case_of(db, block)
    if (case and case["id"]) != home:
        raise WrongUse(f"{block.what} was made in {home or 'no case'}; release it there")
    right = case is not None and (case["outcome"] == Outcome.GENUINE or was_genuine(db, case["id"]))
    small = case is not None and case["exposure_minor"] <= policy.release_limit_minor
    plain = block.kind is Kind.TEMPORARY_BLOCK and not ordered(block)
    return Second.NONE if right and small and plain else Second.BEFORE


def right_to_check(db: Database, action: Action) -> Right:
    """Give the right that checking an action takes: for a release, that of what it undoes.

    What an authority ordered is released by whoever may approve a freeze.
    """
    if action.kind is not Kind.RELEASE:
        return RULES[action.kind].check
    (row,) = db.rows("get_action", id=action.params["releases"])
    block = action_of(row)
    return Right.APPROVE_FREEZE if ordered(block) else RULES[block.kind].check


def ordered(action: Action) -> bool:
    """Tell whether it rests on an authority's order."""
    return action.basis is not None and action.basis.kind is BasisKind.ORDER
