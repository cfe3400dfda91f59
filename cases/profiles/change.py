"""What was proposed about a profile and what became of it: frozen values that the store hands out."""

from enum import StrEnum
from typing import Any

import orjson
from msgspec import Struct

from cases.database import Row
from domain.instants import iso


class ChangeKind(StrEnum):
    """Which way a version comes into force."""

    PROMOTION = "promotion"  # of one that is new, on the strength of a report
    ROLLBACK = "rollback"  # to one that was in force before


class Verdict(StrEnum):
    """What became of a proposal."""

    APPROVED = "approved"  # by a second person; in force from then on
    REFUSED = "refused"  # by a second person
    WITHDRAWN = "withdrawn"  # by whoever proposed it


class Report(Struct, frozen=True, kw_only=True):
    """The report that a proposal rests on: its file's name and SHA-256, and its numbers where it has any."""

    name: str
    digest: str
    figures: dict[str, Any] | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided, by whom and when."""

    verdict: Verdict
    checker: str
    role: str
    at_ms: int
    note: str


class Change(Struct, frozen=True, kw_only=True):
    """That version `number` shall come into force; `turn` counts a profile's proposals from 1."""

    name: str
    turn: int
    number: int
    kind: ChangeKind
    maker: str
    role: str
    at_ms: int
    reason: str
    report: Report | None = None
    decision: Decision | None = None

    @property
    def in_force_since_ms(self) -> int | None:
        """From when on its version was in force, None where it never was by this."""
        if self.decision is None or self.decision.verdict is not Verdict.APPROVED:
            return None
        return self.decision.at_ms

    @property
    def what(self) -> str:
        """Say what it is in a few words."""
        joined = "of" if self.kind is ChangeKind.PROMOTION else "to"
        return f"the {self.kind} {joined} {self.name}@{self.number}"


def change_of(row: Row) -> Change:
    """Give the change that a row of the store holds."""
    report = decision = None
    if row["report_name"] is not None:
        figures = row["report_figures"] and orjson.loads(row["report_figures"])
        report = Report(name=row["report_name"], digest=row["report_digest"], figures=figures)
    if row["verdict"] is not None:
        decision = Decision(
            verdict=Verdict(row["verdict"]),
            checker=row["checker"],
            role=row["checker_role"],
            at_ms=row["decided_at_ms"],
            note=row["note"],
        )
    return Change(
        name=row["name"],
        turn=row["turn"],
        number=row["number"],
        kind=ChangeKind(row["kind"]),
        maker=row["maker"],
        role=row["role"],
        at_ms=row["at_ms"],
        reason=row["reason"],
        report=report,
        decision=decision,
    )


def change_record(change: Change) -> dict[str, Any]:
    """Give a change as one JSON object, with its times in ISO 8601 (UTC)."""
    report, decision = change.report, change.decision
    return {
        "profile": change.name,
        "turn": change.turn,
        "number": change.number,
        "kind": change.kind.value,
        "status": "proposed" if decision is None else decision.verdict.value,
        "maker": change.maker,
        "role": change.role,
        "at": iso(change.at_ms),
        "reason": change.reason,
        "report": report and {"name": report.name, "sha256": report.digest, "figures": report.figures},
        "checker": decision and decision.checker,
        "checker_role": decision and decision.role,
        "decided_at": decision and iso(decision.at_ms),
        "note": decision and decision.note,
    }
