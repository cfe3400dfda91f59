"""The audit as the desk uses it: seal it, verify it, read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from cases.audit import log
from cases.audit.chain import Entry, Head, audit_key_id, entries, holds
from cases.audit.seal import Seal, append_to_file, read_file, signed, stored
from cases.audit.tampering import Break
from cases.audit.verify import verify
from cases.database import Database
from cases.errors import AuditBroken, NotFound
from cases.who import Right, Who
from domain.card_masking import mask_text

# Rows of an export read at once.
_PAGE = 2000
# Before every row, and behind them all.
_FIRST, _LAST = -(2**62), 2**62
# Where seals lie unless the operator says otherwise. Outside the store, and better outside the machine.
_SEALS_FILE = "audit.seals.jsonl"


class Wanted(NamedTuple):
    """Which rows are asked for: about an object, of an actor, of a verb, within [from_ms, to_ms)."""

    object: str | None = None
    actor: str | None = None
    verb: str | None = None
    from_ms: int = _FIRST
    to_ms: int = _LAST


class Verified(NamedTuple):
    """What was read: how many rows, the last row a seal vouches for, and what is wrong, by row."""

    rows: int
    sealed_to: int
    breaks: tuple[Break, ...]


@dataclass(frozen=True)
class SqlAudit:
    """The audit in an SQL database; `seals` is a file of seals outside it, beside the keys when not given."""

    db: Database

    def seals_file(self) -> Path:
        """Give where the seals lie when no other file is named."""
        return self.db.keys.folder / _SEALS_FILE

    def seal(self, now_ms: int, seals: Path | None = None) -> Seal | None:
        """Sign the rows since the last seal, into the store and the file; None when there are none.

        Raises AuditBroken rather than sign rows that do not hold, and KeyTrouble and SealTrouble.
        """
        file = seals or self.seals_file()
        with self.db.writing():
            made = seal_rows(self.db, now_ms, read_file(file))
        with self.db.reading():
            known = stored(self.db)
        append_to_file(file, known, self.db.keys.public_key)
        return made

    def seal_when_due(self, now_ms: int, every_ms: int, seals: Path | None = None) -> Seal | None:
        """Seal, unless the last seal is younger than `every_ms`."""
        with self.db.reading():
            known = stored(self.db)
        return None if known and now_ms - known[-1].sealed_at_ms < every_ms else self.seal(now_ms, seals)

    def verify(self, seals: Path | None = None, from_row: int = 1) -> Verified:
        """Check every row, or those from the seal on that covers `from_row`; whoever has the keys may.

        A named `seals` file must be there. Raises KeyTrouble, SealTrouble, and NotFound without such a seal.
        """
        if seals is not None and not seals.is_file():
            raise NotFound(
                f"there is no file of seals at {seals}; give the one that `riskdesk audit seal` wrote"
            )
        outside = read_file(seals or self.seals_file())
        with self.db.reading():
            key = _key_that_fits(self.db)
            known = sorted({*outside, *stored(self.db)}, key=lambda seal: (seal.seq_to, seal))
            start = _start(known, from_row)
            public_key = self.db.keys.public_key
            rows, breaks = verify(self.db, key, public_key, known, start)
        good = [seal.seq_to for seal in known if seal.signed_by(public_key)]
        return Verified(rows, max(good, default=0), tuple(breaks))

    def viewed(self, who: Who, object_: str, now_ms: int, reason: str = "") -> None:
        """Record that `who` was shown a person's data; before it is shown. Raises KeyTrouble."""
        with self.db.recording():
            log.viewed(self.db, who, object_, now_ms, reason)

    def list(
        self,
        who: Who,
        now_ms: int,
        *,
        object_: str | None = None,
        actor: str | None = None,
        verb: str | None = None,
        limit: int = 50,
    ) -> tuple[Entry, ...]:
        """Give the newest rows, the oldest of them first; that is recorded too. Raises NotAllowed."""
        who.require(Right.READ_AUDIT)
        with self.db.writing():
            rows = self.db.rows("last_audit_rows", object=object_, actor=actor, verb=verb, limit=limit)
            log.record(self.db, who, "audit_read", "audit:all" if object_ is None else object_, now_ms)
        return tuple(reversed(entries(rows)))

    def page(
        self, who: Who, now_ms: int, wanted: Wanted, *, before: int | None = None, limit: int = 100
    ) -> tuple[Entry, ...]:
        """Give rows, the newest first, those before row `before` where one is named; that is recorded too.

        Raises NotAllowed.
        """
        who.require(Right.READ_AUDIT)
        with self.db.writing():
            rows = self._page(wanted, _LAST if before is None else before, limit)
            log.record(self.db, who, "audit_read", mask_text(wanted.object or "audit:all"), now_ms)
        return tuple(rows)

    def export(self, who: Who, now_ms: int, wanted: Wanted) -> Iterator[Entry]:
        """Give all rows that are wanted, the newest first; that is on record before the first is given.

        Raises NotAllowed.
        """
        who.require(Right.READ_AUDIT)
        with self.db.writing():
            log.record(self.db, who, "audit_exported", wanted.object or "audit:all", now_ms)
        return self._pages(wanted)

    def _pages(self, wanted: Wanted) -> Iterator[Entry]:
        before = _LAST
        while True:
            with self.db.reading():
                rows = self._page(wanted, before, _PAGE)
            yield from rows
            if len(rows) < _PAGE:
                return
            before = rows[-1].seq

    def _page(self, wanted: Wanted, before: int, limit: int) -> Sequence[Entry]:
        return entries(self.db.rows("audit_rows_before", **wanted._asdict(), before=before, limit=limit))


def seal_rows(db: Database, now_ms: int, outside: Sequence[Seal] = ()) -> Seal | None:
    """Sign the rows since the last seal into the store; inside `writing`, whose own rows come after.

    Raises AuditBroken and KeyTrouble.
    """
    # Nobody else may seal the same rows meanwhile.
    key, last_seq, _ = log.lock_end(db)
    known = stored(db)
    sealed_to = known[-1].seq_to if known else 0
    lost = [seal for seal in outside if seal.seq_to > sealed_to]
    rows = entries(db.rows("audit_rows", seq_from=sealed_to + 1, seq_to=last_seq))
    whole = len(rows) == last_seq - sealed_to
    linked = all(after.prev_hash == before.hash for before, after in pairwise(rows))
    if lost or not whole or not linked or not all(holds(key, entry) for entry in rows):
        raise AuditBroken(
            "the audit is not as it was written, and was not sealed; run: riskdesk audit verify"
        )
    if not rows:
        return None
    seal = signed(db.keys.signing_key, rows, now_ms)
    db.run("add_audit_seal", **seal._asdict())
    return seal


def _key_that_fits(db: Database) -> bytes:
    """Give the key; one that the store does not name may still be right, when the name was altered."""
    key = log.key_of(db)
    if Head.of(db).key_id in ("", audit_key_id(key)):
        return key
    first = entries(db.rows("audit_page", after=0, limit=1))
    if first and holds(key, first[0]):
        return key
    raise log.wrong_key(db)


def _start(seals: Sequence[Seal], from_row: int) -> int:
    if from_row == 1:
        return 1
    for seal in seals:
        if seal.seq_from <= from_row <= seal.seq_to:
            return seal.seq_from
    raise NotFound(f"no seal covers row {from_row}; leave it out to verify from the first row")
