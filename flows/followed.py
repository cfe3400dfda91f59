"""How far behind a flow is with a folder that it follows, from the outside: by its recovery store."""

import pickle
import sqlite3
from pathlib import Path, PurePath

from connectors.file_reading import Position
from flows.dataflow import SOURCE_STEP


def bytes_behind(recovery: Path, folder: Path) -> int | None:
    """Give how many bytes of a folder of plain files the flow that keeps `recovery` has not committed.

    All of it while the flow has committed nothing; None where the store cannot be read. The store is pickled:
    give only a recovery folder that is guarded like code.
    """
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.jsonl")}
    try:
        position = _position(recovery, folder)
    except (sqlite3.Error, pickle.UnpicklingError):
        return None
    waiting = sum(size for name, size in sizes.items() if name >= position.name)
    return max(0, waiting - position.offset)


def _position(recovery: Path, folder: Path) -> Position:
    """Give the latest position that the flow took down in `folder`, which it knows by the end of its path."""
    rows = []
    for path in recovery.glob("part-*.sqlite3"):
        # The flow writes to it: only looked at.
        file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            rows += file.execute(
                "SELECT state_key, snap_epoch, ser_change FROM snaps"
                " WHERE step_id LIKE ? AND ser_change IS NOT NULL",
                (f"%.{SOURCE_STEP}",),
            ).fetchall()
        finally:
            file.close()
    ours = [(epoch, state) for key, epoch, state in rows if _ends_with(folder.absolute(), PurePath(key))]
    return Position.of(pickle.loads(max(ours)[1])) if ours else Position()


def _ends_with(path: PurePath, end: PurePath) -> bool:
    return path.parts[-len(end.parts) :] == end.parts
