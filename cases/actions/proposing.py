"""Making an action: who may, on what basis, whether it takes effect at once, and how long it lasts."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import orjson
from msgspec import Struct, to_builtins

from cases.actions.action import Action, Basis, action_of
from cases.actions.bases import proven
from cases.actions.kinds import ENDING, RULES, BasisKind, Kind, Rule, Second, Target
from cases.actions.life import IN_FORCE, Status
from cases.actions.orders import get_order
from cases.actions.policy import ActionPolicy
from cases.actions.releasing import case_to_act_in, held_by, second_of_release
from cases.actions.steps import end, found, instruct, put_on_record
from cases.database import Database
from cases.errors import NotPossible, WrongUse
from cases.who import Who
from domain.card_masking import mask_text
from domain.instants import iso, span_ms

_ID_DIGITS = 10
# So a block ends that one person could set again and again, if nobody looked.
_ENDED_BY_ITSELF = frozenset({"term", "unchecked", "refused"})


class Proposal(Struct, frozen=True, kw_only=True):
    """What a person wants done to `target`, in a case or in none, on a basis where the kind needs one.

    `lasts` is how long a temporary block shall last, None for as long as the policy says. A release names
    in `releases` the action that it undoes; without, it is the one that holds the target.
    """

    kind: Kind
    target: str
    reason: str
    case_id: str | None = None
    basis: Basis | None = None
    lasts: timedelta | None = None
    releases: str | None = None
    params: Mapping[str, Any] = {}


def propose(db: Database, policy: ActionPolicy, proposal: Proposal, who: Who, now_ms: int) -> Action:
    """Put an action on record, inside `writing`; it takes effect at once where one person may act.

    Raises NotAllowed for the wrong role, WrongUse for a proposal that says too little or nonsense,
    NotPossible where its basis is not on record or the same was proposed already.
    """
    rule = RULES[proposal.kind]
    who.require(rule.make)
    case = case_to_act_in(db, proposal.case_id)
    target = _target(proposal, rule)
    if not proposal.reason.strip():
        raise WrongUse("say why: whoever checks it, and any court, reads the reason")
    basis = proven(db, proposal.kind, rule, proposal.basis, proposal.case_id, target, now_ms)
    params = dict(proposal.params)
    if proposal.kind is Kind.TEMPORARY_BLOCK:
        params["lasts_ms"] = _lasts_ms(policy, proposal.lasts)
    if proposal.kind is Kind.RELEASE:
        block = held_by(db, target, proposal.releases)
        params["releases"] = block.id
        second = second_of_release(db, policy, block, case)
    else:
        second = _second(db, policy, proposal.kind, target, basis, now_ms)
    action = _add(db, policy, proposal, target, basis, params, second, who, now_ms)
    put_on_record(db, who, action.status, now_ms, action.reason, before=None, after=action)
    if second is not Second.BEFORE:
        take_effect(db, action, who, now_ms)
    return action


def take_effect(db: Database, action: Action, who: Who, now_ms: int) -> None:
    """Hand an approved action on to the bank; what it releases is on its way out from here on."""
    if action.kind is Kind.RELEASE:
        block = found(db, action.params["releases"])
        if not end(db, block, "released", who, now_ms, f"by {action.id}", lift=False):
            raise NotPossible(f"{block.what} is {block.status} by now; there is nothing to release")
    instruct(db, action, now_ms)


def lasting_until(
    db: Database,
    policy: ActionPolicy,
    kind: Kind,
    basis: Basis | None,
    params: Mapping[str, Any],
    now_ms: int,
) -> int | None:
    """Give until when something that takes effect now lasts; None where it has no end."""
    ends: list[int] = []
    if kind is Kind.TEMPORARY_BLOCK:
        ends.append(now_ms + int(params["lasts_ms"]))
    if kind in ENDING and basis is not None and basis.kind is BasisKind.ORDER:
        ends.append(get_order(db, str(basis.order)).term_to_ms)
    if RULES[kind].operation is None:
        ends.append(now_ms + span_ms(policy.approval_for))
    return min(ends, default=None)


def _add(
    db: Database,
    policy: ActionPolicy,
    proposal: Proposal,
    target: str,
    basis: Basis | None,
    params: Mapping[str, Any],
    second: Second,
    who: Who,
    now_ms: int,
) -> Action:
    waits = second is Second.BEFORE
    row: dict[str, Any] = {
        "case_id": proposal.case_id,
        "kind": proposal.kind.value,
        "target": target,
        "params": orjson.dumps(params, option=orjson.OPT_SORT_KEYS).decode(),
        "basis": None if basis is None else orjson.dumps(to_builtins(basis)).decode(),
        "second_person": second.value,
        "status": (Status.PROPOSED if waits else Status.APPROVED).value,
        "maker": who.name,
        "maker_role": who.role.value,
        "made_at_ms": now_ms,
        "reason": mask_text(proposal.reason),
    }
    # The same act by the same person at the same millisecond is the same act.
    said = blake2b(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    row |= {
        "id": f"A{said[:_ID_DIGITS]}",
        "idempotency_key": said,
        "expires_at_ms": now_ms + span_ms(policy.proposal_for)
        if waits
        else lasting_until(db, policy, proposal.kind, basis, params, now_ms),
        "alarm_at_ms": now_ms + span_ms(policy.check_within) if second is Second.AFTER else None,
    }
    if not db.run("add_action", **row):
        raise NotPossible(_taken(db, proposal.kind, target))
    return found(db, row["id"])


def _taken(db: Database, kind: Kind, target: str) -> str:
    for other in map(action_of, db.rows("actions_on_target", target=target)):
        if other.kind is kind and other.status is Status.PROPOSED:
            return (
                f"{other.what} was proposed by {other.maker} at {iso(other.made_at_ms)} and waits for its "
                "second person; approve or reject that one first"
            )
    return f"the same {kind.value.replace('_', ' ')} of {target} was made just now; look at it first"


def _target(proposal: Proposal, rule: Rule) -> str:
    target = Target.parse(proposal.target, rule.targets)
    if target.kind == "case" and target.id != proposal.case_id:
        raise WrongUse(f"a {proposal.kind.value.replace('_', ' ')} of {target} is made in {target.id} itself")
    return str(target)


def _lasts_ms(policy: ActionPolicy, lasts: timedelta | None) -> int:
    wanted = policy.block_for if lasts is None else lasts
    if not timedelta(0) < wanted <= policy.block_at_most:
        hours = policy.block_at_most / timedelta(hours=1)
        raise WrongUse(f"a temporary block lasts more than nothing and at most {hours:g} hours")
    return span_ms(wanted)


def _second(
    db: Database, policy: ActionPolicy, kind: Kind, target: str, basis: Basis | None, now_ms: int
) -> Second:
    """Say when the second person is needed; raises NotPossible where the same is in force already."""
    earlier = [
        each
        for each in map(action_of, db.rows("actions_on_target", target=target))
        if each.kind is kind and RULES[kind].reversible
    ]
    if kind is not Kind.TEMPORARY_BLOCK:
        for each in earlier:
            if each.status in IN_FORCE and each.basis == basis:
                raise NotPossible(f"{each.what} is {each.status} already, on the same basis ({basis})")
        return RULES[kind].second
    if basis is None or basis.kind not in policy.one_person_bases:
        return Second.BEFORE
    # To extend a block takes two people, or one person could hold a customer for ever, a day at a time.
    since_ms = now_ms - span_ms(policy.again_after)
    extends = any(
        each.status in IN_FORCE
        or (each.end_reason in _ENDED_BY_ITSELF and (_ended_at_ms(each) or now_ms) > since_ms)
        for each in earlier
    )
    return Second.BEFORE if extends else Second.AFTER


def _ended_at_ms(block: Action) -> int | None:
    if block.end_reason == "refused":
        return block.checked_at_ms
    return block.alarmed_at_ms if block.end_reason == "unchecked" else block.expires_at_ms
