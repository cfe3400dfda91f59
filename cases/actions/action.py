"""An action as the desk sees it: frozen values that the store hands out."""

from typing import Any

import orjson
from msgspec import Struct

from cases.actions.kinds import BasisKind, Kind, Second, Target
from cases.actions.life import Status
from cases.database import Row
from cases.errors import WrongUse
from domain.instants import iso


class Basis(Struct, frozen=True, kw_only=True):
    """What entitles the bank: consent with the attempt in which it was given, terms, or an order's number."""

    kind: BasisKind
    attempt: int | None = None
    order: str | None = None

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        detail = self.order or self.attempt
        return self.kind.value if detail is None else f"{self.kind}:{detail}"

    @classmethod
    def parse(cls, text: str) -> "Basis":
        """Read `consent`, `consent:ATTEMPT`, `terms` or `order:NUMBER`; anything else raises WrongUse."""
        kind, _, detail = text.partition(":")
        if text == BasisKind.TERMS:
            return cls(kind=BasisKind.TERMS)
        if kind == BasisKind.CONSENT and (not detail or detail.isdecimal()):
            return cls(kind=BasisKind.CONSENT, attempt=int(detail) if detail else None)
        if kind == BasisKind.ORDER and detail.strip():
            return cls(kind=BasisKind.ORDER, order=detail.strip())
        raise WrongUse(f"{text[:80]!r} is no basis; write consent or consent:ATTEMPT, terms, or order:NUMBER")


class Action(Struct, frozen=True, kw_only=True):
    """One action. Times are milliseconds since 1970.

    `expires_at_ms` is how long a proposal waits for its second person, later how long what was approved
    lasts, None for good. `alarm_at_ms` is by when a block that one person set is to be checked. `verdict` is
    what the checker said, and `end_reason` why a block is no longer in force.
    """

    id: str
    case_id: str | None
    kind: Kind
    target: str
    params: dict[str, Any]
    basis: Basis | None
    second: Second
    status: Status
    maker: str
    maker_role: str
    made_at_ms: int
    reason: str
    idempotency_key: str
    checker: str | None = None
    verdict: str | None = None
    checked_at_ms: int | None = None
    executed_at_ms: int | None = None
    result: dict[str, Any] | None = None
    expires_at_ms: int | None = None
    alarm_at_ms: int | None = None
    alarmed_at_ms: int | None = None
    end_reason: str | None = None

    @property
    def unchecked(self) -> bool:
        """Tell whether one person set it and nobody has checked it yet."""
        return self.second is Second.AFTER and self.checker is None

    @property
    def what(self) -> str:
        """Say what it is in a few words."""
        return f"{self.id} {self.kind} of {self.target}"


def action_of(row: Row) -> Action:
    """Give the action that a row of the store holds."""
    basis = row["basis"] and orjson.loads(row["basis"])
    return Action(
        id=row["id"],
        case_id=row["case_id"],
        kind=Kind(row["kind"]),
        target=row["target"],
        params=orjson.loads(row["params"]),
        basis=basis and Basis(kind=BasisKind(basis["kind"]), attempt=basis["attempt"], order=basis["order"]),
        second=Second(row["second_person"]),
        status=Status(row["status"]),
        maker=row["maker"],
        maker_role=row["maker_role"],
        made_at_ms=row["made_at_ms"],
        reason=row["reason"],
        idempotency_key=row["idempotency_key"],
        checker=row["checker"],
        verdict=row["verdict"],
        checked_at_ms=row["checked_at_ms"],
        executed_at_ms=row["executed_at_ms"],
        result=row["result"] and orjson.loads(row["result"]),
        expires_at_ms=row["expires_at_ms"],
        alarm_at_ms=row["alarm_at_ms"],
        alarmed_at_ms=row["alarmed_at_ms"],
        end_reason=row["end_reason"],
    )


def action_record(action: Action) -> dict[str, Any]:
    """Give an action as one JSON object, with its times in ISO 8601 (UTC)."""
    return {
        "action": action.id,
        "case": action.case_id,
        "kind": action.kind.value,
        "target": action.target,
        "params": action.params,
        "basis": action.basis and str(action.basis),
        "status": action.status.value,
        "second_person": action.second.value,
        "maker": action.maker,
        "maker_role": action.maker_role,
        "made_at": iso(action.made_at_ms),
        "reason": action.reason,
        "checker": action.checker,
        "verdict": action.verdict,
        "checked_at": _time(action.checked_at_ms),
        "idempotency_key": action.idempotency_key,
        "executed_at": _time(action.executed_at_ms),
        "result": action.result,
        "expires_at": _time(action.expires_at_ms),
        "check_by": _time(action.alarm_at_ms),
        "alarmed_at": _time(action.alarmed_at_ms),
        "end_reason": action.end_reason,
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)


class Order(Struct, frozen=True, kw_only=True):
    """An order of an authority: what it covers, and its term, from `term_from_ms` until `term_to_ms`."""

    number: str
    authority: str
    scope: tuple[Target, ...]
    term_from_ms: int
    term_to_ms: int
    note: str = ""


def order_of(row: Row) -> Order:
    """Give the order that a row of the store holds."""
    scope = (each.partition(":") for each in orjson.loads(row["scope"]))
    return Order(
        number=row["number"],
        authority=row["authority"],
        scope=tuple(Target(kind, token) for kind, _, token in scope),
        term_from_ms=row["term_from_ms"],
        term_to_ms=row["term_to_ms"],
        note=row["note"],
    )


def order_record(order: Order) -> dict[str, Any]:
    """Give an order as one JSON object."""
    return {
        "order": order.number,
        "authority": order.authority,
        "scope": [str(target) for target in order.scope],
        "from": iso(order.term_from_ms),
        "to": iso(order.term_to_ms),
        "note": order.note,
    }
