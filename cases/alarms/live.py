"""An alarm as a row of the store that is being changed, and a line of what happened to one."""

from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from cases.alarms.fingerprints import Fingerprint
from cases.alarms.states import ACTIVE, Event, State, alarm_after
from cases.database import Row
from cases.timeline import DESK


class LiveAlarm(Struct, kw_only=True):
    """One row of the table `alarm`, field by field, until it is written back."""

    id: str
    place: str
    device: str | None
    branch: str | None
    component: str
    unit: int
    code: str
    detector: str
    priority: int
    state: State
    suppressed_by: str | None = None
    parent: str | None = None
    since_ms: int
    raised_at_ms: int
    annunciate_at_ms: int | None = None
    annunciated_at_ms: int | None = None
    acknowledged_at_ms: int | None = None
    acknowledged_by: str | None = None
    returned_at_ms: int | None = None
    closed_at_ms: int | None = None
    occurrences: int
    shelved_until_ms: int | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    case_id: str | None = None
    alert_id: str
    words: str
    due_ms: int | None = None

    @classmethod
    def of(cls, row: Row) -> "LiveAlarm":
        """Read a row."""
        values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - rows give values when iterated
        return cls(**{**values, "state": State(row["state"])})

    @property
    def row(self) -> dict[str, Any]:
        """Give the row."""
        return {**asdict(self), "state": self.state.value}

    @property
    def fingerprint(self) -> Fingerprint:
        """Give what it is about."""
        return Fingerprint(self.place, self.component, self.unit, self.code)

    @property
    def active(self) -> bool:
        """Whether its condition is there."""
        return self.state in ACTIVE

    def move(self, event: Event) -> tuple[str, str]:
        """Let an event happen to it and give the states before and after."""
        before = self.state
        self.state = alarm_after(before, event)
        return before.value, self.state.value

    def unshelve(self) -> None:
        """Take it off the shelf."""
        self.shelved_until_ms = self.shelved_by = self.shelve_reason = None


def event_row(
    alarm: str | None,
    at_ms: int,
    what: str,
    *,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
    actor: str = DESK,
) -> dict[str, Any]:
    """Give one line of `alarm_event`, still without a number."""
    return {
        "alarm": alarm,
        "at_ms": at_ms,
        "what": what,
        "old": old,
        "new": new,
        "actor": actor,
        "note": note,
    }
