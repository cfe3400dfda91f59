"""Figures of a store: reads the rows of a window and hands them to the functions that know the formulas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

import orjson

from cases.calling.dispositions import DISPOSITIONS
from cases.database import Database, as_json
from cases.errors import WrongUse
from cases.kpi.agents import AT_WORK
from cases.kpi.calls import work_per_attempt
from cases.kpi.policy import KpiPolicy
from cases.kpi.report import Window, report
from cases.kpi.rows import AttemptRow, CallbackRow, CaseRow, CheckRow, RuleRow, StateRow
from cases.kpi.values import Figure, Ratio
from cases.kpi.voice import Said, Voice, voices
from cases.ranking import BAND_NAMES
from cases.work.agent_states import AgentState
from domain.instants import iso

_RIGHT_PARTY = as_json(each.code for each in DISPOSITIONS.values() if each.right_party)
# Calls are promised for the next days, a month at most.
_LONGEST_PROMISE_MS = 31 * 86_400_000
# Actions that keep money from going while they are in force.
_BLOCKING = as_json(("temporary_block", "stop_payment", "freeze"))


class BandBacklog(NamedTuple):
    """The live cases of a band, those of them that nobody took up, and that are late; the oldest's time."""

    band: int
    cases: int
    unclaimed: int
    overdue: int
    oldest_ms: int | None


@dataclass(frozen=True)
class SqlKpi:
    """The figures of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database
    policy: KpiPolicy = field(default_factory=KpiPolicy)

    def figures(self, from_ms: int, to_ms: int, now_ms: int, *, live: bool = True) -> list[Figure]:
        """Give every figure of [from_ms, to_ms) as it stands at `now_ms`.

        Without `live` cases, of which there may be very many, those of the backlog are of nothing: `backlog`
        counts them at once. Raises WrongUse for a window that ends before it begins.
        """
        return report(self.window(from_ms, to_ms, now_ms, live=live), self.policy)

    def window(self, from_ms: int, to_ms: int, now_ms: int, *, live: bool = True) -> Window:
        """Read what the figures of a window are made of, as of one moment. Raises WrongUse as `figures`."""
        span = _span(from_ms, to_ms)
        with self.db.reading():
            rows = self.db.rows
            return Window(
                from_ms=from_ms,
                to_ms=to_ms,
                now_ms=now_ms,
                ready=self._cases("kpi_ready", span),
                closed=self._cases("kpi_closed", span),
                contacted=self._cases("kpi_contacted", span),
                live=self._cases("kpi_live", {}) if live else (),
                attempts=tuple(AttemptRow(**dict(row)) for row in rows("kpi_attempts", **span)),
                callbacks=self._callbacks(span),
                rules=tuple(RuleRow(**dict(row)) for row in rows("kpi_rules", **span)),
                checks=tuple(CheckRow(**dict(row)) for row in rows("kpi_checks", **span)),
                states=tuple(StateRow(**dict(row)) for row in rows("kpi_states", **span)),
            )

    def voice(self, from_ms: int, to_ms: int, zone: tzinfo = UTC) -> list[Voice]:
        """Give what customers said in the months of [from_ms, to_ms), by detector. Raises WrongUse."""
        span = _span(from_ms, to_ms)
        with self.db.reading():
            outcomes, dispositions = (
                [Said(row["at_ms"], row["detector"], row["said"]) for row in self.db.rows(name, **span)]
                for name in ("kpi_outcomes_said", "kpi_dispositions_said")
            )
        return voices(outcomes, dispositions, zone)

    def alert_times(self, from_ms: int, to_ms: int) -> list[int]:
        """Give when the alerts of [from_ms, to_ms) happened, for a forecast. Raises WrongUse."""
        span = _span(from_ms, to_ms)
        with self.db.reading():
            return [row["at_ms"] for row in self.db.rows("kpi_alert_times", **span)]

    def work(self, from_ms: int, to_ms: int) -> tuple[Ratio, Ratio]:
        """Give what alerts of [from_ms, to_ms) meant: calls per alert, and milliseconds per call.

        A call's time is dialling, talk and wrap-up of all attempts. Raises WrongUse as `figures`.
        """
        span = _span(from_ms, to_ms)
        with self.db.reading():
            alerts = len(self.db.rows("kpi_alert_times", **span))
            per_attempt = measured_work(self.db, from_ms, to_ms)
        return Ratio(per_attempt.denominator, alerts), per_attempt

    def backlog(self, now_ms: int) -> tuple[BandBacklog, ...]:
        """Give how many cases are live in each band, and how many of them are late at `now_ms`."""
        with self.db.reading():
            found = {row["band"]: row for row in self.db.rows("kpi_backlog", now_ms=now_ms)}
        empty = {"cases": 0, "unclaimed": 0, "overdue": 0, "oldest_ms": None}
        return tuple(
            BandBacklog(**{"band": band, **empty, **dict(found.get(band, {}))})
            for band in range(len(BAND_NAMES))
        )

    def agents_by_state(self) -> dict[str, int]:
        """Give how many agents do what now; who is gone is not counted."""
        with self.db.reading():
            found = {row["state"]: row["agents"] for row in self.db.rows("current_states")}
        return {state: found[state] for state in AgentState if state in found and state != AgentState.OFFLINE}

    def at_work(self) -> int:
        """Give how many agents are on cases now, or ready for one."""
        with self.db.reading():
            return agents_at_work(self.db)

    def _callbacks(self, span: Mapping[str, int]) -> tuple[CallbackRow, ...]:
        rows = self.db.rows("kpi_callbacks", **span, earliest_ms=span["from_ms"] - _LONGEST_PROMISE_MS)
        return tuple(CallbackRow(**dict(row)) for row in rows)

    def _cases(self, name: str, span: Mapping[str, int]) -> tuple[CaseRow, ...]:
        ids = [row["id"] for row in self.db.rows(name, **span)]
        return tuple(_case_rows(self.db, ids))


def measured_work(db: Database, from_ms: int, to_ms: int) -> Ratio:
    """Give the milliseconds that a call of [from_ms, to_ms) took in all; inside a transaction."""
    rows = db.rows("kpi_attempts", from_ms=from_ms, to_ms=to_ms)
    return work_per_attempt(AttemptRow(**dict(row)) for row in rows)


def agents_at_work(db: Database) -> int:
    """Give how many agents are on cases now, or ready for one; inside a transaction."""
    return sum(row["agents"] for row in db.rows("current_states") if row["state"] in AT_WORK)


def _case_rows(db: Database, ids: Iterable[str]) -> Iterable[CaseRow]:
    for row in db.rows("kpi_cases", ids=as_json(ids), right_party=_RIGHT_PARTY, blocking=_BLOCKING):
        values = dict(row)
        band = BAND_NAMES.index(orjson.loads(values.pop("breakdown"))["band"])
        blocked = values.pop("blocks") > 0
        yield CaseRow(**values, band=band, blocked=blocked)


def _span(from_ms: int, to_ms: int) -> dict[str, int]:
    if to_ms <= from_ms:
        raise WrongUse(f"the window from {iso(from_ms)} to {iso(to_ms)} is empty; its end must lie behind")
    return {"from_ms": from_ms, "to_ms": to_ms}
