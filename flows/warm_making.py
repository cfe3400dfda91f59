"""Makes the file of what detectors remember of history: the state that a run over it leaves behind."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from zlib import crc32

import msgspec
from msgspec import Struct

from config.profiles import Profile
from flows.plan import BUCKETS, ScopePlan
from flows.recovery_survey import snapshots_in
from flows.snapshots import Snapshot
from flows.warm_file import SCHEMA, WARM_FORMAT, Warmed, WarmError, plans_of

# A cell begins with its latest event time: of a key that was in several partitions the latest one stays.
_PUT_CELL = """
INSERT INTO cells VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET cell = excluded.cell WHERE excluded.cell > cells.cell
"""


class Made(Struct, frozen=True, kw_only=True):
    """What a file holds: how many keys of each scope, up to when, and its size."""

    keys: dict[str, int]
    reached_ms: int
    file_bytes: int


def make_warm_file(path: Path, profile: Profile, state: Path) -> Made:
    """Write `path` from the recovery folder that a finished run of `profile` has left.

    Raises RecoveryError where the folder is damaged, WarmError as `write_warm_file` does.
    """
    return write_warm_file(path, profile.name, plans_of(profile), snapshots_in(state))


def write_warm_file(
    path: Path, profile: str, plans: Iterable[ScopePlan], snapshots: Iterable[tuple[str, Snapshot]]
) -> Made:
    """Write `path` from what the buckets of each scope have saved, in the layout of its plan.

    The file appears whole or not at all. Raises WarmError when no event is remembered by any detector.
    """
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as file:
            file.executescript(SCHEMA)
            keys, reached_ms = _put_cells(file, snapshots)
            file.execute("INSERT INTO about VALUES (?, ?, ?)", (WARM_FORMAT, profile, reached_ms))
            for plan in plans:
                _put_detectors(file, plan)
            file.commit()
        made = Made(keys=keys, reached_ms=reached_ms, file_bytes=draft.stat().st_size)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return made


def _put_cells(
    file: sqlite3.Connection, snapshots: Iterable[tuple[str, Snapshot]]
) -> tuple[dict[str, int], int]:
    keys: Counter[str] = Counter()
    reached_ms = 0
    for scope, (_, _, latest_ms, packed, _, due, _) in snapshots:
        reached_ms = max(reached_ms, latest_ms)
        cells = msgspec.msgpack.decode(packed, type=dict[str, bytes]) if packed else {}
        keys[scope] += len(cells)
        file.executemany(_PUT_CELL, ((scope, key, cell) for key, cell in cells.items()))
        file.executemany(
            "INSERT INTO due VALUES (?, ?, ?, ?)",
            ((scope, crc32(key.encode()) % BUCKETS, key, at_ms) for at_ms, key in (due[1] if due else ())),
        )
    if not keys.total():
        raise WarmError("no event of the history is remembered by any detector of the profile")
    return dict(keys), reached_ms


def _put_detectors(file: sqlite3.Connection, plan: ScopePlan) -> None:
    for place, watcher in enumerate(plan.watchers):
        made = Warmed.of(plan.scope.value, watcher)
        row = made.scope, place, made.name, made.version, made.state_version, json.dumps(made.parameters)
        file.execute("INSERT INTO detectors VALUES (?, ?, ?, ?, ?, ?)", row)
