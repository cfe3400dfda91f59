"""The recovery store: made, checked and repaired before every start, with no engine alive.

RecoveryError           the folder cannot be resumed from; the text says why and what to do
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import msgspec
from bytewax.recovery import init_db_dir

# Files that state is spread over: enough for workers to write side by side, few to flush.
STORE_FILES = 4

# Raised when state of this version can no longer go on from that of the one before.
STATE_FORMAT = 1

_IDENTITY = "riskdesk.json"
_LOCK = "riskdesk.lock"


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
    with (folder / _LOCK).open("w") as lock:
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
    ours = Identity(flow=flow, profile=profile, state_format=STATE_FORMAT)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _IDENTITY).exists():
        _make(folder, ours)
    found = _identity(folder)
    if found != ours:
        raise RecoveryError(
            f"{folder} holds the state of flow {found.flow}, profile {found.profile}, format "
            f"{found.state_format}; this run is flow {flow}, profile {profile}, format {STATE_FORMAT}: "
            "give another recovery folder, or run what it belongs to"
        )
    return repair(folder)


def known_partitions(folder: Path, step: str) -> frozenset[str]:
    """Give the partitions of a source or sink that the store remembers.

    The engine panics if one of a source is no longer listed.
    """
    with _opened(folder) as files:
        rows = (
            row
            for file in files
            for row in file.execute("SELECT DISTINCT state_key FROM snaps WHERE step_id = ?", (step,))
        )
        return frozenset(str(key) for (key,) in rows)


def repair(folder: Path) -> Repaired:
    """Take away what the engine leaves behind and would trip over.

    Snapshots of an epoch that was being closed when the process died stay in the store; after the next
    crash they would be loaded although their events are replayed, and so be counted twice. Rows of
    discarded keys are never removed by the engine either.
    """
    with _opened(folder) as files:
        epoch = _resume_epoch(files)
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
            file.commit()
    return Repaired(resume_epoch=epoch, stale=stale, tombstones=tombstones)


def _make(folder: Path, identity: Identity) -> None:
    # Renamed last: while it is there, the folder is ours and was not finished.
    draft = folder / f"{_IDENTITY}.draft"
    if draft.exists():
        for path in folder.glob("part-*.sqlite3*"):
            path.unlink()
    elif any(path.name != _LOCK for path in folder.iterdir()):
        raise RecoveryError(
            f"{folder} is not empty and no recovery folder of ours; give an empty or a new one"
        )
    draft.write_bytes(msgspec.json.encode(identity))
    init_db_dir(folder, STORE_FILES)
    draft.replace(folder / _IDENTITY)


def _identity(folder: Path) -> Identity:
    path = folder / _IDENTITY
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except msgspec.MsgspecError as error:
        raise RecoveryError(
            f"{path} does not say whose state this is ({error}); restore it, or begin anew with an empty "
            "folder"
        ) from error


def _resume_epoch(files: list[sqlite3.Connection]) -> int:
    """Work out, as the engine will, the first epoch that was not committed by every worker."""
    executions = [
        row for file in files for row in file.execute("SELECT ex_num, worker_count, resume_epoch FROM exs")
    ]
    if not executions:
        return 1
    execution, workers, start = max(executions)
    reached: dict[int, int] = dict.fromkeys(range(workers), start)
    for file in files:
        rows = file.execute("SELECT worker_index, worker_frontier FROM fronts WHERE ex_num = ?", (execution,))
        for worker, frontier in rows:
            reached[worker] = max(reached[worker], frontier)
    return min(reached.values())


@contextmanager
def _opened(folder: Path) -> Iterator[list[sqlite3.Connection]]:
    files = [sqlite3.connect(path, timeout=10) for path in sorted(folder.glob("part-*.sqlite3"))]
    try:
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
