"""A bank in one small file, for tests and demonstrations: it keeps what it was told, each key once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec import json

from cases.actions.core_banking import Answer, Instruction, Verdict
from cases.actions.kinds import Operation

_TURN_S = 15.0
_TABLE = """
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    lifts TEXT,
    instruction TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class LoopbackBank:
    """Core banking as `CoreBanking` asks for it, in the SQLite file at `journal`; no money, no network.

    Guarantee: what it answered is on the disk. A key takes effect once, and a repeat is answered as the first
    was; a key that was lifted before it came is rejected. A journal that cannot be written answers RETRY.
    Several processes may use one journal.
    """

    journal: Path

    def carry_out(self, instruction: Instruction) -> Answer:
        try:
            with self._opened() as journal:
                return _carried_out(journal, instruction)
        except sqlite3.Error as error:
            return Answer(verdict=Verdict.RETRY, detail=f"the journal {self.journal.name} is away: {error}")

    def effects(self) -> list[Instruction]:
        """Give what took effect, in its order."""
        with self._opened() as journal:
            rows = journal.execute("SELECT instruction FROM journal ORDER BY number").fetchall()
        return [json.decode(row[0], type=Instruction) for row in rows]

    def held(self, target: str, now_ms: int) -> tuple[str, ...]:
        """Give the keys that hold a target at a time: what was not lifted and has not ended by itself."""
        told = [each for each in self.effects() if each.target == target]
        lifted = {each.lifts for each in told}
        return tuple(
            each.key
            for each in told
            if each.operation is not Operation.LIFT
            and each.key not in lifted
            and (each.until_ms is None or each.until_ms > now_ms)
        )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.journal, timeout=_TURN_S, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_TABLE)
            yield connection
        finally:
            connection.close()


def _carried_out(journal: sqlite3.Connection, instruction: Instruction) -> Answer:
    journal.execute("BEGIN IMMEDIATE")
    known = journal.execute("SELECT number FROM journal WHERE key = ?", (instruction.key,)).fetchone()
    if known is None:
        if journal.execute("SELECT 1 FROM journal WHERE lifts = ?", (instruction.key,)).fetchone():
            journal.execute("ROLLBACK")
            return Answer(verdict=Verdict.REJECTED, detail="it was lifted before it came")
        known = journal.execute(
            "INSERT INTO journal (key, target, lifts, instruction) VALUES (?, ?, ?, ?) RETURNING number",
            (
                instruction.key,
                instruction.target,
                instruction.lifts,
                json.encode(instruction).decode(),
            ),
        ).fetchone()
    journal.execute("COMMIT")
    return Answer(verdict=Verdict.DONE, reference=f"loopback-{known[0]}")
