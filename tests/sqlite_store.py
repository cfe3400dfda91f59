"""An empty SQLite store, made once in each process of the tests and copied, which is quicker."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cases.store import open_store


def sqlite_store(path: Path) -> str:
    """Lay an empty store down at `path`, and give its URL."""
    path.write_bytes(_empty())
    return f"sqlite:///{path}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()
