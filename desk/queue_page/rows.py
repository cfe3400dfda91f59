"""The rows of the queue as HTML: of a hundred that a page shows anew, nearly all are as they were before."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from cases.case import Case, Lease
from desk.context import Context
from desk.formats import NOTHING, Formats
from desk.pages import draw
from desk.settings import Language

# What stands in a row for its place in the queue, which changes with every case that comes in before it.
_PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"
# For some dozens of people who look at different pages; a row has less than two kilobytes.
_KEPT_ROWS = 4000


class _Line(NamedTuple):
    """All that a row shows of a case but its place: two that are equal look the same."""

    id: str
    band: int
    status: str
    live: bool
    due: str
    due_at: str
    due_class: str
    subject: str
    reason: str
    others: int
    loss: str
    lease: Lease | None
    team: str | None
    wake_at_ms: int | None
    outcome: str | None


def drawn(here: Context, cases: Sequence[Case]) -> list[Markup]:
    """Give the row of each case for this person."""
    language, zone = here.language, here.time_zone
    leads, works = here.may("work_for_others"), here.may("work_cases")
    rows = []
    for case in cases:
        before, behind = _row(_line(here, case), language, zone, leads, works)
        place = here.formats.number(case.rank) if case.rank else NOTHING
        rows.append(Markup(before + place + behind))
    return rows


def _line(here: Context, case: Case) -> _Line:
    formats, live = here.formats, case.rank is not None
    late = "late" if case.due_ms < here.now_ms else ""
    return _Line(
        id=case.id,
        band=case.band,
        status=case.status,
        live=live,
        due=formats.ago(case.due_ms) if live else NOTHING,
        due_at=formats.moment(case.due_ms),
        due_class=late if live else "soft",
        subject=case.subject,
        reason=case.reasons[0] if case.reasons else "",
        others=max(0, len(case.reasons) - 1),
        loss=formats.money(case.expected_loss_minor, case.currency),
        lease=case.lease,
        team=case.team,
        wake_at_ms=case.wake_at_ms,
        outcome=case.outcome,
    )


@lru_cache(maxsize=_KEPT_ROWS)
def _row(line: _Line, language: Language, zone: str, leads: bool, works: bool) -> tuple[str, str]:
    """Give what stands before and behind the place."""
    clock = Formats(language, zone, 0).clock
    html = draw(
        "queue/row.html", language, line=line, leads=leads, works=works, clock=clock, place=Markup(_PLACE)
    )
    # The box and the id come before the place, and ids are letters and digits.
    before, _, behind = html.partition(_PLACE)
    return before, behind
