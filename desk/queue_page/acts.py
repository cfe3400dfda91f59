"""What a lead does to many cases at once: told before, done one by one, and told after."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from cases.case import LIVE, Case, Outcome, Status
from cases.device_cases.closing import CloseReason
from cases.errors import CaseError, WrongUse
from cases.store import Store
from cases.who import Who

MOST = 100


class Act(StrEnum):
    """What can be done to many cases."""

    RELEASE = "release"
    ESCALATE = "escalate"
    DUPLICATE = "duplicate"


class Outlook(Struct, frozen=True, kw_only=True):
    """What an act will likely mean for a case: `key` names the words; the service decides when it is done."""

    case: Case
    key: str
    will: bool
    holders: str
    team: str


class Done(Struct, frozen=True, kw_only=True):
    """What became of it; `refused` says why not, in words."""

    case_id: str
    refused: str = ""


def checked(case_ids: Iterable[str]) -> tuple[str, ...]:
    """Give the cases that were chosen, each once. Raises WrongUse for none, or more than fit on a page."""
    chosen = tuple(dict.fromkeys(case_ids))
    if not chosen:
        raise WrongUse("no case is chosen; choose some with x or by their boxes")
    if len(chosen) > MOST:
        raise WrongUse(f"{len(chosen)} cases are chosen; {MOST} at most can be done at once")
    return chosen


def outlook(act: Act, case: Case) -> Outlook:
    """Tell what an act will mean for a case as it stands."""
    holders = ", ".join(dict.fromkeys(lease.by for lease in case.leases))
    if case.status not in LIVE:
        key, will = f"ended_{case.status.value}", False
    elif act is Act.RELEASE:
        key, will = ("frees", True) if holders else ("nobody_holds", False)
    elif act is Act.ESCALATE:
        key, will = ("moves" if case.status is Status.ESCALATED else "escalates"), True
    else:
        key, will = ("cuts_off" if holders else "closes"), True
    return Outlook(case=case, key=key, will=will, holders=holders, team=case.team or "")


def do_all(
    store: Store, act: Act, case_ids: Sequence[str], who: Who, reason: str, team: str, now_ms: int
) -> list[Done]:
    """Do it to one case after the other; what is refused for one stops none of the others.

    Raises WrongUse without a reason.
    """
    if not reason.strip():
        raise WrongUse("say why; it is kept with every one of these cases")
    return [_done(store, act, case_id, who, reason, team, now_ms) for case_id in case_ids]


def _done(store: Store, act: Act, case_id: str, who: Who, reason: str, team: str, now_ms: int) -> Done:
    try:
        match act:
            case Act.RELEASE:
                store.work.release(case_id, who, reason, now_ms)
            case Act.ESCALATE:
                store.work.escalate(case_id, who, team, reason, now_ms)
            case Act.DUPLICATE:
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
        return Done(case_id=case_id, refused=str(error))
    return Done(case_id=case_id)
