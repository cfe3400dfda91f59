"""How a version comes into force: one person proposes it, and another one decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import orjson

from cases.audit.log import record
from cases.database import Database
from cases.errors import CaseError, NotAllowed, NotPossible, WrongUse
from cases.signing_off.change import Change, ChangeKind, Report, Standing, Verdict, change_of
from cases.signing_off.vouching import altered, check_count, said_of, verb_of, vouched
from cases.who import Right, Role, Who
from domain.card_masking import mask_text
from domain.instants import iso


@dataclass(frozen=True)
class Ledger:
    """The proposals about one kind of thing; `thing` is part of the names of statements and of the audit.

    All of it happens inside the caller's `reading` or `writing`. Times are milliseconds since 1970.
    """

    db: Database
    thing: str

    def changes(self, name: str | None) -> tuple[Change, ...]:
        """Give what was proposed about a name, or about all, in order."""
        return tuple(map(change_of, self.db.rows(f"changes_of_{self.thing}", name=name)))

    def propose(
        self,
        kind: ChangeKind,
        name: str,
        number: int,
        who: Who,
        now_ms: int,
        reason: str,
        report: Report | None,
        since_ms: int | None = None,
        standing: Standing | None = None,
    ) -> Change:
        """Put on record that a version, which the caller has looked at, shall come into force.

        Raises NotAllowed, WrongUse, and NotPossible for what does not fit what came before.
        """
        who.require(Right.PROPOSE_RULE)
        reason = said(reason)
        before = self.changes(name)
        _refuse_misfit(kind, name, number, before, report)
        change = Change(
            name=name,
            turn=len(before) + 1,
            number=number,
            kind=kind,
            maker=who.name,
            role=who.role.value,
            # History has one order, whatever the clocks of two machines say.
            at_ms=max([now_ms, *(each.decision.at_ms for each in before if each.decision)]),
            reason=reason,
            since_ms=since_ms,
            report=report,
            standing=standing,
        )
        self.db.run(
            f"propose_{self.thing}",
            name=name,
            turn=change.turn,
            number=number,
            kind=kind.value,
            maker=change.maker,
            role=change.role,
            at_ms=change.at_ms,
            reason=reason,
            since_ms=since_ms,
            report_name=report and report.name,
            report_digest=report and report.digest,
            report_figures=report and report.figures and orjson.dumps(report.figures).decode(),
            standing=standing and msgspec.json.encode(standing).decode(),
        )
        self._record(change, who, now_ms, reason)
        return change

    def to_approve(self, name: str, number: int | None, who: Who) -> Change:
        """Give what waits for the second person, whom `who` is; a number must be that of the proposal.

        Raises NotAllowed for whoever proposed it and for the wrong role, NotPossible where nothing, or
        another version, was proposed, and StoreError for what was altered.
        """
        waiting = self._waiting(name, number)
        if _same_person(who, waiting):
            raise NotAllowed(f"{who.name} proposed {waiting.what}; another person must approve it").known_as(
                "four_eyes", name=who.name
            )
        who.require(Right.APPROVE_RULE)
        self.check(waiting)
        return waiting

    def why_not(self, name: str, number: int | None, who: Who) -> str:
        """Say why `who` may not approve what waits about a name, nothing where they may."""
        try:
            self.to_approve(name, number, who)
        except CaseError as refusal:
            return str(refusal)
        return ""

    def approve(
        self, change: Change, who: Who, now_ms: int, note: str, since_ms: int | None = None
    ) -> Change:
        """Let come into force what `to_approve` gave: from `since_ms` on, or from now on without."""
        return self._decide(change, Verdict.APPROVED, who, now_ms, mask_text(note.strip()), since_ms)

    def approve_by(self, earlier: Change, change: Change, who: Who, now_ms: int, since_ms: int) -> Change:
        """Let a refresh, which `who` brought, come into force by the standing approval of an earlier change.

        Its checker is that of the earlier one. Raises NotAllowed where they are one person, NotPossible where
        there is no such approval, and StoreError for one that was altered.
        """
        self.check(earlier)
        if earlier.standing is None or earlier.decision is None:
            raise NotPossible(f"{earlier.what} has no standing approval")
        checker = Who(earlier.decision.checker, Role(earlier.decision.role))
        if _same_person(checker, change):
            raise NotAllowed(f"{checker.name} gave the standing approval; another must bring what it is for")
        note = f"by the standing approval of turn {earlier.turn}"
        return self._decide(change, Verdict.APPROVED, checker, now_ms, note, since_ms, by=who)

    def refuse(self, name: str, number: int | None, who: Who, now_ms: int, reason: str) -> Change:
        """Turn down what was proposed, or take back what one proposed oneself.

        Raises NotAllowed, NotPossible and WrongUse.
        """
        reason = said(reason)
        waiting = self._waiting(name, number)
        withdrawn = _same_person(who, waiting)
        who.require(Right.PROPOSE_RULE if withdrawn else Right.APPROVE_RULE)
        verdict = Verdict.WITHDRAWN if withdrawn else Verdict.REFUSED
        return self._decide(waiting, verdict, who, now_ms, reason)

    def check(self, change: Change) -> None:
        """See that a proposal, or a decision, is one that was made.

        Raises StoreError for what was altered, and KeyTrouble for a key that is not this store's.
        """
        verb = verb_of(self.thing, change)
        if not vouched(self.db, f"{self.thing}:{change.version}", verb, said_of(change)):
            raise altered(change.version, f"the audit vouches for no {verb} of it")

    def check_approvals(self, name: str, changes: Iterable[Change]) -> None:
        """See that no approval about a name is gone from its changes. Raises StoreError."""
        approved = sum(each.in_force_since_ms is not None for each in changes)
        check_count(self.db, self.thing, name, "approved", approved, "approvals")

    def _decide(
        self,
        change: Change,
        verdict: Verdict,
        who: Who,
        now_ms: int,
        note: str,
        since_ms: int | None = None,
        by: Who | None = None,
    ) -> Change:
        added = self.db.run(
            f"decide_{self.thing}",
            name=change.name,
            turn=change.turn,
            maker=change.maker,
            verdict=verdict.value,
            checker=who.name,
            role=who.role.value,
            at_ms=max(now_ms, change.at_ms),
            note=note,
            in_force_ms=since_ms,
        )
        if not added:
            raise NotPossible(f"{change.what} was decided by somebody else just now; look at it again")
        decided = self.changes(change.name)[change.turn - 1]
        self._record(decided, by or who, now_ms, note)
        return decided

    def _waiting(self, name: str, number: int | None) -> Change:
        before = self.changes(name)
        if not before:
            raise NotPossible(f"nothing was proposed about {name}")
        last = before[-1]
        if last.decision is not None:
            became = f"{last.what} was {last.decision.verdict} by {last.decision.checker}"
            raise NotPossible(f"nothing about {name} waits for a second person; {became}")
        if number not in (None, last.number):
            raise NotPossible(
                f"{last.what} waits for a second person, not {name}@{number}; look at that one before you "
                "decide"
            )
        return last

    def _record(self, change: Change, who: Who, now_ms: int, reason: str) -> None:
        object_, verb = f"{self.thing}:{change.version}", verb_of(self.thing, change)
        record(self.db, who, verb, object_, now_ms, after=said_of(change), reason=reason)


def latest(of: Iterable[Change], at_ms: int | None = None) -> Change | None:
    """Give the change by which a version is in force, or was at a time."""
    found = None
    for change in of:
        since_ms = change.in_force_since_ms
        if since_ms is not None and (at_ms is None or since_ms <= at_ms):
            found = change
    return found


def said(reason: str) -> str:
    """Give a reason as it is kept. Raises WrongUse for none."""
    if not reason.strip():
        raise WrongUse("say why: whoever decides about it, and whoever reads the history, reads the reason")
    return mask_text(reason.strip())


def _refuse_misfit(
    kind: ChangeKind, name: str, number: int, before: Sequence[Change], report: Report | None
) -> None:
    """Raise NotPossible or WrongUse for a proposal that does not fit what came before."""
    version = f"{name}@{number}"
    if before and before[-1].decision is None:
        waiting = before[-1]
        raise NotPossible(
            f"{waiting.what} was proposed by {waiting.maker} at {iso(waiting.at_ms)} and waits for its "
            "second person; approve or refuse that one first"
        )
    now = latest(before)
    if now is not None and now.number == number:
        raise NotPossible(f"{version} is in force already")
    been = any(each.in_force_since_ms is not None for each in before if each.number == number)
    if kind is ChangeKind.ROLLBACK and not been:
        raise NotPossible(f"{version} was never in force, so that nothing can go back to it; promote it")
    if kind is ChangeKind.PROMOTION and now is not None and report is None:
        raise WrongUse(
            f"{now.version} is in force; name the report on which another one is promoted: --report FILE"
        )


def _same_person(who: Who, change: Change) -> bool:
    return who.name.strip().casefold() == change.maker.strip().casefold()
