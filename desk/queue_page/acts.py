"""What a lead does to many cases at once: told before, done one by one, and told after."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from cases.case import LIVE, Case, CaseKind, Outcome, Status
from cases.device_cases.closing import CloseReason
from cases.errors import CaseError, WrongUse
from cases.store import Store
from cases.who import Who

MOST = 100


class Act(StrEnum):
    """What can be done to many cases."""

    ASSIGN = "assign"
    RELEASE = "release"
    ESCALATE = "escalate"
    MERGE = "merge"
    DUPLICATE = "duplicate"


class Order(Struct, frozen=True, kw_only=True):
    """What is to be done, why, and with whom: a `team` to hand over to, an `agent` to keep cases for."""

    act: Act
    reason: str
    team: str = ""
    agent: str = ""


class Outlook(Struct, frozen=True, kw_only=True):
    """What an act will likely mean for a case: `key` names the words; the service decides when it is done."""

    case: Case
    key: str
    will: bool
    holders: str
    team: str
    into: str = ""


class Done(Struct, frozen=True, kw_only=True):
    """What became of it; `error` says why it was refused."""

    case_id: str
    error: CaseError | None = None


def checked(case_ids: Iterable[str]) -> tuple[str, ...]:
    """Give the cases that were chosen, each once. Raises WrongUse for none, or more than fit on a page."""
    chosen = tuple(dict.fromkeys(case_ids))
    if not chosen:
        raise WrongUse("no case is chosen; choose some with x or by their boxes")
    if len(chosen) > MOST:
        raise WrongUse(f"{len(chosen)} cases are chosen; {MOST} at most can be done at once")
    return chosen


def outlooks(act: Act, cases: Sequence[Case]) -> list[Outlook]:
    """Tell what an act will mean for each of the cases as they stand."""
    into = survivor_of(cases) if act is Act.MERGE else ""
    return [_outlook(act, case, into) for case in cases]


def survivor_of(cases: Iterable[Case]) -> str:
    """Give the case that takes in the others: the oldest that can; empty unless two can."""
    able = [case for case in cases if case.status in LIVE and case.kind == CaseKind.FRAUD]
    return min(able, key=lambda case: (case.opened_at_ms, case.id)).id if len(able) > 1 else ""


def _outlook(act: Act, case: Case, into: str) -> Outlook:
    holders = ", ".join(dict.fromkeys(lease.by for lease in case.leases))
    if case.status not in LIVE:
        key, will = f"ended_{case.status.value}", False
    elif act is Act.ASSIGN and case.status is Status.ESCALATED:
        key, will = "with_team", False
    elif act is Act.ASSIGN:
        key, will = ("taken_and_kept" if holders else "kept"), True
    elif act is Act.MERGE and case.kind != CaseKind.FRAUD:
        key, will = "not_fraud", False
    elif act is Act.MERGE:
        key, will = ("takes_in" if case.id == into else "goes_into" if into else "alone"), bool(into)
    elif act is Act.RELEASE:
        key, will = ("frees", True) if holders else ("nobody_holds", False)
    elif act is Act.ESCALATE:
        key, will = ("moves" if case.status is Status.ESCALATED else "escalates"), True
    else:
        key, will = ("cuts_off" if holders else "closes"), True
    return Outlook(case=case, key=key, will=will, holders=holders, team=case.team or "", into=into)


def do_all(store: Store, order: Order, case_ids: Sequence[str], who: Who, now_ms: int) -> list[Done]:
    """Do it to one case after the other; what is refused for one stops none of the others.

    To merge is one thing, done or refused for all. Raises WrongUse without a reason.
    """
    if not order.reason.strip():
        raise WrongUse("say why; it is kept with every one of these cases")
    if order.act is Act.MERGE:
        return _merged(store, order, case_ids, who, now_ms)
    return [_done(store, order, case_id, who, now_ms) for case_id in case_ids]


def _merged(store: Store, order: Order, case_ids: Sequence[str], who: Who, now_ms: int) -> list[Done]:
    into = survivor_of(store.cases.several(case_ids))
    others = [case_id for case_id in case_ids if case_id != into]
    if not into:
        raise WrongUse("merging takes two cases of fraud that are not closed")
    try:
        store.leading.merge(into, others, who, order.reason, now_ms)
    except CaseError as error:
        return [Done(case_id=case_id, error=error) for case_id in case_ids]
    return [Done(case_id=case_id) for case_id in case_ids]


def _done(store: Store, order: Order, case_id: str, who: Who, now_ms: int) -> Done:
    reason = order.reason
    try:
        match order.act:
            case Act.ASSIGN:
                store.leading.assign(case_id, order.agent.strip(), who, reason, now_ms)
            case Act.RELEASE:
                store.work.release(case_id, who, reason, now_ms)
            case Act.ESCALATE:
                store.work.escalate(case_id, who, order.team, reason, now_ms)
            case _:
                about_device = any(case.kind == "device" for case in store.cases.several([case_id]))
                store.work.close(
                    case_id,
                    who,
                    None,
                    Outcome.DUPLICATE,
                    reason,
                    now_ms,
                    reason=CloseReason.PARENT_OUTAGE if about_device else None,
                )
    except CaseError as error:
        return Done(case_id=case_id, error=error)
    return Done(case_id=case_id)
