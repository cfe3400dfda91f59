"""Actions for programs: proposing and reading; that another person approves cannot be done from here."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from cases.accounts.tokens import Scope
from cases.actions.action import Action, Basis, Order
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.actions.proposing import Proposal
from cases.errors import NotAllowed
from desk.api.once import once
from desk.api.programs import Program, doing, scoped
from desk.api.values import Asked, CaseId, Handle, Instant, Told, Words, instant, instant_or_none

router = APIRouter(tags=["actions"])

_ActionId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="An action")]
_Limit = Annotated[int, Query(ge=1, le=100)]


class ActionAsked(Asked):
    """What is to be done to `target` (`card:TOKEN`, `account:ID`), why, and on what basis."""

    kind: Kind
    target: Handle
    reason: Words
    case: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None
    basis: Annotated[Handle | None, Field(description="consent:ATTEMPT, terms, or order:NUMBER")] = None
    lasts_h: Annotated[int | None, Field(ge=1, le=24 * 365, description="Of a temporary block")] = None
    releases: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None


class ActionTold(Told):
    """An action and how it stands; `check_by` is by when a second person looks at a block set by one."""

    action: str
    case: str | None
    kind: str
    target: str
    params: dict[str, Any]
    basis: str | None
    status: str
    second_person: str
    maker: str
    made_at: Instant
    reason: str
    checker: str | None
    verdict: str | None
    checked_at: Instant | None
    executed_at: Instant | None
    result: dict[str, Any] | None
    expires_at: Instant | None
    check_by: Instant | None
    end_reason: str | None

    @classmethod
    def of(cls, action: Action) -> "ActionTold":
        """Tell an action."""
        return cls(
            action=action.id,
            case=action.case_id,
            kind=action.kind.value,
            target=action.target,
            params=action.params,
            basis=None if action.basis is None else str(action.basis),
            status=action.status.value,
            second_person=action.second.value,
            maker=action.maker,
            made_at=instant(action.made_at_ms),
            reason=action.reason,
            checker=action.checker,
            verdict=action.verdict,
            checked_at=instant_or_none(action.checked_at_ms),
            executed_at=instant_or_none(action.executed_at_ms),
            result=action.result,
            expires_at=instant_or_none(action.expires_at_ms),
            check_by=instant_or_none(action.alarm_at_ms),
            end_reason=action.end_reason,
        )


class ActionsTold(Told):
    """Actions, the newest first."""

    actions: tuple[ActionTold, ...]


class OrderTold(Told):
    """An order of an authority: what it covers, and its term."""

    order: str
    authority: str
    scope: tuple[str, ...]
    begins: Instant
    ends: Instant
    note: str

    @classmethod
    def of(cls, order: Order) -> "OrderTold":
        """Tell an order."""
        return cls(
            order=order.number,
            authority=order.authority,
            scope=tuple(map(str, order.scope)),
            begins=instant(order.term_from_ms),
            ends=instant(order.term_to_ms),
            note=order.note,
        )


class OrdersTold(Told):
    """Orders of authorities, the newest first."""

    orders: tuple[OrderTold, ...]


@router.post("/actions", response_model=ActionTold, status_code=201)
@once
def propose(here: Annotated[Program, doing(Scope.ACTIONS_PROPOSE)], asked: ActionAsked) -> ActionTold:
    """Propose an action; its status says whether it took effect at once or waits for a second person."""
    action = here.store.actions.propose(
        Proposal(
            kind=asked.kind,
            target=asked.target,
            reason=asked.reason,
            case_id=asked.case,
            basis=None if asked.basis is None else Basis.parse(asked.basis),
            lasts=None if asked.lasts_h is None else timedelta(hours=asked.lasts_h),
            releases=asked.releases,
        ),
        here.who,
        here.now_ms,
    )
    here.headers["Location"] = f"/api/v1/actions/{action.id}"
    return ActionTold.of(action)


@router.post("/actions/{action_id}/approve", status_code=403, response_model=None)
@once
def approve(here: Annotated[Program, doing(Scope.ACTIONS_PROPOSE)], action_id: _ActionId) -> None:
    """Refuse: a second person approves at the desk, signed in as themself, and no program does."""
    here.store.actions.get(action_id, here.who)
    raise NotAllowed(
        f"no program approves: a second person looks at {action_id} at the desk, signed in as themself; "
        "GET it, or subscribe to `case`, to learn what became of it"
    )


@router.get("/actions/{action_id}")
def read_action(here: Annotated[Program, scoped(Scope.CASES_READ)], action_id: _ActionId) -> ActionTold:
    """Give one action."""
    action = here.store.actions.get(action_id, here.who)
    here.viewed(f"action:{action_id}")
    return ActionTold.of(action)


@router.get("/cases/{case_id}/actions")
def read_actions(
    here: Annotated[Program, scoped(Scope.CASES_READ)],
    case_id: CaseId,
    status: Annotated[Status | None, Query()] = None,
    limit: _Limit = 50,
) -> ActionsTold:
    """Give the actions of a case, and of those that went into it."""
    here.store.cases.mark(case_id)
    here.viewed(f"case:{case_id}")
    found = here.store.actions.list(here.who, status, None, case_id, limit)
    return ActionsTold(actions=tuple(map(ActionTold.of, found)))


@router.get("/orders")
def read_orders(here: Annotated[Program, scoped(Scope.CASES_READ)], limit: _Limit = 50) -> OrdersTold:
    """Give the orders of authorities that are on record."""
    here.viewed("orders:all")
    return OrdersTold(orders=tuple(map(OrderTold.of, here.store.actions.orders(here.who, limit))))
