"""The attempts to reach somebody, as they are shown: when, on which number, by whom, and how it ended."""

from msgspec import Struct

from cases.database import Database


class Attempt(Struct, frozen=True, kw_only=True):
    """One call; one that is still open has no end and no disposition. Times are milliseconds since 1970."""

    id: int
    task_id: int
    subject: str
    reference: str
    agent: str
    started_at_ms: int
    answered_at_ms: int | None
    ended_at_ms: int | None
    disposition: str | None
    callback_at_ms: int | None
    note: str | None
    recording_ref: str | None


def attempts_of_case(db: Database, case_id: str) -> tuple[Attempt, ...]:
    """Give every attempt of a case in the order of their beginnings; inside a transaction."""
    rows = db.rows("attempts_of_case", case_id=case_id)
    return tuple(Attempt(**{name: row[name] for name in Attempt.__struct_fields__}) for row in rows)
