"""Closed cases leave: first into an archive file, later out of the store. The audit stays.

Nothing is deleted that does not lie, unchanged, in a file that was read back; nor what an order holds, nor
while something is in force for the case.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from cases.audit.log import record
from cases.case import Status
from cases.database import Database, as_json
from cases.errors import StoreError
from cases.retention.archive_file import Archived, check_archive, write_archive
from cases.retention.holds import Hold, all_holds, held_by
from cases.retention.messages import forget_messages
from cases.retention.policy import RetentionPolicy, month_of, ripe_before_ms
from cases.retention.rows import Family, Line, delete_rows, digest, families, lines_of
from cases.retention.sign_ins import forget_sign_ins
from cases.who import Right, Who

# So many families are looked at together, and leave the store in one transaction.
_AT_ONCE = 100


class Purged(NamedTuple):
    """What a purge did: which cases left the store, and why the others stayed."""

    purged: tuple[str, ...]
    kept: Mapping[str, str]


def archive(
    db: Database, folder: Path, policy: RetentionPolicy, who: Who, now_ms: int
) -> tuple[tuple[Archived, ...], Mapping[str, str]]:
    """Write the cases whose time has come into files, one for each month of closing.

    Gives the files, and which cases were left out and why. Archiving again writes only what has been closed
    or has changed since. Raises NotAllowed, StoreError and OSError.
    """
    who.require(Right.RUN_STORE)
    with db.reading():
        ripe = db.rows("ripe_cases", before_ms=ripe_before_ms(now_ms, policy.archive_after_months))
        holds = all_holds(db)
    made = []
    kept: dict[str, str] = {}
    for month, rows in groupby(ripe, key=lambda row: month_of(row["closed_at_ms"])):
        closed_ms: dict[str, int] = {}
        roots = sorted(row["id"] for row in rows)
        lines = _ripe_lines(db, roots, holds, closed_ms, kept)
        first = next(lines, None)
        if first is None:
            continue
        written = write_archive(folder, month, _with(first, lines))
        _put_on_record(db, written, closed_ms, who, now_ms)
        made.append(written)
    return tuple(made), kept


def purge(db: Database, folder: Path, policy: RetentionPolicy, who: Who, now_ms: int) -> Purged:
    """Let archived cases whose time is over leave the store, and give which did and why others did not.

    `folder` holds the archive files, which are checked first. Raises NotAllowed.
    """
    who.require(Right.RUN_STORE)
    before_ms = ripe_before_ms(now_ms, policy.purge_after_months)
    with db.reading():
        rows = db.rows("cases_to_purge", before_ms=before_ms)
        sums = {row["file"]: row["sha256"] for row in db.rows("archives")}
    purged: list[str] = []
    kept: dict[str, str] = {}
    for file, of_file in groupby(rows, key=lambda row: str(row["file"])):
        digests = {row["case_id"]: row["digest"] for row in of_file}
        try:
            check_archive(folder, file, sums[file])
        except StoreError as error:
            kept |= dict.fromkeys(digests, str(error))
            continue
        for roots in _parts(sorted(digests)):
            with db.writing():
                stay = _purge(db, file, {root: digests[root] for root in roots}, who, now_ms)
            kept |= stay
            purged += [root for root in roots if root not in stay]
    with db.writing():
        db.run("purge_agent_states", before_ms=before_ms)
    forget_messages(db, policy, now_ms)
    forget_sign_ins(db, policy, now_ms)
    return Purged(tuple(purged), kept)


def _ripe_lines(
    db: Database,
    roots: Sequence[str],
    holds: Sequence[Hold],
    closed_ms: dict[str, int],
    kept: dict[str, str],
) -> Iterator[Line]:
    """Give the lines of these cases; notes when each was closed, and which are left out."""
    for some in _parts(roots):
        with db.reading():
            found = families(db, some)
            lines: list[Line] = []
            for root in some:
                why = held_by(holds, found[root].subjects)
                if why:
                    kept[root] = why
                    continue
                closed_ms[root] = found[root].closed_at_ms
                lines += lines_of(db, found[root])
        yield from lines


def _parts(roots: Sequence[str]) -> Iterator[Sequence[str]]:
    return (roots[start : start + _AT_ONCE] for start in range(0, len(roots), _AT_ONCE))


def _with(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _put_on_record(
    db: Database, written: Archived, closed_ms: Mapping[str, int], who: Who, now_ms: int
) -> None:
    file = written.file
    with db.writing():
        db.run(
            "add_archive",
            file=file,
            month=written.month,
            sha256=written.sha256,
            cases=len(written.digests),
            lines=written.lines,
            made_by=who.name,
            made_at_ms=now_ms,
        )
        db.run_all(
            "add_archived_case",
            [
                {"case_id": root, "file": file, "closed_at_ms": closed_ms[root], "digest": found}
                for root, found in written.digests.items()
            ],
        )
        after = {"sha256": written.sha256, "cases": len(written.digests)}
        record(db, who, "archived", f"archive:{file}", now_ms, after=after)


def _purge(db: Database, file: str, digests: Mapping[str, str], who: Who, now_ms: int) -> dict[str, str]:
    """Let cases leave, inside the caller's `writing`; gives which stay and why."""
    found = families(db, digests)
    holds = all_holds(db)
    busy = _busy(db, found, now_ms)
    stay: dict[str, str] = {}
    db.run("unlock_timeline", why="purge")
    for root, was in digests.items():
        family = found.get(root)
        why = (
            "it is not in the store" if family is None else held_by(holds, family.subjects) or busy.get(root)
        )
        if family is not None and why is None:
            why = _changed(db, family, was)
        if family is None or why is not None:
            stay[root] = why or ""
            continue
        delete_rows(db, family)
        db.run("case_purged", case_id=root, now_ms=now_ms)
    db.run("lock_timeline")
    left = [root for root in digests if root not in stay]
    if left:
        record(db, who, "purged", f"archive:{file}", now_ms, before=left, reason=f"{len(left)} cases")
    return stay


def _changed(db: Database, family: Family, was: str) -> str | None:
    """Say why a case is not what was archived, and let it be archived again."""
    if family.status is not Status.CLOSED:
        why = f"it is {family.status} again"
    elif digest(lines_of(db, family)) != was:
        why = "it has changed since it was archived"
    else:
        return None
    db.run("forget_archived_case", case_id=family.root)
    return f"{why}; the next `retention archive` takes it in as it is then"


def _busy(db: Database, found: Mapping[str, Family], now_ms: int) -> dict[str, str]:
    """Say for which cases something is under way or in force."""
    root_of = {case_id: family.root for family in found.values() for case_id in family.ids}
    rows = db.rows("live_actions", ids=as_json(root_of), now_ms=now_ms)
    return {root_of[row["case_id"]]: f"its {row['kind']} {row['id']} is {row['status']}" for row in rows}
