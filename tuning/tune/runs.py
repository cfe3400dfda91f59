"""Runs of many variants of a profile: spread over processes, and kept where a later call finds them.

    RunsError               a process of ours came to a bad end; the text says what is known of it

Each process is `python -m tuning.tune.worker` with one chunk of variants, which share a pass. What a variant
gives does not depend on who shares its pass, so neither the number of processes nor what was kept changes it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import msgspec
from msgspec import Struct

from config.profiles import load_profile
from connectors.folder_listing import files_of
from flows.progress import Progress, add_up
from tuning.passes import Variant

# Lanes of a pass: each holds its detector's memory of every key, so that more of them would need a machine
# for themselves.
_MOST_TOGETHER = 12


class RunsError(RuntimeError):
    """A process came to a bad end."""


class Chunk(Struct, frozen=True):
    """What one process is to run: labels, profiles and texts of variants, over what, into which folder."""

    variants: tuple[tuple[str, str, str], ...]
    over: tuple[str, ...]
    folder: str
    store: str | None


class Word(Struct, frozen=True):
    """What a process tells: how far it is, or why it ends."""

    progress: Progress | None = None
    error: str = ""


class Runs:
    """The variants of a tuning and their alert files, those that are there already among them."""

    def __init__(
        self,
        variants: Sequence[Variant],
        over: Sequence[str],
        folder: Path,
        *,
        store: str | None,
        processes: int,
    ) -> None:
        """Look what is kept in `folder`, which exists.

        A kept file counts while the variant's profile and tables, the inputs' names, sizes and times of
        change, the store's address and the code of the detectors are what they were.
        """
        self._over, self._store, self._folder, self._processes = tuple(over), store, folder, processes
        self._lock = Lock()
        self._ended = False
        self._told: dict[int, Progress] = {}
        self._running: set[subprocess.Popen[bytes]] = set()
        surroundings = _surroundings(variants[0], over, store)
        self.files = {
            each.label: folder / f"{_digest(surroundings, (each.text or '').encode())}.alerts.jsonl"
            for each in variants
        }
        missing = [each for each in variants if not self.files[each.label].exists()]
        self.kept = len(variants) - len(missing)
        size = max(1, min(_MOST_TOGETHER, -(-len(missing) // processes)))
        self._chunks = [missing[start : start + size] for start in range(0, len(missing), size)]

    @property
    def passes(self) -> int:
        """How often the events are read."""
        return len(self._chunks)

    def run(self, watch: Callable[[Progress], None] = lambda progress: None) -> Progress:
        """Run what is missing, and tell `watch` how far all of it is together.

        What is finished when this is interrupted, by Ctrl-C or an error, is kept. Raises RunsError.
        """
        with ThreadPoolExecutor(self._processes) as threads:
            waiting = [
                threads.submit(self._run, number, chunk, watch) for number, chunk in enumerate(self._chunks)
            ]
            try:
                done, _ = wait(waiting, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
            except BaseException:
                for each in waiting:
                    each.cancel()
                self._end()
                raise
        return add_up(self._told.values())

    def _run(self, number: int, chunk: Sequence[Variant], watch: Callable[[Progress], None]) -> None:
        with TemporaryDirectory(dir=self._folder, prefix="unfinished-") as drafts:
            texts = tuple((each.label, str(each.profile), each.text or "") for each in chunk)
            self._ask(Chunk(texts, self._over, drafts, self._store), number, watch)
            for each in chunk:
                (Path(drafts) / f"{each.label}.alerts.jsonl").replace(self.files[each.label])

    def _ask(self, chunk: Chunk, number: int, watch: Callable[[Progress], None]) -> None:
        """Have a process run a chunk to its end."""
        with self._started() as process:
            stdin, stdout = process.stdin, process.stdout
            if stdin is None or stdout is None:
                raise RunsError("a process was started without its pipes")
            with suppress(BrokenPipeError):  # it has ended already: its exit code says so
                # It is not closed before the process has ended: that would say that we are gone.
                stdin.write(msgspec.json.encode(chunk) + b"\n")
                stdin.flush()
            error = ""
            for line in stdout:
                word = msgspec.json.decode(line, type=Word)
                error = word.error or error
                if word.progress is not None:
                    with self._lock:
                        self._told[number] = word.progress
                        together = add_up(self._told.values())
                    watch(together)
            if process.wait():
                raise RunsError(
                    error or f"a process of the tuning ended with exit code {process.returncode}; see above"
                )

    @contextmanager
    def _started(self) -> Iterator["subprocess.Popen[bytes]"]:
        with self._lock:
            if self._ended:
                raise RunsError("interrupted")
            process = subprocess.Popen(
                [sys.executable, "-m", "tuning.tune.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # A Ctrl-C at the terminal is ours to pass on.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.remove(process)

    def _end(self) -> None:
        """End what still runs, with whatever it has started."""
        with self._lock:
            self._ended = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _surroundings(variant: Variant, over: Sequence[str], store: str | None) -> bytes:
    """Give a digest of what all variants have in common and what their alerts depend on."""
    profile = load_profile(variant.profile, text=variant.text)
    parts = [version("riskdesk").encode(), (store or "").encode()]
    parts += [table.read_bytes() for table in profile.tables]
    code = Path(str(import_module(profile.detector_package).__file__)).parent
    parts += [path.read_bytes() for path in sorted(code.rglob("*.py"))]
    for path in (path for given in over for path in files_of(Path(given)).values()):
        found = path.stat()
        parts.append(f"{path.resolve()} {found.st_size} {found.st_mtime_ns}".encode())
    return _digest(*parts).encode()


def _digest(*parts: bytes) -> str:
    made = blake2b(digest_size=16)
    for part in parts:
        made.update(blake2b(part, digest_size=16).digest())
    return made.hexdigest()
