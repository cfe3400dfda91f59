"""Exports of evidence: only what a second person approved, and never unrecorded."""

from dataclasses import dataclass
from hashlib import sha256

from cases.actions.action import Action, action_of
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.actions.service import approved
from cases.audit.seal import append_to_file, read_file, stored
from cases.audit.service import SqlAudit, seal_rows
from cases.calling.policy import CallingPolicy
from cases.database import Database
from cases.errors import NotPossible
from cases.evidence.dossier import Dossier, read
from cases.evidence.excerpt import Excerpt, proven, rows_about
from cases.evidence.package import build
from cases.evidence.traces import EXPORTED
from cases.who import Right, Who
from cases.work.journal import enter


@dataclass(frozen=True)
class SqlEvidence:
    """The evidence in an SQL database; `time_zone` is the one its documents show times in."""

    db: Database
    time_zone: str = CallingPolicy.time_zone

    def export(self, case_id: str, who: Who, now_ms: int) -> bytes:
        """Give the signed package of a case, a zip; that it was made goes on record.

        The same case gives the same bytes. Raises NotAllowed, NotFound, AlreadyMerged, NotPossible without an
        approved export, AuditBroken rather than sign what was touched, and KeyTrouble and SealTrouble.
        """
        who.require(Right.EXPORT_EVIDENCE)
        audit = SqlAudit(self.db)
        outside = read_file(audit.seals_file())
        with self.db.writing():
            dossier = read(self.db, case_id, self.time_zone)
            export = self._approved(case_id, now_ms)
            rows = rows_about(self.db, dossier.objects)
            known = stored(self.db)
            if rows and rows[-1].seq > (known[-1].seq_to if known else 0):
                seal_rows(self.db, now_ms, outside)
                known = stored(self.db)
            excerpt = proven(self.db, rows)
        append_to_file(audit.seals_file(), known, self.db.keys.public_key)
        package = self._packed(dossier, excerpt, export)
        with self.db.writing():
            digest = sha256(package).hexdigest()
            enter(self.db, case_id, who, EXPORTED, now_ms, new=digest, note=f"approved by {export.checker}")
        return package

    def _packed(self, dossier: Dossier, excerpt: Excerpt, export: Action) -> bytes:
        return build(dossier, excerpt, export, self.db.keys.signing_key)

    def _approved(self, case_id: str, now_ms: int) -> Action:
        target = f"case:{case_id}"
        row = approved(self.db, Kind.EVIDENCE_EXPORT, target, now_ms)
        if row is not None:
            return action_of(row)
        for waiting in map(action_of, self.db.rows("actions_on_target", target=target)):
            if waiting.kind is Kind.EVIDENCE_EXPORT and waiting.status is Status.PROPOSED:
                raise NotPossible(
                    f"the export of case {case_id} waits for a second person, who is not {waiting.maker}: "
                    f"riskdesk action approve {waiting.id}"
                )
        raise NotPossible(
            f"evidence of case {case_id} leaves the house only when two people want it; first: "
            f"riskdesk action propose {case_id} --kind evidence_export --reason WHY"
        )
