"""A recovery folder made small, and copied: whole, of one moment, and ready to start from."""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

from msgspec import Struct

from flows.recovery import IDENTITY, RecoveryError, Repaired, held, opened, read_identity, repair
from flows.state_formats import FORMATS

# An epoch is written in a moment and the next one follows seconds later.
_TRIES = 100
_PAUSE_S = 0.1
# Who may read a backup may read the tokens in it.
_MODE = 0o600


class Compacted(Struct, frozen=True, kw_only=True):
    """What a repair took away, and the size of the folder's files before and after."""

    repaired: Repaired
    before_bytes: int
    after_bytes: int


def compact(folder: Path) -> Compacted:
    """Take away what no start needs, and give the room back to the disk.

    Raises RecoveryError while a run has the folder, or when it is none or damaged.
    """
    read_identity(folder)
    with held(folder):
        before = _size(folder)
        repaired = repair(folder)
        with opened(folder) as files:
            for file in files:
                file.execute("VACUUM")
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Compacted(repaired=repaired, before_bytes=before, after_bytes=_size(folder))


def export(folder: Path, target: Path) -> Repaired:
    """Write a backup of the folder, which may be in use, as one archive; unpacked, a run starts from it.

    A name that ends in .gz or .tgz makes it compressed. Raises RecoveryError when the folder is none or
    damaged, or is written all the time, and OSError when the target cannot be written.
    """
    read_identity(folder)
    with TemporaryDirectory(prefix="riskdesk-", dir=target.parent) as name:
        copy = Path(name) / "recovery"
        copy.mkdir()
        _copy(folder, copy)
        # What a crash at that moment would have left is what a start would find: put right already.
        repaired = repair(copy)
        with opened(copy) as files:
            for file in files:
                file.execute("PRAGMA journal_mode = DELETE")
                file.execute("VACUUM")
        draft = Path(name) / "archive"
        with tarfile.open(draft, "w:gz" if target.suffix in (".gz", ".tgz") else "w") as archive:
            for path in sorted(copy.iterdir()):
                archive.add(path, path.name, filter=_nobodys)
        draft.chmod(_MODE)
        draft.replace(target)
    return repaired


def _copy(folder: Path, copy: Path) -> None:
    for _ in range(_TRIES):
        with _pinned(folder) as files:
            if files is not None:
                for path, file in files.items():
                    with closing(sqlite3.connect(copy / path.name)) as into:
                        file.backup(into)
                for path in (folder / IDENTITY, *folder.glob(FORMATS)):
                    (copy / path.name).write_bytes(path.read_bytes())
                return
        sleep(_PAUSE_S)
    raise RecoveryError(
        f"{folder} is written all the time; stop the run, or give it longer epochs (--epoch-s)"
    )


@contextmanager
def _pinned(folder: Path) -> Iterator[dict[Path, sqlite3.Connection] | None]:
    """Hold all files as they are at one moment, which stops nobody; None when they were written just then.

    One after the other comes into a transaction of its own. If none of them was written since the first,
    there is a moment at which all are what the transactions see.
    """
    with opened(folder) as watching, opened(folder) as reading:
        before = [_version(file) for file in watching]
        for file in reading:
            file.execute("BEGIN")
            file.execute("SELECT COUNT(*) FROM parts").fetchone()
        still = [_version(file) for file in watching] == before
        paths = sorted(folder.glob("part-*.sqlite3"))
        yield dict(zip(paths, reading, strict=True)) if still else None


def _version(file: sqlite3.Connection) -> int:
    """Give a number that changes when another connection has written."""
    version: int = file.execute("PRAGMA data_version").fetchone()[0]
    return version


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who wrote it: whoever unpacks it owns it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = _MODE
    return entry


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("part-*.sqlite3*"))
