"""What is asked for about one customer's data: one person asks, another agrees, and only then it is done."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from cases.audit.log import record
from cases.database import Database, Row
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.retention.policy import RetentionPolicy
from cases.who import Right, Who
from domain.card_masking import mask_text
from domain.instants import iso, span_ms

_LONGEST = 500


class Kind(StrEnum):
    """What can be done with a customer's data."""

    EXPORT = "export"
    ERASE = "erase"


class Request(Struct, frozen=True, kw_only=True):
    """A request; after an erasure `customer` is the name that was put in place of theirs."""

    id: int
    kind: Kind
    customer: str
    reason: str
    maker: str
    made_at_ms: int
    expires_at_ms: int
    checker: str | None
    checked_at_ms: int | None
    done_at_ms: int | None


def request_record(request: Request) -> dict[str, Any]:
    """Give a request as one JSON object; times are ISO 8601 in UTC."""
    return {
        "request": request.id,
        "kind": request.kind.value,
        "customer": request.customer,
        "reason": request.reason,
        "maker": request.maker,
        "made_at": iso(request.made_at_ms),
        "expires_at": iso(request.expires_at_ms),
        "checker": request.checker,
        "checked_at": None if request.checked_at_ms is None else iso(request.checked_at_ms),
        "done_at": None if request.done_at_ms is None else iso(request.done_at_ms),
    }


def ask(
    db: Database, kind: Kind, customer: str, reason: str, policy: RetentionPolicy, who: Who, now_ms: int
) -> Request:
    """Ask for a customer's data to be exported or erased, inside the caller's `writing`.

    Raises NotAllowed, WrongUse.
    """
    who.require(Right.EXPORT_EVIDENCE)
    kept = mask_text(reason.strip())
    if not kept or len(kept) > _LONGEST:
        raise WrongUse(f"say a reason, in 1 to {_LONGEST} characters")
    if not customer.strip():
        raise WrongUse("say which customer, by the token that cases name them by")
    row = db.rows(
        "ask_for_data",
        kind=Kind(kind).value,
        customer=customer,
        reason=kept,
        maker=who.name,
        made_at_ms=now_ms,
        expires_at_ms=now_ms + span_ms(policy.request_term),
    )[0]
    request = _request(row)
    _note(db, who, f"{request.kind}_asked", request, now_ms)
    return request


def approve(db: Database, request_id: int, who: Who, now_ms: int) -> Request:
    """Agree to what somebody else asked for, inside the caller's `writing`.

    Raises NotAllowed, also for one's own request, NotFound, NotPossible.
    """
    who.require(Right.APPROVE_EXPORT)
    request = _open(db, request_id, now_ms)
    if request.maker.strip().lower() == who.name.strip().lower():
        raise NotAllowed(f"{who.name} asked for this; somebody else must agree to it")
    if not db.run("approve_data_request", id=request_id, checker=who.name, now_ms=now_ms):
        raise NotPossible(f"request {request_id} has the consent of {request.checker} already")
    agreed = _request(db.rows("data_request", id=request_id)[0])
    _note(db, who, f"{request.kind}_approved", agreed, now_ms)
    return agreed


def approved(db: Database, request_id: int, kind: Kind, who: Who, now_ms: int) -> Request:
    """Give a request of this kind that may be done now; inside the caller's `writing`.

    Raises NotAllowed, NotFound, NotPossible.
    """
    who.require(Right.EXPORT_EVIDENCE)
    request = _open(db, request_id, now_ms)
    if request.kind is not kind:
        raise NotPossible(f"request {request_id} is to {request.kind}, not to {kind}")
    if request.checker is None:
        raise NotPossible(f"request {request_id} needs a second person: `riskdesk retention approve`")
    return request


def done(db: Database, request: Request, who: Who, now_ms: int, *, after: Any = None) -> None:
    """Note that a request was done, inside the caller's `writing`."""
    if not db.run("data_request_done", id=request.id, now_ms=now_ms):
        raise NotPossible(f"request {request.id} was done by somebody else just now")
    _note(db, who, f"{request.kind}_done", request, now_ms, after=after)


def open_requests(db: Database, now_ms: int) -> tuple[Request, ...]:
    """Give what is asked for and not done, in the order in which it was asked; inside a transaction."""
    return tuple(map(_request, db.rows("data_requests", now_ms=now_ms)))


def _open(db: Database, request_id: int, now_ms: int) -> Request:
    rows = db.rows("data_request", id=request_id)
    if not rows:
        raise NotFound(f"there is no request {request_id}; `riskdesk retention requests` shows those open")
    request = _request(rows[0])
    if request.done_at_ms is not None:
        raise NotPossible(f"request {request_id} was done at {iso(request.done_at_ms)}")
    if request.expires_at_ms <= now_ms:
        raise NotPossible(f"request {request_id} expired at {iso(request.expires_at_ms)}; ask again")
    return request


def _note(db: Database, who: Who, verb: str, request: Request, now_ms: int, *, after: Any = None) -> None:
    # The audit cannot be erased, so it names the request; whom it is about is in the hashes alone.
    kept = after or request_record(request)
    record(
        db, who, verb, f"data_request:{request.id}", now_ms, before={"customer": request.customer}, after=kept
    )


def _request(row: Row) -> Request:
    named = {name: row[name] for name in Request.__struct_fields__ if name != "kind"}
    return Request(**named, kind=Kind(row["kind"]))
