"""Rules: the profiles that run, their versions and detectors, what each detector brought, and the reports."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.errors import NotFound
from cases.profiles.version import Reference
from cases.rule_figures import SqlRuleFigures
from cases.signing_off.change import ChangeKind
from cases.who import Right
from desk.approvals import differences
from desk.context import Context
from desk.guarding import Needs
from desk.prose import prose
from desk.rule_page import book
from desk.rule_page.pictures import by_day, by_month
from desk.rule_page.report_files import ReportFolder
from desk.telling import see

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_CASES)]
_LATEST = 20
# A page of a report by itself: its own style and pictures, no script, no other address, and nothing of ours.
_SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@router.get("/rules")
def page(here: Reader) -> Response:
    """Show what runs: profiles with their versions, detectors with what they brought, and the reports."""
    profiles = book.profiles(here.store)
    over = book.window(here.store, here.now_ms)
    return here.page(
        "rules/rules.html",
        profiles=profiles,
        rules=book.rules(here.store, profiles, over, here.now_ms, here.time_zone),
        over=over,
        closed_days=book.CLOSED_DAYS,
        reports=_reports(here).all(),
        has_reports=_reports(here).there,
    )


@router.get("/rules/profiles/{name}/{number}")
def version(here: Reader, name: str, number: int) -> Response:
    """Show a version of a profile, and how it differs from the one in force, or from the one before."""
    found, content = here.store.profiles.get(Reference(name, number))
    profile = next(each for each in book.profiles(here.store) if each.name == name)
    in_force = None if profile.now is None else profile.now.number
    against = in_force if in_force not in (None, number) else found.parent
    before = None if against is None else here.store.profiles.get(Reference(name, against))[1]
    changes = here.store.profiles.changes(name)
    return here.page(
        "rules/version.html",
        version=found,
        profile=profile,
        stands=profile.stands.get(found.what, "new"),
        against=against,
        lines=differences.lines(before.text, content.text) if before else (),
        text=content.text,
        changes=[each for each in changes if each.number == number],
        back=any(each.in_force_since_ms is not None for each in changes if each.number == number),
        reports=_reports(here).all(),
    )


@router.post("/rules/profiles/propose")
def propose(
    here: Annotated[Context, Needs(Right.PROPOSE_RULE)],
    name: Annotated[str, Form()],
    number: Annotated[int, Form()],
    kind: Annotated[ChangeKind, Form()],
    reason: Annotated[str, Form()],
    report: Annotated[str, Form()] = "",
) -> Response:
    """Propose that a version come into force, or back, on the strength of a report of the folder."""
    reference = Reference(name, number)
    grounds = _reports(here).report(report) if report else None
    propose_it = here.store.profiles.rollback if kind is ChangeKind.ROLLBACK else here.store.profiles.promote
    propose_it(reference, here.who, here.now_ms, reason, grounds)
    return see(here, "/approvals", item=f"profile:{reference}")


@router.get("/rules/reports/{name}")
def report(here: Reader, name: str, download: bool = False) -> Response:
    """Show the page of a report by itself, where nothing in it can do anything, or give it as a file."""
    folder = _reports(here)
    # Only a name of a file that is there comes this far, so that it can stand in a header.
    found = folder.report(name).name
    said = found.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    how = "attachment" if download else "inline"
    headers = {"Content-Security-Policy": _SANDBOX, "Content-Disposition": f'{how}; filename="{said}"'}
    return Response(folder.page(found), media_type="text/html", headers=headers)


@router.get("/rules/{detector}")
def rule(here: Reader, detector: str) -> Response:
    """Show how a detector is set, what it brought, how often it was right, and what helps with its alerts."""
    profiles = book.profiles(here.store)
    over = book.window(here.store, here.now_ms)
    rules = book.rules(here.store, profiles, over, here.now_ms, here.time_zone)
    found = next((each for each in rules if each.name == detector), None)
    figures: SqlRuleFigures = here.store.rule_figures
    latest = figures.latest(detector, over.to_ms, _LATEST)
    if found is None and not latest:
        raise NotFound(f"there is no detector {detector[:80]!r} in force, nor any alert of it")
    here.viewed(f"detector:{detector}")
    months = book.months(here.store, detector, here.now_ms, here.time_zone)
    return here.page(
        "rules/rule.html",
        name=detector,
        rule=found,
        over=over,
        latest=latest,
        told=latest[0].parameters if latest else {},
        days=by_day(here, book.days(here.store, detector, over, here.time_zone)),
        months=months,
        months_drawn=by_month(here, months),
        articles=[(each, prose(each.body)) for each in here.store.knowledge.list(detector=detector, limit=3)],
    )


def _reports(here: Context) -> ReportFolder:
    return ReportFolder(here.desk.settings.reports)
