"""How the desk stands at this moment, in a few numbers for whoever keeps it running."""

from msgspec import Struct

from cases.database import Database
from cases.delivery.topics import TOPICS
from cases.outbox import CORE_BANKING
from cases.ranking import BAND_NAMES


class CasesStanding(Struct, frozen=True, kw_only=True):
    """Live cases of one kind, band and status; since when the oldest can be worked, when the first is due."""

    kind: str
    band: str
    status: str
    cases: int
    oldest_ms: int
    due_ms: int


class AlarmsUnacknowledged(Struct, frozen=True, kw_only=True):
    """Alarms of one priority that nobody has taken up, and when the oldest was told (event time)."""

    priority: int
    alarms: int
    oldest_ms: int


class MessagesStanding(Struct, frozen=True, kw_only=True):
    """Messages of one topic that wait or were given up; `oldest_ms` is since when the oldest waits."""

    topic: str
    waiting: int
    given_up: int
    oldest_ms: int | None


class DeskGauges(Struct, frozen=True, kw_only=True):
    """How the desk stands; times are milliseconds since 1970.

    `unsealed` counts the rows of the audit since the last seal, `unsealed_since_ms` is when the first of them
    was written.
    """

    cases: tuple[CasesStanding, ...]
    alarms: tuple[AlarmsUnacknowledged, ...]
    messages: tuple[MessagesStanding, ...]
    unsealed: int
    unsealed_since_ms: int | None
    sealed_at_ms: int | None


def read_gauges(db: Database) -> DeskGauges:
    """Read how the desk stands, as of one moment."""
    topics = (*TOPICS, CORE_BANKING)
    with db.reading():
        cases = [
            CasesStanding(**dict(row) | {"band": BAND_NAMES[row["band"]]})
            for row in db.rows("cases_standing")
        ]
        alarms = [AlarmsUnacknowledged(**dict(row)) for row in db.rows("alarms_unacknowledged")]
        waiting = {row["topic"]: row for row in db.rows("messages_waiting")}
        given_up = {row["topic"]: row["messages"] for row in db.rows("messages_given_up")}
        (audit,) = db.rows("audit_unsealed")
    return DeskGauges(
        cases=tuple(cases),
        alarms=tuple(alarms),
        messages=tuple(
            MessagesStanding(
                topic=topic,
                waiting=waiting[topic]["messages"] if topic in waiting else 0,
                given_up=given_up.get(topic, 0),
                oldest_ms=waiting[topic]["oldest_ms"] if topic in waiting else None,
            )
            for topic in topics
        ),
        **dict(audit),
    )
