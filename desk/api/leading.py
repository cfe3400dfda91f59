"""What leads do with cases of others, for programs: kept for an agent, made one."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cases.accounts.tokens import Scope
from desk.api.case_values import CaseTold
from desk.api.once import once
from desk.api.programs import Program, doing
from desk.api.values import Asked, CaseId, Name, Told, Words
from desk.queue_page.acts import MOST, Act, Done, Order, checked, do_all

router = APIRouter(tags=["cases"])

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_Ids = Annotated[tuple[_Id, ...], Field(min_length=1, max_length=MOST)]


class AssignAsked(Asked):
    """Which cases are kept for which agent, and why."""

    cases: _Ids
    agent: Name
    reason: Words


class MergeAsked(Asked):
    """Which cases go into this one, and why."""

    cases: _Ids
    reason: Words


class DoneTold(Told):
    """What became of one case; `refused` says why it was not done, null where it was."""

    case: str
    refused: str | None

    @classmethod
    def of(cls, done: Done) -> "DoneTold":
        """Tell what became of a case."""
        return cls(case=done.case_id, refused=None if done.error is None else str(done.error))


class AllDoneTold(Told):
    """What became of each case."""

    done: tuple[DoneTold, ...]


@router.post("/cases/assign", response_model=AllDoneTold)
@once
def assign(here: Annotated[Program, doing(Scope.CASES_LEAD)], asked: AssignAsked) -> AllDoneTold:
    """Keep cases for an agent who is at work, for half an hour; each is done or refused for itself."""
    order = Order(act=Act.ASSIGN, reason=asked.reason, agent=asked.agent)
    done = do_all(here.store, order, checked(asked.cases), here.who, here.now_ms)
    return AllDoneTold(done=tuple(map(DoneTold.of, done)))


@router.post("/cases/{case_id}/merge", response_model=CaseTold)
@once
def merge(here: Annotated[Program, doing(Scope.CASES_LEAD)], case_id: CaseId, asked: MergeAsked) -> CaseTold:
    """Let a case of fraud take in others; done for all or, if one cannot go, for none."""
    case = here.store.leading.merge(case_id, asked.cases, here.who, asked.reason, here.now_ms)
    here.viewed(f"case:{case_id}")
    here.tag(case_id)
    return CaseTold.of(case, ranked=False)
