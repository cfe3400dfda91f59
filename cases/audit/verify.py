"""Reads the audit from its beginning, or from a seal, and names every row that is not as it was written."""

from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cases.audit import merkle
from cases.audit.chain import GENESIS, Entry, Head, audit_key_id, entries, holds
from cases.audit.seal import Seal, leaf_of
from cases.audit.tampering import Break, Tampering, explained, row_words
from cases.database import Database

# Rows read at once.
_PAGE = 10_000
# Below every row that the store lets in; a forger's may lie there.
_BELOW_ALL = -(2**62)


def verify(
    db: Database, key: bytes, public_key: Ed25519PublicKey, seals: Sequence[Seal], seq_from: int = 1
) -> tuple[int, list[Break]]:
    """Check the rows from `seq_from` on (1, or the first of a seal), the head and `seals`; inside `reading`.

    Gives the number of rows read and what is wrong with them, by row.
    """
    head = Head.of(db)
    chain = _Chain(key, seq_from)
    sealing = _Sealing(public_key, [seal for seal in seals if seal.seq_to >= seq_from], seq_from)
    for entry in _rows(db, seq_from):
        chain.take(entry)
        sealing.take(entry)
    end = max([head.seq, *(seal.seq_to for seal in seals)])
    breaks = chain.breaks(head, end)
    breaks += sealing.breaks(chain.last_seq, breaks)
    return chain.rows, sorted(breaks)


def _rows(db: Database, seq_from: int) -> Iterator[Entry]:
    after = _BELOW_ALL if seq_from == 1 else seq_from - 1
    while page := entries(db.rows("audit_page", after=after, limit=_PAGE)):
        yield from page
        after = page[-1].seq


class _Chain:
    """Checks each row against its own hash and against the row before."""

    def __init__(self, key: bytes, seq_from: int) -> None:
        self.rows = 0
        self.last_seq = seq_from - 1
        self._key = key
        # What the next row must follow; None where that cannot be known.
        self._last_hash: str | None = GENESIS if seq_from == 1 else None
        self._broken: list[Entry] = []
        self._breaks: list[Break] = []
        self._missing: list[int] = []

    def take(self, entry: Entry) -> None:
        follows = entry.seq == self.last_seq + 1
        if entry.seq > self.last_seq + 1:
            self._deleted(self.last_seq + 1, entry.seq - 1)
        if not holds(self._key, entry):
            self._broken.append(entry)
            self._last_hash = None
        else:
            if follows and self._last_hash not in (None, entry.prev_hash):
                words = f"row {entry.seq} does not follow row {self.last_seq}: two stores were put together"
                self._breaks.append(Break(entry.seq, entry.seq, Tampering.UNFOLLOWING, words))
            self._last_hash = entry.hash
        self.rows += 1
        self.last_seq = max(entry.seq, 0)

    def breaks(self, head: Head, end: int) -> list[Break]:
        """Give what is wrong, when the head and the seals say that the audit goes up to row `end`."""
        last = self.last_seq
        if last < end:
            words = f"{row_words(last + 1, end)} cut off at the end of the audit"
            self._breaks.append(Break(last + 1, end, Tampering.CUT_OFF, words))
        elif last > head.seq or self._last_hash not in (None, head.hash):
            words = f"the end of the chain was altered: it says row {head.seq} and the last row is {last}"
            self._breaks.append(Break(last, last, Tampering.HEAD, words))
        if head.key_id not in ("", audit_key_id(self._key)):
            words = "the name of the key at the end of the chain was altered"
            self._breaks.append(Break(last, last, Tampering.HEAD, words))
        return self._breaks + explained(self._key, self._broken, self._missing, head.seq, last)

    def _deleted(self, first: int, last: int) -> None:
        self._missing.extend(range(first, last + 1))
        words = f"{row_words(first, last)} deleted"
        self._breaks.append(Break(first, last, Tampering.DELETED, words))


class _Sealing:
    """Compares the rows with what the seals say of them, seal by seal."""

    def __init__(self, public_key: Ed25519PublicKey, seals: Sequence[Seal], seq_from: int) -> None:
        self._breaks: list[Break] = []
        self._next = seq_from
        self._leaves: list[bytes] = []
        self._waiting: list[Seal] = []
        for seal in sorted(seals, key=lambda seal: seal.seq_to, reverse=True):
            if seal.signed_by(public_key):
                self._waiting.append(seal)
            else:
                self._say(seal, f"{seal.words()} does not carry the signature of the desk's key")

    def take(self, entry: Entry) -> None:
        while self._waiting and entry.seq > self._waiting[-1].seq_to:
            self._close()
        self._leaves.append(leaf_of(entry))

    def breaks(self, last_seq: int, known: Sequence[Break]) -> list[Break]:
        """Give what is wrong with seals, and with rows whose fault is not `known` yet."""
        while self._waiting and self._waiting[-1].seq_to <= last_seq:
            self._close()
        return [found for found in self._breaks if not any(_explains(other, found) for other in known)]

    def _close(self) -> None:
        seal, leaves = self._waiting.pop(), self._leaves
        self._leaves = []
        if seal.seq_from != self._next:
            self._say(
                seal, f"{seal.words()} does not follow the one before, over rows up to {self._next - 1}"
            )
        elif not leaves or merkle.root(leaves).hex() != seal.root:
            rows = row_words(seal.seq_from, seal.seq_to)
            self._say(
                seal, f"{rows} written anew after they were sealed, by someone with the key of the audit"
            )
        self._next = seal.seq_to + 1

    def _say(self, seal: Seal, words: str) -> None:
        self._breaks.append(Break(seal.seq_from, seal.seq_to, Tampering.SEAL, words))


def _explains(known: Break, found: Break) -> bool:
    """Tell whether rows under a seal are known to be wrong, so that it cannot fit them."""
    return known.seq <= found.seq_to and found.seq <= known.seq_to and known.kind is not Tampering.HEAD
