"""A disk that is really full, under either database: it is said what to do, and nothing is lost."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from cases.errors import StoreError
from cases.integrity import faults
from cases.store import open_store
from tests.cases.made import alert
from tests.postgres_server import PostgresServer

ALERTS = [alert(f"{n}", f"c{n}", f"u{n}", at_ms=n, reason="x" * 2000) for n in range(2000)]
_NUMBERS = count()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 32 MB, which other users can reach: PostgreSQL does not run as root."""
    place = Path(tempfile.mkdtemp(prefix="rd-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("NOT TESTED ON A FULL DISK: nobody but root can mount a small one")
    place.chmod(0o755)
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, small_disk: Path, keys_folder: Path) -> Iterator[str]:
    """A store on the small disk."""
    if request.param == "sqlite":
        yield f"sqlite:///{small_disk}/desk.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    place = small_disk / "server"
    place.mkdir()
    shutil.chown(place, "nobody")
    name = f"small_{next(_NUMBERS)}"
    server.run(f"CREATE TABLESPACE {name} LOCATION '{place}'")
    server.run(f"CREATE DATABASE {name} TEMPLATE template0 TABLESPACE {name}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")
    server.run(f"DROP TABLESPACE {name}")


def fill(disk: Path, left: int) -> Path:
    """Fill a disk up to `left` bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(b"\0" * (shutil.disk_usage(disk).free - left))
    return filler


def test_a_full_disk_says_what_to_do_and_loses_nothing(url: str, small_disk: Path) -> None:
    kept: list[int] = []
    with open_store(url) as store:
        filler = fill(small_disk, 2_000_000)
        with pytest.raises(StoreError, match=r"no room left.* make room"):
            kept.extend(store.cases.take_in(ALERTS[n : n + 20]) for n in range(0, len(ALERTS), 20))
        assert sum(case.alerts for case in store.cases.list()) == sum(kept) < len(ALERTS)
        filler.unlink()
        assert store.cases.take_in(ALERTS) == len(ALERTS) - sum(kept)
    with open_store(url) as store:
        assert sum(case.alerts for case in store.cases.list()) == len(ALERTS)
        assert (store.audit.verify().breaks, faults(store.db)) == ((), ())
