"""Requests that programs send under a key: each is done once, and a repeat is answered the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from msgspec import Struct

from cases.database import Database
from cases.errors import NotPossible, WrongUse
from domain.instants import iso

# How long a repeat is known as one.
KEPT_MS = 24 * 3_600_000
# Whoever answers takes less long; a request that is older was cut off.
_LONGEST_MS = 60_000
_AT_ONCE = 1000


class Answered(Struct, frozen=True, kw_only=True):
    """What a request was answered: a status of HTTP, headers, and a body of JSON or nothing."""

    status: int
    headers: Mapping[str, str]
    body: str


class OtherRequest(WrongUse):
    """The key was used before, for something else."""


@dataclass(frozen=True)
class SqlRepeats:
    """The requests of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database

    def begin(self, program: str, key: str, digest: str, now_ms: int) -> Answered | None:
        """Take a request up; None where it is to be done now, else what it was answered before.

        Raises OtherRequest where `digest` says that this is another one, and NotPossible while the first is
        at work, or was cut off.
        """
        with self.db.writing():
            self._sweep(now_ms)
            if self.db.run("begin_request", program=program, key=key, digest=digest, now_ms=now_ms):
                return None
            (row,) = self.db.rows("api_request", program=program, key=key)
        if row["digest"] != digest:
            raise OtherRequest(
                f"key {key!r} was used at {iso(row['began_ms'])} for another request; take a new key for "
                "each request, and the same one only to repeat it as it was"
            )
        if row["status"] is not None:
            return Answered(status=row["status"], headers=orjson.loads(row["headers"]), body=row["body"])
        if now_ms < row["began_ms"] + _LONGEST_MS:
            raise NotPossible(f"the request with key {key!r} is being worked on; ask again in a moment")
        raise NotPossible(
            f"the request with key {key!r} was cut off at {iso(row['began_ms'])}, and may have been done; "
            "look whether it was, and send it under a new key if not"
        )

    def keep(self, program: str, key: str, answered: Answered) -> None:
        """Keep what a request was answered, for its repeats."""
        headers = orjson.dumps(dict(answered.headers)).decode()
        with self.db.writing():
            self.db.run(
                "answer_request",
                program=program,
                key=key,
                status=answered.status,
                headers=headers,
                body=answered.body,
            )

    def sweep_if_due(self, now_ms: int) -> None:
        """Forget requests that are too old to come again; a look-up where there is none."""
        with self.db.reading():
            due = self.db.rows("old_request", before_ms=now_ms - KEPT_MS, limit=1)
        if due:
            with self.db.writing():
                self._sweep(now_ms)

    def _sweep(self, now_ms: int) -> None:
        self.db.run("forget_requests", before_ms=now_ms - KEPT_MS, limit=_AT_ONCE)

    def forget(self, program: str, key: str) -> None:
        """Let a request that changed nothing be sent again under its key."""
        with self.db.writing():
            self.db.run("forget_request", program=program, key=key)
