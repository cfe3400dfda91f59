"""How a version comes into force: one person proposes it, and another one decides."""

from collections.abc import Sequence

import orjson

from cases.database import Database
from cases.errors import NotAllowed, NotPossible, WrongUse
from cases.profiles.change import Change, ChangeKind, Report, Verdict
from cases.profiles.reading import changes, content, get, latest, named, versions
from cases.profiles.version import Reference, Version
from cases.profiles.vouching import check_change, record_change
from cases.who import Right, Who
from domain.card_masking import mask_text
from domain.instants import iso


def propose(
    db: Database,
    kind: ChangeKind,
    reference: Reference,
    who: Who,
    now_ms: int,
    reason: str,
    report: Report | None,
) -> Change:
    """Put on record that a version shall come into force, inside `writing`.

    Raises NotAllowed, WrongUse, NotFound, NotPossible, and StoreError for one that was altered.
    """
    who.require(Right.PROPOSE_RULE)
    reason = said(reason)
    if reference.number is None:
        raise WrongUse(f"say which version: {reference}@2 is the second one")
    version = named(versions(db, reference.name), reference)
    before = changes(db, reference.name)
    _refuse_misfit(kind, version, before, report)
    content(db, version)
    change = Change(
        name=version.name,
        turn=len(before) + 1,
        number=version.number,
        kind=kind,
        maker=who.name,
        role=who.role.value,
        # History has one order, whatever the clocks of two machines say.
        at_ms=max([now_ms, *(each.decision.at_ms for each in before if each.decision)]),
        reason=reason,
        report=report,
    )
    db.run(
        "add_profile_proposal",
        name=change.name,
        turn=change.turn,
        number=change.number,
        kind=kind.value,
        maker=change.maker,
        role=change.role,
        at_ms=change.at_ms,
        reason=reason,
        report_name=report and report.name,
        report_digest=report and report.digest,
        report_figures=report and report.figures and orjson.dumps(report.figures).decode(),
    )
    record_change(db, change, who, now_ms, reason)
    return change


def approve(db: Database, reference: Reference, who: Who, now_ms: int, note: str) -> Change:
    """Let what was proposed come into force, inside `writing`.

    Raises NotAllowed for whoever proposed it and for the wrong role, NotPossible where nothing, or another
    version, was proposed, and StoreError for what was altered.
    """
    waiting = _waiting(db, reference)
    if _same_person(who, waiting):
        raise NotAllowed(f"{who.name} proposed {waiting.what}; another person must approve it")
    who.require(Right.APPROVE_RULE)
    check_change(db, waiting)
    content(db, get(db, Reference(waiting.name, waiting.number)))
    return _decide(db, waiting, Verdict.APPROVED, who, now_ms, mask_text(note.strip()))


def refuse(db: Database, reference: Reference, who: Who, now_ms: int, reason: str) -> Change:
    """Turn down what was proposed, or take back what one proposed oneself, inside `writing`.

    Raises NotAllowed, NotPossible and WrongUse.
    """
    reason = said(reason)
    waiting = _waiting(db, reference)
    withdrawn = _same_person(who, waiting)
    who.require(Right.PROPOSE_RULE if withdrawn else Right.APPROVE_RULE)
    verdict = Verdict.WITHDRAWN if withdrawn else Verdict.REFUSED
    return _decide(db, waiting, verdict, who, now_ms, reason)


def said(reason: str) -> str:
    """Give a reason as it is kept. Raises WrongUse for none."""
    if not reason.strip():
        raise WrongUse("say why: whoever decides about it, and whoever reads the history, reads the reason")
    return mask_text(reason.strip())


def _decide(db: Database, change: Change, verdict: Verdict, who: Who, now_ms: int, note: str) -> Change:
    added = db.run(
        "add_profile_decision",
        name=change.name,
        turn=change.turn,
        maker=change.maker,
        verdict=verdict.value,
        checker=who.name,
        role=who.role.value,
        at_ms=max(now_ms, change.at_ms),
        note=note,
    )
    if not added:
        raise NotPossible(f"{change.what} was decided by somebody else just now; look at it again")
    decided = changes(db, change.name)[change.turn - 1]
    record_change(db, decided, who, now_ms, note)
    return decided


def _waiting(db: Database, reference: Reference) -> Change:
    """Give what waits for a second person."""
    before = changes(db, reference.name)
    if not before:
        raise NotPossible(f"nothing was proposed about {reference.name}")
    last = before[-1]
    if last.decision is not None:
        became = f"{last.what} was {last.decision.verdict} by {last.decision.checker}"
        raise NotPossible(f"nothing about {reference.name} waits for a second person; {became}")
    if reference.number not in (None, last.number):
        raise NotPossible(
            f"{last.what} waits for a second person, not {reference}; look at that one before you decide"
        )
    return last


def _refuse_misfit(
    kind: ChangeKind, version: Version, before: Sequence[Change], report: Report | None
) -> None:
    """Raise NotPossible or WrongUse for a proposal that does not fit what came before."""
    if before and before[-1].decision is None:
        waiting = before[-1]
        raise NotPossible(
            f"{waiting.what} was proposed by {waiting.maker} at {iso(waiting.at_ms)} and waits for its "
            "second person; approve or refuse that one first"
        )
    now = latest(before)
    if now is not None and now.number == version.number:
        raise NotPossible(f"{version.what} is in force already")
    been = any(each.in_force_since_ms is not None for each in before if each.number == version.number)
    if kind is ChangeKind.ROLLBACK and not been:
        raise NotPossible(f"{version.what} was never in force, so that nothing can go back to it; promote it")
    if kind is ChangeKind.PROMOTION and now is not None and report is None:
        raise WrongUse(
            f"{version.name}@{now.number} is in force; name the report on which another one is promoted: "
            "--report FILE"
        )


def _same_person(who: Who, change: Change) -> bool:
    return who.name.strip().casefold() == change.maker.strip().casefold()
