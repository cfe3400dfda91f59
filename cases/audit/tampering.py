"""What can be done to the rows of an audit, and how it is told what was done."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from cases.audit.chain import Entry, row_hash
from domain.instants import iso
from domain.wording import counted

# Of how many rows at most it is tried where they came from.
_TRIED = 500


class Tampering(StrEnum):
    """What was done."""

    EDITED = "edited"
    DELETED = "deleted"
    MOVED = "moved"  # swapped with another, or renumbered
    INSERTED = "inserted"
    CUT_OFF = "cut_off"  # deleted at the end
    UNFOLLOWING = "unfollowing"  # right by itself and not after the row before
    HEAD = "head"  # the record of where the chain ends
    SEAL = "seal"  # a seal, or rows chained anew under one


class Break(NamedTuple):
    """Something was done to the rows `seq` to `seq_to`; `words` is a sentence without a full stop."""

    seq: int
    seq_to: int
    kind: Tampering
    words: str


def row_words(first: int, last: int) -> str:
    """Name rows as the subject of something that was done to them."""
    return f"row {first} was" if first == last else f"rows {first} to {last} were"


def explained(
    key: bytes, broken: Sequence[Entry], missing: Sequence[int], head_seq: int, last_seq: int
) -> list[Break]:
    """Say of each row whose hash is wrong whether it was edited, moved or put in.

    `missing` are numbers without a row; the head says that the audit ends with `head_seq`, and the last row
    that there is has `last_seq`.
    """
    origins = dict(_origins(key, broken[:_TRIED], missing[:_TRIED], last_seq))
    breaks = [
        _explained(entry, origins, head_seq)
        for entry in broken
        if origins.get(entry.seq) in (None, entry.seq)
    ]
    breaks.extend(_moved(origins))
    # Where a row was deleted and the rest renumbered, its number holds another and nothing holds it.
    for seq in origins.keys() - set(origins.values()):
        if not (seq == last_seq and origins[seq] < seq):
            words = f"the row that was written as row {seq} was deleted, and later rows were renumbered"
            breaks.append(Break(seq, seq, Tampering.DELETED, words))
    return breaks


def _explained(entry: Entry, origins: Mapping[int, int], head_seq: int) -> Break:
    says = f"{iso(entry.at_ms)} {entry.actor} {entry.verb} {entry.object}"
    if not 1 <= entry.seq <= head_seq or origins.get(entry.seq + 1) == entry.seq:
        words = f"row {entry.seq} was put in; it says: {says}"
        return Break(entry.seq, entry.seq, Tampering.INSERTED, words)
    return Break(entry.seq, entry.seq, Tampering.EDITED, f"row {entry.seq} was edited; it now says: {says}")


def _origins(
    key: bytes, broken: Sequence[Entry], missing: Iterable[int], last_seq: int
) -> Iterable[tuple[int, int]]:
    """Give, for each row that was moved, its number and the one that it was written with."""
    by_seq = {entry.seq: entry for entry in broken}
    tried = {*by_seq, *missing, last_seq + 1}
    for entry in broken:
        for seq in sorted(tried, key=lambda seq: abs(seq - entry.seq)):
            # Moved with its hashes, or only what it says, into the hashes of the other.
            stands = by_seq.get(seq, entry)
            if seq != entry.seq and (
                row_hash(key, entry._replace(seq=seq), entry.prev_hash) == entry.hash
                or row_hash(key, entry._replace(seq=seq), stands.prev_hash) == stands.hash
            ):
                yield entry.seq, seq
                break


def _moved(origins: Mapping[int, int]) -> Iterable[Break]:
    """Say which rows were moved; of many that were moved alike, once."""
    numbered = enumerate(sorted(origins.items()))
    for _, group in groupby(numbered, key=lambda item: (item[1][0] - item[0], item[1][1] - item[1][0])):
        run = [pair for _, pair in group]
        (first, origin), (last, _) = run[0], run[-1]
        if first == last:
            words = f"row {first} was moved: it holds what was written as row {origin}"
        else:
            words = (
                f"rows {first} to {last} were moved: {counted(len(run), 'row')} that were written as row "
                f"{origin} and on"
            )
        yield Break(first, last, Tampering.MOVED, words)
