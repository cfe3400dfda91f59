"""What each rule brings to the desk: how many alerts, which ones last, and how often it was right."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

import orjson
from msgspec import Struct

from cases.database import Database, Row
from cases.kpi.outcomes import false_positive_rate
from cases.kpi.values import Ratio
from cases.kpi.voice import Voice
from domain.findings import Severity
from domain.instants import from_ms

DAY_MS = 86_400_000
# Older alerts say little about a rule of today, and nobody waits for them to be looked through.
_LATEST_DAYS = 90
_EPOCH = date(1970, 1, 1)


class RuleLoad(Struct, frozen=True, kw_only=True):
    """How many alerts a rule told of, and when the last one happened (ms since 1970)."""

    detector: str
    alerts: int
    last_ms: int


class RuleAlert(Struct, frozen=True, kw_only=True):
    """An alert of a rule; `parameters` is how the rule was set when it told of it."""

    id: str
    case_id: str
    version: int
    at_ms: int
    severity: Severity
    probability: float
    reason: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class SqlRuleFigures:
    """What the rules of a store bring. Times are milliseconds since 1970."""

    db: Database

    def last_alert_ms(self, now_ms: int) -> int | None:
        """Give when the last alert up to now happened, whichever rule told of it."""
        with self.db.reading():
            at_ms: int | None = self.db.rows("last_alert_at", now_ms=now_ms)[0]["at_ms"]
        return at_ms

    def loads(self, from_ms: int, to_ms: int) -> tuple[RuleLoad, ...]:
        """Give what each rule told of within [from_ms, to_ms), in the order of their names."""
        with self.db.reading():
            rows = self.db.rows("rule_alerts", from_ms=from_ms, to_ms=to_ms)
        return tuple(RuleLoad(**dict(row)) for row in rows)

    def days(self, detector: str, from_ms: int, to_ms: int, zone: tzinfo) -> dict[date, int]:
        """Give how many alerts a rule told of on each day of `zone` that [from_ms, to_ms) touches.

        The clock is taken to be as far ahead all the time as it is at the end.
        """
        offset = _ahead_ms(to_ms, zone)
        with self.db.reading():
            rows = self.db.rows(
                "rule_alert_days", detector=detector, from_ms=from_ms, to_ms=to_ms, offset_ms=offset
            )
        counts = {row["day"]: row["alerts"] for row in rows}
        first, last = (from_ms + offset) // DAY_MS, (to_ms - 1 + offset) // DAY_MS
        return {_EPOCH + timedelta(days=day): counts.get(day, 0) for day in range(first, last + 1)}

    def latest(self, detector: str, now_ms: int, limit: int = 20) -> tuple[RuleAlert, ...]:
        """Give the last alerts of a rule, the newest first; of the last 90 days at most."""
        with self.db.reading():
            rows = self.db.rows(
                "rule_latest", detector=detector, from_ms=now_ms - _LATEST_DAYS * DAY_MS, limit=limit
            )
        return tuple(map(_alert, rows))


def _ahead_ms(at_ms: int, zone: tzinfo) -> int:
    """Give how far ahead of UTC the clock of a zone is at a time, in milliseconds."""
    ahead = from_ms(at_ms).astimezone(zone).utcoffset() or timedelta()
    return ahead // timedelta(milliseconds=1)


def precision(voices: Iterable[Voice]) -> dict[str, Ratio]:
    """Give for each detector: closed cases in which it was right / closed cases where that is known."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for voice in voices:
        for outcome, count in voice.outcomes.items():
            said[voice.detector] += [outcome] * count
    return {detector: _right(outcomes) for detector, outcomes in said.items()}


def _right(outcomes: list[str]) -> Ratio:
    wrong = false_positive_rate(outcomes)
    return Ratio(wrong.denominator - wrong.numerator, wrong.denominator)


def _alert(row: Row) -> RuleAlert:
    return RuleAlert(
        id=row["id"],
        case_id=row["case_id"],
        version=row["rule_version"],
        at_ms=row["at_ms"],
        severity=Severity(row["severity"]),
        probability=row["probability"],
        reason=row["reason"],
        parameters=orjson.loads(row["record"]).get("parameters", {}),
    )
