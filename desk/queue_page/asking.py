"""What the address of the queue asks for: a view is its address, to be kept, sent and gone back to."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from cases.case import LIVE, CaseKind, Status
from cases.finding import BANDS, MOST_COUNTED, Wanted
from desk.formats import Formats

# What a page holds at most: a tab must stay quick all night.
ROWS = 100
MINE, NOBODY = "mine", "nobody"
Ended = Literal["today", "day", "week", "month"]
_DAY_MS = 86_400_000
_DAYS = {"day": 1, "week": 7, "month": 31}

# Views that everybody has; an own one is called as its maker likes.
BUILT_IN = {
    "all": "",
    "mine": "holder=mine",
    "critical": "band=0",
    "waiting": "status=waiting",
    "escalated": "status=escalated",
    "overdue": "overdue=1",
    "closed_today": "status=closed",
}


class Asked(BaseModel):
    """The parts of the address; without a status it asks for what is live.

    `holder` is a name, `mine` or `nobody`; `ended` says how far back the cases go that have ended.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: list[Status] = []
    kind: list[CaseKind] = []
    band: list[Annotated[int, Field(ge=0, le=2)]] = []
    holder: Annotated[str, Field(max_length=64)] = ""
    team: Annotated[str, Field(max_length=64)] = ""
    detector: Annotated[str, Field(max_length=80)] = ""
    overdue: bool = False
    ended: Ended = "today"
    q: Annotated[str, Field(max_length=80)] = ""
    page: Annotated[int, Field(ge=1, le=MOST_COUNTED // ROWS)] = 1

    @property
    def skipped(self) -> int:
        """How many cases lie on the pages before."""
        return (self.page - 1) * ROWS

    def address(self, *, page: int | None = None, text: bool = True) -> str:
        """Write what the address says behind its question mark, without what goes without saying.

        A view that is kept has no `text`, which may be about a customer, and begins at the first page.
        """
        said: list[tuple[str, str]] = [("status", each.value) for each in self.status]
        said += [("kind", each.value) for each in self.kind]
        said += [("band", str(each)) for each in self.band]
        said += [
            (name, getattr(self, name)) for name in ("holder", "team", "detector") if getattr(self, name)
        ]
        said += [("overdue", "1")] if self.overdue else []
        said += [("ended", self.ended)] if self.ended != "today" else []
        said += [("q", self.q)] if self.q and text else []
        number = self.page if page is None else page
        return urlencode([*said, ("page", str(number))] if number > 1 else said)

    def wanted(self, name: str, formats: Formats, now_ms: int) -> Wanted:
        """Give it as the store takes it, asked by the person called `name` at `now_ms`."""
        return Wanted(
            statuses=tuple(self.status) or LIVE,
            kinds=tuple(self.kind) or tuple(CaseKind),
            bands=tuple(self.band) or BANDS,
            holder=name if self.holder == MINE else None if self.holder == NOBODY else self.holder or None,
            unheld=self.holder == NOBODY,
            team=self.team or None,
            detector=self.detector or None,
            text=self.q,
            due_before_ms=now_ms if self.overdue else None,
            ended_from_ms=self._ended_from_ms(formats, now_ms),
        )

    def _ended_from_ms(self, formats: Formats, now_ms: int) -> int:
        if self.ended == "today":
            local = formats.local(now_ms)
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            return int(midnight.timestamp() * 1000)
        return now_ms - _DAYS[self.ended] * _DAY_MS
