"""The recovery store: made, checked and repaired before every start, with no engine alive.

RecoveryError           the folder cannot be resumed from; the text says why and what to do
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import msgspec
from bytewax.recovery import init_db_dir

# Files that state is spread over: enough for workers to write side by side, few to flush.
STORE_FILES = 4

# Raised when state of this version can no longer go on from that of the one before.
STATE_FORMAT = 1

IDENTITY = "riskdesk.json"
_DRAFT = f"{IDENTITY}.draft"
LOCK = "riskdesk.lock"
_ALL = slice(None)


# Number, workers and first epoch of a start; number of a start, a worker of it, and the epoch it reached.
Execution = tuple[int, int, int]
Front = tuple[int, int, int]


class RecoveryError(Exception):
    """The recovery folder cannot be resumed from."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose state a recovery folder holds."""

    flow: str
    profile: str
    state_format: int


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What a repair found: the epoch to resume from, and how many rows it took away."""

    resume_epoch: int
    stale: int
    tombstones: int


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the recovery folder for this process while the context lasts.

    Raises RecoveryError while another run has it: two would spoil each other's state.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise RecoveryError(
                f"{folder} is in use by another run; wait for it, or give another folder"
            ) from None
        yield


def prepare(folder: Path, flow: str, profile: str) -> Repaired:
    """Make the recovery store in `folder` if there is none, else check whose it is and repair it.

    Raises RecoveryError when the folder holds something else, or state of another flow, profile or format.
    """
    if not check_whose(folder, flow, profile):
        make(folder, flow, profile)
    return repair(folder)


def check_whose(folder: Path, flow: str, profile: str) -> bool:
    """Check that the folder holds nothing or what this run goes on with, and tell whether there is something.

    Raises RecoveryError when it holds state of another flow, profile or format.
    """
    if not (folder / IDENTITY).exists():
        return False
    found = read_identity(folder)
    if found != Identity(flow=flow, profile=profile, state_format=STATE_FORMAT):
        raise RecoveryError(
            f"{folder} holds the state of flow {found.flow}, profile {found.profile}, format "
            f"{found.state_format}; this run is flow {flow}, profile {profile}, format {STATE_FORMAT}: "
            "give another recovery folder, or run what it belongs to"
        )
    return True


def make(folder: Path, flow: str, profile: str, kept: slice = _ALL, count: int = STORE_FILES) -> None:
    """Make a recovery store of `count` files, of which the folder keeps those of the slice `kept`.

    Raises RecoveryError when the folder holds something else.
    """
    identity = Identity(flow=flow, profile=profile, state_format=STATE_FORMAT)
    folder.mkdir(parents=True, exist_ok=True)
    # Renamed last: while it is there, the folder is ours and was not finished.
    draft = folder / _DRAFT
    if draft.exists():
        for path in folder.glob("part-*.sqlite3*"):
            path.unlink()
    elif any(path.name != LOCK for path in folder.iterdir()):
        raise RecoveryError(
            f"{folder} is not empty and no recovery folder of ours; give an empty or a new one"
        )
    draft.write_bytes(msgspec.json.encode(identity))
    init_db_dir(folder, count)
    for index in set(range(count)) - set(range(count)[kept]):
        for path in folder.glob(f"part-{index}.sqlite3*"):
            path.unlink()
    draft.replace(folder / IDENTITY)


def unmake(folder: Path) -> None:
    """Let the store of a folder be made anew; only while nothing was ever saved into it."""
    (folder / IDENTITY).replace(folder / _DRAFT)


def known_partitions(folder: Path, step: str) -> frozenset[str]:
    """Give the partitions of a source or sink that the store remembers.

    The engine panics if one of a source is no longer listed.
    """
    with opened(folder) as files:
        rows = (
            row
            for file in files
            for row in file.execute("SELECT DISTINCT state_key FROM snaps WHERE step_id = ?", (step,))
        )
        return frozenset(str(key) for (key,) in rows)


def repair(folder: Path, agreed_epoch: int | None = None) -> Repaired:
    """Take away what the engine leaves behind and would trip over.

    Snapshots of an epoch that was being closed when the process died stay in the store; after the next
    crash they would be loaded although their events are replayed, and so be counted twice. Rows of
    discarded keys are never removed by the engine either, nor is what it wrote about earlier starts. Where
    the folder holds only a machine's share of the store, it cannot tell the epoch: the machines agree on one
    (flows/shares.py).
    """
    with opened(folder, whole=agreed_epoch is None) as files:
        executions, fronts = progress_rows(files)
        epoch = resume_epoch(executions, fronts) if agreed_epoch is None else agreed_epoch
        # Of a share alone it cannot be told which start was the last.
        last, _, _ = max(executions, default=(0, 1, 1)) if agreed_epoch is None else (0, 1, 1)
        stale = tombstones = 0
        for file in files:
            stale += file.execute("DELETE FROM snaps WHERE snap_epoch >= ?", (epoch,)).rowcount
            tombstones += file.execute(
                """
                DELETE FROM snaps WHERE (step_id, state_key) IN (
                    SELECT step_id, state_key FROM (
                        SELECT step_id, state_key, MAX(snap_epoch), ser_change
                        FROM snaps GROUP BY step_id, state_key
                    ) WHERE ser_change IS NULL
                )
                """
            ).rowcount
            for table in ("exs", "fronts"):
                file.execute(f"DELETE FROM {table} WHERE ex_num < ?", (last,))
            file.commit()
    return Repaired(resume_epoch=epoch, stale=stale, tombstones=tombstones)


def read_identity(folder: Path) -> Identity:
    """Read whose state a folder holds. Raises RecoveryError when it does not say."""
    path = folder / IDENTITY
    if not path.exists():
        raise RecoveryError(f"{folder} is no recovery folder of ours: there is no {IDENTITY} in it")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except msgspec.MsgspecError as error:
        raise RecoveryError(
            f"{path} does not say whose state this is ({error}); restore it, or begin anew with an empty "
            "folder"
        ) from error


def progress_rows(files: list[sqlite3.Connection]) -> tuple[list[Execution], list[Front]]:
    """Give what the engine wrote about its executions, and how far the workers of each came."""
    executions = [
        row for file in files for row in file.execute("SELECT ex_num, worker_count, resume_epoch FROM exs")
    ]
    fronts = [
        row
        for file in files
        for row in file.execute("SELECT ex_num, worker_index, worker_frontier FROM fronts")
    ]
    return executions, fronts


def resume_epoch(executions: Iterable[Execution], fronts: Iterable[Front]) -> int:
    """Work out, as the engine will, the first epoch that was not committed by every worker."""
    execution, workers, start = max(executions, default=(0, 1, 1))
    reached: dict[int, int] = dict.fromkeys(range(workers), start)
    for number, worker, frontier in fronts:
        if number == execution:
            reached[worker] = max(reached[worker], frontier)
    return min(reached.values())


@contextmanager
def opened(folder: Path, *, whole: bool = True) -> Iterator[list[sqlite3.Connection]]:
    """Open the files of a recovery folder.

    Raises RecoveryError when one cannot be read or, unless the folder is one machine's share of the store,
    is missing.
    """
    files = [sqlite3.connect(path, timeout=10) for path in sorted(folder.glob("part-*.sqlite3"))]
    try:
        if whole:
            _check_whole(folder, files)
        yield files
    except sqlite3.DatabaseError as error:
        raise RecoveryError(
            f"the state in {folder} cannot be read ({error}); restore it, or begin anew with an empty folder"
        ) from error
    finally:
        for file in files:
            file.close()


def _check_whole(folder: Path, files: list[sqlite3.Connection]) -> None:
    rows = [row for file in files for row in file.execute("SELECT part_index, part_count FROM parts")]
    wanted = max((count for _, count in rows), default=1)
    missing = sorted(set(range(wanted)) - {index for index, _ in rows})
    if missing:
        names = ", ".join(f"part-{index}.sqlite3" for index in missing)
        raise RecoveryError(
            f"{folder} has lost {names}; restore what is missing, or begin anew with an empty folder"
        )
