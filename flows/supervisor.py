"""Starts the processes of a run, keeps them together, and starts them again after a crash.

The engine's processes share one fate: when one of them dies the others cannot go on, so all are ended and
begun again from the last committed epoch, with the recovery store repaired in between.
"""

import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from types import FrameType

import msgspec
from msgspec.structs import replace

from connectors.stopping import StopSign
from flows.job import Job, dump_job
from flows.progress import Progress, add_up
from flows.worker import GAVE_UP, held, prepare

log = logging.getLogger(__name__)

# How long a graceful end may take before the rest is killed; nothing is lost then, only done again.
GRACE = timedelta(seconds=20)
# A run that lasted this long was sound: its failure starts a new row.
_SOUND = timedelta(minutes=5)
_LOOK_EVERY_S = 0.1
_PAUSES_S = (1, 2, 5, 10, 30)


class Group:
    """The processes of one start, and what they tell."""

    def __init__(self, job: Job) -> None:
        """Start the job's processes, one for each address, or a single one."""
        self._lock = Lock()
        self._told: dict[int, Progress] = {}
        self._readers: list[Thread] = []
        self._processes = [self._start(job, index) for index in range(len(job.addresses) or 1)]

    @property
    def progress(self) -> Progress:
        """What all of them together have done since this start."""
        with self._lock:
            return add_up(self._told.values())

    def wait(self, watch: Callable[[Progress], None], stop: StopSign) -> int:
        """Wait until all have ended and give the worst exit code.

        They see the stop sign by themselves. When one has crashed, the others cannot end gracefully.
        """
        asked_at: float | None = None
        while any(process.poll() is None for process in self._processes):
            time.sleep(_LOOK_EVERY_S)
            watch(self.progress)
            if stop.asked:
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > GRACE.total_seconds():
                    self._kill()
            elif any(process.poll() not in (None, 0) for process in self._processes):
                self._kill()
        for reader in self._readers:
            reader.join()
        watch(self.progress)
        codes = [process.returncode for process in self._processes]
        return GAVE_UP if GAVE_UP in codes else next((code for code in codes if code), 0)

    def _start(self, job: Job, index: int) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.worker", str(index)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A Ctrl-C at the terminal is ours to pass on, once.
            start_new_session=True,
        )
        reader = Thread(target=self._read, args=(process, index, dump_job(job)), daemon=True)
        reader.start()
        self._readers.append(reader)
        return process

    def _read(self, process: "subprocess.Popen[bytes]", index: int, job: bytes) -> None:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("a worker was started without pipes")
        with suppress(BrokenPipeError):
            # The pipe stays open: its end tells the process that nobody supervises it any more.
            stdin.write(job)
            stdin.flush()
        with stdout:
            for line in stdout:
                with self._lock:
                    self._told[index] = msgspec.json.decode(line, type=Progress)
        with suppress(BrokenPipeError):
            stdin.close()

    def _kill(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()


def supervise(
    job: Job,
    watch: Callable[[Progress], None],
    *,
    processes: int = 1,
    restarts: int = 0,
    on_restart: Callable[[], None] = lambda: None,
) -> tuple[int, str]:
    """Run a job in processes of its own, begun again after a crash at most `restarts` times in a row.

    Gives the exit code (0, GAVE_UP when the flow stopped itself, else that of the process that failed) and
    why it was asked to stop, "" when it was not. A signal asks all processes to end.
    """
    failures = 0
    with TemporaryDirectory(prefix="riskdesk-") as folder, held(job):
        # One sign for all: a process that ended alone would wait for the others.
        shared = replace(job, stop_file=Path(folder) / "stop")
        stop = StopSign(shared.stop_file)
        with _signals_to(stop):
            while True:
                prepare(job)
                began = time.monotonic()
                addresses = free_addresses(processes) if processes > 1 else ()
                code = Group(replace(shared, addresses=addresses)).wait(watch, stop)
                if time.monotonic() - began > _SOUND.total_seconds():
                    failures = 0
                if code in (0, GAVE_UP) or stop.asked or failures >= restarts:
                    return code, stop.reason
                pause = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
                failures += 1
                log.error("the flow failed", extra={"exit_code": code, "next_try_s": pause})
                on_restart()
                _sleep(pause, stop)


def free_addresses(count: int) -> tuple[str, ...]:
    """Give loopback addresses that were free a moment ago, for a cluster on this machine.

    Raises ValueError for fewer than two: a single process needs none.
    """
    if count < 2:
        raise ValueError(f"a cluster has at least 2 processes, not {count}")
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return tuple(f"127.0.0.1:{found.getsockname()[1]}" for found in sockets)
    finally:
        for found in sockets:
            found.close()


def _sleep(seconds: float, stop: StopSign) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop.asked:
        time.sleep(_LOOK_EVERY_S)


@contextmanager
def _signals_to(stop: StopSign) -> Iterator[None]:
    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        stop.ask(signal.Signals(number).name)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
