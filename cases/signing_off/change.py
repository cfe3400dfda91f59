"""What was proposed about a version and what became of it: frozen values that the store hands out."""

from collections.abc import Mapping
from enum import StrEnum
from math import inf
from typing import Any

import msgspec
import orjson
from msgspec import Struct

from cases.database import Row
from domain.instants import iso


class ChangeKind(StrEnum):
    """Which way a version comes into force."""

    PROMOTION = "promotion"  # of one that is new, on the strength of a report
    ROLLBACK = "rollback"  # to one that was in force before
    REFRESH = "refresh"  # of one that is made as the one in force was, by its standing approval


class Verdict(StrEnum):
    """What became of a proposal."""

    APPROVED = "approved"  # by a second person
    REFUSED = "refused"  # by a second person
    WITHDRAWN = "withdrawn"  # by whoever proposed it


class Report(Struct, frozen=True, kw_only=True):
    """The report that a proposal rests on: its file's name and SHA-256, and its numbers where it has any."""

    name: str
    digest: str
    figures: dict[str, Any] | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """Bounds for the figures of what is made anew, within which it comes into force by the same approval."""

    at_least: dict[str, float] = {}
    at_most: dict[str, float] = {}

    def against(self, figures: Mapping[str, float]) -> list[str]:
        """Say which figures lie outside, or are missing."""
        outside = [
            f"{name} is {figures.get(name)}, not {bound:g} or more"
            for name, bound in sorted(self.at_least.items())
            if not figures.get(name, -inf) >= bound
        ]
        return outside + [
            f"{name} is {figures.get(name)}, not {bound:g} or less"
            for name, bound in sorted(self.at_most.items())
            if not figures.get(name, inf) <= bound
        ]


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided, by whom and when; `since_ms` is from when on an approved version is in force."""

    verdict: Verdict
    checker: str
    role: str
    at_ms: int
    note: str
    since_ms: int | None = None


class Change(Struct, frozen=True, kw_only=True):
    """That version `number` shall come into force; `turn` counts the proposals about a name from 1.

    `since_ms` is the event time that was proposed for it, None where the decision says from when on.
    """

    name: str
    turn: int
    number: int
    kind: ChangeKind
    maker: str
    role: str
    at_ms: int
    reason: str
    since_ms: int | None = None
    report: Report | None = None
    standing: Standing | None = None
    decision: Decision | None = None

    @property
    def in_force_since_ms(self) -> int | None:
        """From when on its version was in force, None where it never was by this."""
        if self.decision is None or self.decision.verdict is not Verdict.APPROVED:
            return None
        return self.decision.at_ms if self.decision.since_ms is None else self.decision.since_ms

    @property
    def version(self) -> str:
        """Name its version as people write it."""
        return f"{self.name}@{self.number}"

    @property
    def what(self) -> str:
        """Say what it is in a few words."""
        joined = "to" if self.kind is ChangeKind.ROLLBACK else "of"
        return f"the {self.kind} {joined} {self.version}"


def change_of(row: Row) -> Change:
    """Give the change that a row of the store holds."""
    report = decision = standing = None
    if row["standing"] is not None:
        standing = msgspec.json.decode(row["standing"], type=Standing)
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
            since_ms=row["in_force_ms"],
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
        since_ms=row["since_ms"],
        report=report,
        standing=standing,
        decision=decision,
    )


def change_record(change: Change, of: str) -> dict[str, Any]:
    """Give a change as one JSON object, with its times in ISO 8601 (UTC); `of` is what its name is of."""
    report, decision = change.report, change.decision
    since_ms = change.since_ms if change.in_force_since_ms is None else change.in_force_since_ms
    return {
        of: change.name,
        "turn": change.turn,
        "number": change.number,
        "kind": change.kind.value,
        "status": "proposed" if decision is None else decision.verdict.value,
        "maker": change.maker,
        "role": change.role,
        "at": iso(change.at_ms),
        "reason": change.reason,
        "report": report and {"name": report.name, "sha256": report.digest, "figures": report.figures},
        "standing": change.standing and msgspec.to_builtins(change.standing),
        "checker": decision and decision.checker,
        "checker_role": decision and decision.role,
        "decided_at": decision and iso(decision.at_ms),
        "note": decision and decision.note,
        "effective_at": None if since_ms is None else iso(since_ms),
    }
