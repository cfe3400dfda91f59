"""Figures of a store's alarms: reads the alarms of a period and hands them to what knows the formulas."""

from collections import defaultdict
from dataclasses import dataclass, field

from cases.alarm_figures.answers import acknowledgements
from cases.alarm_figures.load import DAY_MS, Span
from cases.alarm_figures.report import AlarmFigures, Period, alarm_figures
from cases.alarm_figures.rows import AlarmRow, EventRow, History, ShelvedRow
from cases.alarm_figures.tally import Tally, tally
from cases.database import Database, Row
from cases.errors import WrongUse
from cases.policy import QueuePolicy
from devices.codes import catalogue
from devices.failures import Acknowledgement
from domain.instants import iso, span_ms

# States in which the desk was told of a condition that is there.
_SHOWN = ("unacknowledged", "acknowledged")


@dataclass(frozen=True)
class SqlAlarmFigures:
    """The figures of a store's alarms. Times are milliseconds since 1970, of events."""

    db: Database
    policy: QueuePolicy = field(default_factory=QueuePolicy)

    def figures(self, from_ms: int, to_ms: int, now_ms: int) -> AlarmFigures:
        """Give every figure of [from_ms, to_ms), as far as alarms are settled and not beyond `now_ms`.

        Raises WrongUse when nothing of the period is settled yet, or it ends before it begins.
        """
        with self.db.reading():
            settled_ms = _settled_ms(self.db)
            known_ms = min(now_ms, settled_ms)
            end_ms = min(to_ms, known_ms)
            if end_ms <= from_ms:
                raise WrongUse(_nothing(from_ms, to_ms, settled_ms))
            period = Period(
                from_ms=from_ms,
                to_ms=end_ms,
                now_ms=known_ms,
                histories=self._histories(from_ms, end_ms),
                gate=tuple(
                    EventRow("", row["at_ms"], row["what"])
                    for row in self.db.rows("flood_events", **_reach(from_ms, end_ms))
                ),
                shelved=tuple(
                    ShelvedRow(**dict(row)) for row in self.db.rows("alarms_put_aside", now_ms=known_ms)
                ),
                never_suppressed=catalogue().never_suppressed,
            )
        return alarm_figures(period, self.policy.alarm_figures)

    def span(self) -> Span | None:
        """Give the time of which the store knows: from the first alarm to what is settled; None of none."""
        with self.db.reading():
            first_ms = self.db.rows("first_alarm")[0]["first_ms"]
            settled_ms = _settled_ms(self.db)
        return None if first_ms is None else Span(first_ms, settled_ms)

    def acknowledgements(self, from_ms: int, to_ms: int) -> list[Acknowledgement]:
        """Give the alarms of devices annunciated in [from_ms, to_ms) that were taken up, for their MTTA."""
        with self.db.reading():
            histories = self._histories(from_ms, to_ms)
        return acknowledgements(histories, Span(from_ms, to_ms))

    def tally(self, after: int | None) -> Tally:
        """Give what happened since the event numbered `after`, and how things stand."""
        with self.db.reading():
            return tally(self.db, after)

    def _histories(self, from_ms: int, to_ms: int) -> tuple[History, ...]:
        """Read the alarms that were there in [from_ms, to_ms) or in the day before, with all their events."""
        span = _reach(from_ms, to_ms)
        events: defaultdict[str, list[EventRow]] = defaultdict(list)
        for row in self.db.rows("alarm_events_of_period", **span):
            events[row["alarm"]].append(self._event(row))
        alarms = (AlarmRow(**dict(row)) for row in self.db.rows("alarms_of_period", **span))
        return tuple(History(alarm, tuple(events[alarm.id])) for alarm in alarms)

    def _event(self, row: Row) -> EventRow:
        at_ms = row["at_ms"]
        if row["what"] == "returned" and row["old"] in _SHOWN:
            # It counts as over only when it has been away for the off-delay; it was over before that.
            at_ms -= span_ms(self.policy.alarms.off_delay)
        return EventRow(row["alarm"], at_ms, row["what"], row["new"])


def _reach(from_ms: int, to_ms: int) -> dict[str, int]:
    """Give what is read for a period: a flood may have begun in the day before."""
    return {"from_ms": from_ms - DAY_MS, "to_ms": to_ms}


def _settled_ms(db: Database) -> int:
    """Give up to when alarms are settled; 0 where there never were any."""
    return max((row["settled_ms"] for row in db.rows("alarms_settled")), default=0)


def _nothing(from_ms: int, to_ms: int, settled_ms: int) -> str:
    if to_ms <= from_ms < settled_ms:
        return f"the period from {iso(from_ms)} to {iso(to_ms)} is empty; its end must lie behind"
    known = f"alarms before {iso(settled_ms)}" if settled_ms else "no alarms yet"
    return f"the store knows {known}, so nothing can be said of {iso(from_ms)} and later"
