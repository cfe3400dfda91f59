"""Profiles in a store: versions are added, proposed, and come into force when a second person agrees.

Nothing is changed or taken away, so that what was in force can be told for every moment in the past.
"""

from dataclasses import dataclass
from typing import NamedTuple

from cases.database import Database
from cases.errors import WrongUse
from cases.profiles import reading
from cases.profiles.reading import InForce
from cases.profiles.version import Content, Reference, Version, checked, digest_of
from cases.profiles.vouching import record_version
from cases.signing_off.change import Change, ChangeKind, Report
from cases.signing_off.ledger import said
from cases.who import Right, Who


class Added(NamedTuple):
    """The version with what was to be added, and whether it is new or was there already."""

    version: Version
    new: bool


@dataclass(frozen=True)
class SqlProfiles:
    """The profiles of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database

    def add(
        self, content: Content, who: Who, now_ms: int, reason: str, *, parent: int | None = None
    ) -> Added:
        """Keep what a profile says as its next version, made from `parent`, by default the last one.

        What says the same as a version that there is makes none. Whoever adds it has checked that it can run.
        Raises NotAllowed, WrongUse for what cannot be kept, and NotFound for a parent that is not there.
        """
        who.require(Right.PROPOSE_RULE)
        reason = said(reason)
        content = checked(content)
        with self.db.writing():
            there = reading.versions(self.db, content.name)
            for version in there:
                if version.digest == content.digest:
                    return Added(version, new=False)
            if parent is not None:
                reading.named(there, Reference(content.name, parent))
            version = Version(
                name=content.name,
                number=len(there) + 1,
                digest=content.digest,
                tables={table.path: digest_of(table.body) for table in content.tables},
                parent=parent or len(there) or None,
                author=who.name,
                role=who.role.value,
                at_ms=now_ms,
                reason=reason,
            )
            self._keep(version, content)
            record_version(self.db, version, who, now_ms)
        return Added(version, new=True)

    def versions(self, name: str | None = None) -> tuple[Version, ...]:
        """Give the versions of a profile, the first one first, or of all profiles. Raises NotFound."""
        with self.db.reading():
            found = reading.versions(self.db, name)
        if name is not None and not found:
            raise reading.no_profile(name)
        return found

    def changes(self, name: str | None = None) -> tuple[Change, ...]:
        """Give what was proposed about a profile, in order, with what became of it; or about all profiles."""
        with self.db.reading():
            return reading.ledger(self.db).changes(name)

    def get(self, reference: Reference) -> tuple[Version, Content]:
        """Give a version, the one in force where none is numbered, with what it says.

        Raises NotFound, and StoreError for one that is not what was added and approved.
        """
        with self.db.reading():
            version = reading.get(self.db, reference)
            return version, reading.content(self.db, version)

    def in_force(self, name: str, at_ms: int | None = None) -> InForce:
        """Give the version that is in force now, or was at a time. Raises NotFound where none is, or was.

        Raises StoreError for one whose approval the audit does not vouch for.
        """
        with self.db.reading():
            return reading.in_force(self.db, name, at_ms)

    def promote(
        self, reference: Reference, who: Who, now_ms: int, reason: str, report: Report | None = None
    ) -> Change:
        """Propose that a version come into force, on the strength of a report.

        Only where no version is in force may it come without a report. Raises NotAllowed, WrongUse, NotFound,
        NotPossible, and StoreError for one that was altered.
        """
        with self.db.writing():
            return self._propose(ChangeKind.PROMOTION, reference, who, now_ms, reason, report)

    def rollback(
        self, reference: Reference, who: Who, now_ms: int, reason: str, report: Report | None = None
    ) -> Change:
        """Propose to go back to a version that was in force before; raises as `promote`."""
        with self.db.writing():
            return self._propose(ChangeKind.ROLLBACK, reference, who, now_ms, reason, report)

    def approve(self, reference: Reference, who: Who, now_ms: int, note: str = "") -> Change:
        """Let the version that was proposed come into force, from now on.

        Where the reference has a number it must be that of the proposal. Raises NotAllowed for whoever
        proposed it and for the wrong role, NotPossible where nothing, or something else, was proposed, and
        StoreError for what was altered.
        """
        with self.db.writing():
            ledger = reading.ledger(self.db)
            waiting = ledger.to_approve(reference.name, reference.number, who)
            reading.content(self.db, reading.get(self.db, Reference(waiting.name, waiting.number)))
            return ledger.approve(waiting, who, now_ms, note)

    def why_not(self, reference: Reference, who: Who) -> str:
        """Say why `who` may not approve what was proposed, nothing where they may."""
        with self.db.reading():
            return reading.ledger(self.db).why_not(reference.name, reference.number, who)

    def refuse(self, reference: Reference, who: Who, now_ms: int, reason: str) -> Change:
        """Turn down what was proposed; whoever proposed it takes it back by this.

        Raises NotAllowed for the wrong role, NotPossible as `approve`, and WrongUse without a reason.
        """
        with self.db.writing():
            return reading.ledger(self.db).refuse(reference.name, reference.number, who, now_ms, reason)

    def _propose(
        self,
        kind: ChangeKind,
        reference: Reference,
        who: Who,
        now_ms: int,
        reason: str,
        report: Report | None,
    ) -> Change:
        if reference.number is None:
            raise WrongUse(f"say which version: {reference}@2 is the second one")
        version = reading.named(reading.versions(self.db, reference.name), reference)
        reading.content(self.db, version)
        return reading.ledger(self.db).propose(
            kind, version.name, version.number, who, now_ms, reason, report
        )

    def _keep(self, version: Version, content: Content) -> None:
        place = {"name": version.name, "number": version.number}
        self.db.run(
            "add_profile_version",
            **place,
            digest=version.digest,
            text=content.text,
            parent=version.parent,
            author=version.author,
            role=version.role,
            at_ms=version.at_ms,
            reason=version.reason,
        )
        for table in content.tables:
            digest = version.tables[table.path]
            self.db.run("add_profile_file", digest=digest, body=table.body)
            self.db.run("add_profile_table", **place, path=table.path, digest=digest)
