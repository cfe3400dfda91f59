"""What lies in a recovery folder: whose it is, how much of what, by which formats, and how old."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from fcntl import LOCK_NB, LOCK_SH, flock
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import msgspec
from msgspec import Struct

from domain.instants import to_ms
from flows.recovery import LOCK, RecoveryError, opened, progress_rows, read_identity, resume_epoch
from flows.snapshots import Snapshot, current, read_plain
from flows.state_formats import read_formats

_WATCH = "watch_"


class StepState(Struct, frozen=True, kw_only=True):
    """What a step of the flow has saved: rows, their bytes, and the keys that a watched scope has."""

    step: str
    rows: int
    bytes: int
    keys: int | None = None


class Survey(Struct, frozen=True, kw_only=True):
    """What lies in a recovery folder.

    `saved_ms` is when the last row was written and `event_ms` the latest event time that a scope has seen, in
    milliseconds since 1970, None where nothing was. `not_committed` are rows that the next start takes away.
    `snapshots` counts the buckets by the format of their snapshot, `detectors` those by the state version.
    """

    flow: str
    profile: str
    in_use: bool
    resume_epoch: int
    partitioned_by: str
    enabled: tuple[str, ...]
    steps: tuple[StepState, ...]
    not_committed: int
    file_bytes: int
    saved_ms: int | None
    event_ms: int | None
    snapshots: dict[int, int]
    detectors: dict[str, dict[int, int]]


def survey(folder: Path) -> Survey:
    """Look through a recovery folder; a run that has it may go on meanwhile.

    Raises RecoveryError when it is none, or something of it is missing or damaged.
    """
    identity = read_identity(folder)
    formats = read_formats(folder)
    seen = _Seen()
    with opened(folder) as files:
        epoch = resume_epoch(*progress_rows(files))
        for file in files:
            for step, size, pickled in _committed(file, epoch):
                seen.add(step, size, pickled, folder)
        not_committed = sum(_one(file, "SELECT COUNT(*) FROM snaps") for file in files) - seen.rows.total()
        saved = max(
            filter(None, (_one(file, "SELECT MAX(created_at) FROM snaps") for file in files)), default=None
        )
    return Survey(
        flow=identity.flow,
        profile=identity.profile,
        in_use=in_use(folder),
        resume_epoch=epoch,
        partitioned_by=formats.partitioned_by,
        enabled=formats.enabled,
        steps=seen.steps,
        not_committed=not_committed,
        file_bytes=sum(path.stat().st_size for path in folder.glob("part-*.sqlite3*")),
        saved_ms=None if saved is None else to_ms(datetime.fromisoformat(saved).replace(tzinfo=UTC)),
        event_ms=seen.event_ms or None,
        snapshots=dict(seen.snapshots),
        detectors={name: dict(versions) for name, versions in sorted(seen.detectors.items())},
    )


def in_use(folder: Path) -> bool:
    """Tell whether a run has the folder."""
    path = folder / LOCK
    if not path.exists():
        return False
    with path.open() as lock:
        try:
            flock(lock, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def latest_event_ms(folder: Path) -> int | None:
    """Give the latest event time that the state knows of, None where it knows none or cannot be read."""
    latest_ms = 0
    try:
        with opened(folder, whole=False) as files:
            for file in files:
                for step, _, pickled in _committed(file, resume_epoch(*progress_rows(files))):
                    if _is_watched(step):
                        latest_ms = max(latest_ms, current(read_plain(pickled))[2])
    except (RecoveryError, UnpicklingError, TypeError, ValueError, EOFError):
        return None
    return latest_ms or None


def snapshots_in(folder: Path) -> Iterator[tuple[str, Snapshot]]:
    """Give what each bucket has saved, with its scope, as a start would resume from it.

    Of the job's own profile alone. Raises RecoveryError when something is missing or damaged.
    """
    with opened(folder) as files:
        epoch = resume_epoch(*progress_rows(files))
        for file in files:
            for step, _, pickled in _committed(file, epoch):
                if _is_watched(step):
                    yield step.partition(".")[2].removeprefix(_WATCH), current(read_plain(pickled))


class _Seen:
    """What the rows add up to."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.event_ms = 0
        self.snapshots: Counter[int] = Counter()
        self.detectors: dict[str, Counter[int]] = {}
        self._bytes: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()

    def add(self, step: str, size: int, pickled: bytes, folder: Path) -> None:
        self.rows[step] += 1
        self._bytes[step] += size
        if not _is_watched(step):
            return
        try:
            saved = read_plain(pickled)
            _, layout, latest_ms, packed, *_ = current(saved)
            keys = len(msgspec.msgpack.decode(packed, type=dict[str, bytes])) if packed else 0
        except (UnpicklingError, TypeError, ValueError, EOFError, msgspec.MsgspecError) as error:
            raise RecoveryError(f"a row of {step} in {folder} is no snapshot of ours: {error}") from error
        self._keys[step] += keys
        self.event_ms = max(self.event_ms, latest_ms)
        self.snapshots[saved[0]] += 1
        for name, version in layout:
            self.detectors.setdefault(name, Counter())[version] += 1

    @property
    def steps(self) -> tuple[StepState, ...]:
        return tuple(
            StepState(step=step, rows=rows, bytes=self._bytes[step], keys=self._keys.get(step))
            for step, rows in sorted(self.rows.items())
        )


def _committed(file: sqlite3.Connection, epoch: int) -> Iterator[tuple[str, int, bytes]]:
    """Give the rows that a start would resume from: step, size and content."""
    yield from file.execute(
        """
        SELECT step_id, LENGTH(ser_change), ser_change FROM (
            SELECT step_id, state_key, MAX(snap_epoch), ser_change
            FROM snaps WHERE snap_epoch < ? GROUP BY step_id, state_key
        ) WHERE ser_change IS NOT NULL
        """,
        (epoch,),
    )


def _is_watched(step: str) -> bool:
    return step.partition(".")[2].startswith(_WATCH)


def _one(file: sqlite3.Connection, question: str) -> Any:
    return file.execute(question).fetchone()[0]
