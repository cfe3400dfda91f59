"""How an order of an authority drives what it asks for: at once within its term, else when that begins."""

from cases.actions.action import Action, Basis, Order, action_of, order_of
from cases.actions.kinds import RULES, BasisKind, Kind
from cases.actions.policy import ActionPolicy
from cases.actions.proposing import Proposal, propose
from cases.audit.log import record
from cases.case import LIVE
from cases.database import Database, Row
from cases.errors import CaseError, StoreError
from cases.outbox import ALARM, publish
from cases.who import DESK_ITSELF, Role, Who
from domain.instants import iso

# So many at once: the transaction stays short, and the next sweep takes the rest.
_AT_ONCE = 100


def drive(
    db: Database,
    policy: ActionPolicy,
    order: Order,
    kind: Kind,
    case_id: str | None,
    who: Who,
    now_ms: int,
) -> tuple[Action, ...]:
    """Do `kind` to all that an order covers, inside `writing`; what was made on it before is given too.

    Before its term begins that is kept for then, and after its end nothing is done. Each is made in
    `case_id`, or in the live case that it belongs to. Raises as `propose` does, and NotAllowed for who may
    not make one.
    """
    who.require(RULES[kind].make)
    if now_ms < order.term_from_ms:
        db.run(
            "want_of_order",
            number=order.number,
            kind=kind.value,
            case_id=case_id,
            by=who.name,
            role=who.role.value,
        )
    if not order.term_from_ms <= now_ms < order.term_to_ms:
        return ()
    return tuple(_block(db, policy, order, str(target), kind, case_id, who, now_ms) for target in order.scope)


def drive_due(db: Database, policy: ActionPolicy, now_ms: int) -> tuple[str, ...]:
    """Do what orders want whose term has begun since they came, inside `writing`; gives the actions' ids.

    What cannot be done alarms the lead: an order is not to be forgotten because a case was closed.
    """
    made: list[str] = []
    for row in db.rows("orders_to_drive", now_ms=now_ms, limit=_AT_ONCE):
        order = order_of(row)
        if not db.run("order_driven", number=order.number, now_ms=now_ms):
            continue  # by another sweeper
        if order.term_to_ms <= now_ms:
            _alarm(db, order, "its term was over before anybody looked", now_ms)
            continue
        made += _drive_each(db, policy, order, row, now_ms)
    return tuple(made)


def _drive_each(db: Database, policy: ActionPolicy, order: Order, row: Row, now_ms: int) -> list[str]:
    who, kind = Who(row["wanted_by"], Role(row["wanted_role"])), Kind(row["wanted_kind"])
    made: list[str] = []
    for target in map(str, order.scope):
        try:
            case_id = _still_live(db, row["wanted_case"])
            made.append(_block(db, policy, order, target, kind, case_id, who, now_ms).id)
        except StoreError:
            raise
        except CaseError as error:
            _alarm(db, order, f"{kind.value.replace('_', ' ')} of {target} was not made: {error}", now_ms)
    return made


def _block(
    db: Database,
    policy: ActionPolicy,
    order: Order,
    target: str,
    kind: Kind,
    case_id: str | None,
    who: Who,
    now_ms: int,
) -> Action:
    basis = Basis(kind=BasisKind.ORDER, order=order.number)
    for each in map(action_of, db.rows("actions_on_target", target=target)):
        if each.kind is kind and each.basis == basis:
            return each
    if case_id is None:
        cases = db.rows("case_of_subject", subject=target)
        case_id = cases[0]["case_id"] if cases else None
    reason = f"order {order.number} of {order.authority}"
    proposal = Proposal(kind=kind, target=target, reason=reason, case_id=case_id, basis=basis)
    return propose(db, policy, proposal, who, now_ms)


def _still_live(db: Database, case_id: str | None) -> str | None:
    """Give the case that was named, or none where it ended while the order waited for its term."""
    rows = db.rows("case_for_action", id=case_id) if case_id is not None else []
    return case_id if rows and rows[0]["status"] in LIVE else None


def _alarm(db: Database, order: Order, why: str, now_ms: int) -> None:
    note = f"order {order.number}, in force from {iso(order.term_from_ms)}: {why}"
    publish(
        db,
        ALARM,
        f"order:{order.number}:{why}",
        {"what": "order_not_driven", "order": order.number, "note": note},
        now_ms,
    )
    record(db, DESK_ITSELF, "order_not_driven", f"order:{order.number}", now_ms, reason=note)
