"""Cases for programs: finding, reading, claiming, closing."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from cases.accounts.tokens import Scope
from cases.case import LIVE, CaseKind, Outcome, Status
from cases.errors import WrongUse
from cases.finding import BANDS, MOST_AT_ONCE, Wanted
from desk.api.case_values import (
    AlertsTold,
    AlertTold,
    CaseFileTold,
    CasesTold,
    CaseTold,
    ClaimedTold,
)
from desk.api.cursors import read, written
from desk.api.once import once
from desk.api.programs import IfMatch, Program, doing, scoped
from desk.api.values import Asked, CaseId, Given, Name, Number, Text, Words, ms_or_none
from domain.card_masking import mask_text
from domain.card_numbers import holds_card_number

router = APIRouter(tags=["cases"])

_LINES = 200
_NOT_MODIFIED = 304
_Skills = Annotated[tuple[Name, ...], Field(max_length=10)]
_LeaseS = Annotated[int | None, Field(ge=10, le=3600, description="For how long it is held, in seconds")]


class CasesAsked(Asked):
    """Which cases: everything that is given must fit; nothing given finds all that are live."""

    status: Annotated[tuple[Status, ...], Field(max_length=10)] = LIVE
    kind: Annotated[tuple[CaseKind, ...], Field(max_length=10)] = tuple(CaseKind)
    band: Annotated[tuple[Annotated[int, Field(ge=0, lt=len(BANDS))], ...], Field(max_length=10)] = BANDS
    holder: Name | None = None
    unheld: bool = False
    team: Name | None = None
    detector: Name | None = None
    text: Annotated[Text, Field(max_length=80)] = ""
    due_before: Given | None = None
    ended_from: Given | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 50
    cursor: Annotated[str | None, Field(max_length=400)] = None

    def wanted(self) -> Wanted:
        """Say it as the store takes it. Raises WrongUse for a text with a card number."""
        if holds_card_number(self.text):
            raise WrongUse("this holds a card number, which nobody keeps; look for a token")
        return Wanted(
            statuses=self.status,
            kinds=self.kind,
            bands=self.band,
            holder=self.holder,
            unheld=self.unheld,
            team=self.team,
            detector=self.detector,
            text=self.text,
            due_before_ms=ms_or_none(self.due_before),
            ended_from_ms=ms_or_none(self.ended_from) or 0,
        )


class NextAsked(Asked):
    """What to claim: the best task of one of these skills."""

    skills: _Skills = ()
    lease_s: _LeaseS = None


class ReleaseAsked(Asked):
    """Why a case is freed; a lead who frees what others hold says it."""

    reason: Text = ""


class CloseAsked(Asked):
    """What was found. A device's case takes a `reason` too."""

    outcome: Outcome
    note: Text = ""
    lease_no: Number | None = None
    reason: Name | None = None


class EscalateAsked(Asked):
    """Which team takes the case over, and what it should know."""

    team: Name
    note: Words


@router.get("/cases")
def find_cases(
    here: Annotated[Program, scoped(Scope.CASES_READ)], asked: Annotated[CasesAsked, Query()]
) -> CasesTold:
    """Find cases: the live ones by their rank, then those that ended, the last to end first."""
    found, behind = here.store.cases.behind(asked.wanted(), read(asked.cursor), asked.limit)
    here.viewed("queue:live", mask_text(asked.text))
    return CasesTold(cases=tuple(map(CaseTold.of, found)), next=written(behind))


@router.get("/cases/{case_id}", responses={_NOT_MODIFIED: {"description": "As it was seen"}})
def read_case(
    here: Annotated[Program, scoped(Scope.CASES_READ)],
    case_id: CaseId,
    answer: Response,
    if_none_match: Annotated[str | None, Header(description="The ETag of what is known")] = None,
) -> CaseFileTold:
    """Give one case, with what is to do in it and its latest lines; its ETag changes with it."""
    tag = here.tag(case_id)
    if if_none_match is not None and tag in {each.strip() for each in if_none_match.split(",")}:
        return Response(status_code=_NOT_MODIFIED, headers={"ETag": tag})  # type: ignore[return-value]
    here.viewed(f"case:{case_id}")
    answer.headers["ETag"] = tag
    return CaseFileTold.of(here.store.cases.show(case_id), _LINES)


@router.get("/cases/{case_id}/alerts", tags=["alerts"])
def read_alerts(here: Annotated[Program, scoped(Scope.ALERTS_READ)], case_id: CaseId) -> AlertsTold:
    """Give the alerts of a case."""
    file = here.store.cases.show(case_id)
    here.viewed(f"case:{case_id}")
    return AlertsTold(alerts=tuple(map(AlertTold.of, file.evidence)))


@router.post("/cases/next", response_model=ClaimedTold, responses={204: {"description": "Nothing is ready"}})
@once
def claim_next(here: Annotated[Program, doing(Scope.CASES_WORK)], asked: NextAsked) -> ClaimedTold | None:
    """Claim the best task that is ready and may be done now; 204 where there is none."""
    claimed = here.store.work.next(here.who, here.now_ms, skills=asked.skills, lease_ms=_ms(asked.lease_s))
    if claimed is None:
        return None
    here.viewed(f"case:{claimed.case.id}")
    here.tag(claimed.case.id)
    return ClaimedTold.of(claimed)


@router.post("/cases/{case_id}/claim", response_model=ClaimedTold)
@once
def claim(
    here: Annotated[Program, doing(Scope.CASES_WORK)],
    case_id: CaseId,
    asked: NextAsked,
    if_match: IfMatch = None,
) -> ClaimedTold:
    """Claim the best task of one case; who holds one keeps that for longer."""
    del if_match
    claimed = here.store.work.claim(
        case_id,
        here.who,
        here.now_ms,
        skills=asked.skills,
        lease_ms=_ms(asked.lease_s),
        seen=here.seen,
    )
    here.viewed(f"case:{case_id}")
    here.tag(case_id)
    return ClaimedTold.of(claimed)


@router.post("/cases/{case_id}/release", response_model=CaseTold)
@once
def release(
    here: Annotated[Program, doing(Scope.CASES_WORK)],
    case_id: CaseId,
    asked: ReleaseAsked,
    if_match: IfMatch = None,
) -> CaseTold:
    """Free what is held of a case."""
    del if_match
    case = here.store.work.release(case_id, here.who, asked.reason, here.now_ms, seen=here.seen)
    here.tag(case_id)
    return CaseTold.of(case, ranked=False)


@router.post("/cases/{case_id}/close", response_model=CaseTold)
@once
def close(
    here: Annotated[Program, doing(Scope.CASES_WORK)],
    case_id: CaseId,
    asked: CloseAsked,
    if_match: IfMatch = None,
) -> CaseTold:
    """Close a case that is held, with its outcome."""
    del if_match
    case = here.store.work.close(
        case_id,
        here.who,
        asked.lease_no,
        asked.outcome,
        asked.note,
        here.now_ms,
        reason=asked.reason,
        seen=here.seen,
    )
    here.tag(case_id)
    return CaseTold.of(case, ranked=False)


@router.post("/cases/{case_id}/escalate", response_model=CaseTold)
@once
def escalate(
    here: Annotated[Program, doing(Scope.CASES_WORK)],
    case_id: CaseId,
    asked: EscalateAsked,
    if_match: IfMatch = None,
) -> CaseTold:
    """Hand a case that is held over to a team."""
    del if_match
    case = here.store.work.escalate(case_id, here.who, asked.team, asked.note, here.now_ms, seen=here.seen)
    here.tag(case_id)
    return CaseTold.of(case, ranked=False)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
