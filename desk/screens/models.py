"""Models: what was learnt, in versions, with its card; from when on it scores, and who let it."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.models.table import MODEL
from cases.signing_off.change import ChangeKind
from cases.who import Right
from desk.approvals.differences import beside
from desk.context import Context
from desk.guarding import Needs
from desk.rule_page.report_files import ReportFolder
from desk.standing import of_tables
from desk.telling import see
from domain.tables import ModelCard, RiskModel

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_CASES)]
_MOST = 50


@router.get("/rules/models")
def page(here: Reader) -> Response:
    """List the versions of models and of all else that was learnt, and where each stands."""
    versions, changes, times = (
        here.store.models.versions(),
        here.store.models.changes(),
        here.store.models.in_force(),
    )
    since = {each.what: each.since_ms for each in times}
    return here.page(
        "rules/models.html",
        models=[each for each in reversed(versions) if each.name == MODEL][:_MOST],
        others=[each for each in reversed(versions) if each.name != MODEL][:_MOST],
        stands=of_tables(times, changes, here.now_ms),
        since=since,
        changes=list(reversed(changes))[:_MOST],
    )


@router.get("/rules/models/{number}")
def model(here: Reader, number: int) -> Response:
    """Show a model's card beside that of the one in force, with what was decided about it."""
    version, content = here.store.models.get(MODEL, number)
    changes, times = here.store.models.changes(), here.store.models.in_force()
    been = [each for each in times if each.name == MODEL and each.since_ms <= here.now_ms]
    now = been[-1].number if been else None
    card, card_now = _card(content), None
    if now not in (None, number):
        card_now = _card(here.store.models.get(MODEL, now)[1])
    before = None if card is None or card_now is None else card_now
    return here.page(
        "rules/model.html",
        version=version,
        card=card,
        now=now,
        figures=beside(before.figures if before else {}, card.figures if card else {}),
        settings_beside=beside(before.settings if before else {}, card.settings if card else {}),
        compared=before is not None,
        stands=of_tables(times, changes, here.now_ms).get(version.what, "new"),
        since_ms=next((each.since_ms for each in reversed(times) if each.what == version.what), None),
        back=any(each.number == number and each.name == MODEL for each in times),
        waiting=bool(changes) and changes[-1].decision is None,
        changes=[each for each in changes if each.number == number],
        reports=ReportFolder(here.desk.settings.reports).all(),
    )


@router.post("/rules/models/propose")
def propose(
    here: Annotated[Context, Needs(Right.PROPOSE_RULE)],
    number: Annotated[int, Form()],
    kind: Annotated[ChangeKind, Form()],
    reason: Annotated[str, Form()],
    report: Annotated[str, Form()] = "",
) -> Response:
    """Propose that a model score from as soon on as it may, or that one which did before does again."""
    if kind is ChangeKind.ROLLBACK:
        change = here.store.models.rollback(number, here.who, here.now_ms, reason)
    else:
        grounds = ReportFolder(here.desk.settings.reports).report(report) if report else None
        change = here.store.models.propose(number, here.who, here.now_ms, reason, grounds)
    return see(here, "/approvals", item=f"model:{change.version}")


def _card(content: object) -> ModelCard | None:
    return content.card if isinstance(content, RiskModel) else None
