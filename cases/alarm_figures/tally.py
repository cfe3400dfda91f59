"""What happened to alarms since a moment, for counters that only grow."""

from collections import Counter

from msgspec import Struct

from cases.database import Database


class Tally(Struct, frozen=True, kw_only=True):
    """Alarms annunciated (by priority) and suppressed (by kind of reason) up to the event numbered `last`.

    `live` are those that the desk was told of and that are not closed, now; `in_flood` tells whether the
    flood gate holds alarms back.
    """

    last: int
    annunciated: dict[int, int]
    suppressed: dict[str, int]
    live: int
    in_flood: bool


def tally(db: Database, after: int | None) -> Tally:
    """Count what came after an event, nothing for None, to begin with; inside `reading`."""
    last: int = db.rows("last_alarm_event")[0]["last"]
    since = {"after": last if after is None else after, "last": last}
    told = {row["priority"]: row["alarms"] for row in db.rows("alarms_told_since", **since)}
    suppressed: Counter[str] = Counter()
    for row in db.rows("alarms_suppressed_since", **since):
        # Of what names another (outage:1f3a) the kind is the word before the colon.
        suppressed[(row["reason"] or "").partition(":")[0]] += row["alarms"]
    (standing,) = db.rows("alarms_standing")
    return Tally(
        last=last,
        annunciated=told,
        suppressed=dict(suppressed),
        live=standing["live"],
        in_flood=standing["floods"] > 0,
    )
