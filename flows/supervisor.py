"""Starts the processes of a run, keeps them together, and starts them again after a crash or a reload.

The engine's processes share one fate: when one of them dies the others cannot go on, so all are ended and
begun again from the last committed epoch, with the recovery store repaired in between.
"""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread

import msgspec
from msgspec.structs import replace

from connectors.stopping import StopSign
from domain.wording import counted
from flows.job import Job, dump_job, profile_of
from flows.liveness_watch import RuleWatch
from flows.progress import Progress, Told, add_up
from flows.signals import RELOAD, Signals, signals_to
from flows.worker import GAVE_UP, held, prepare

log = logging.getLogger(__name__)

# How long a graceful end may take before the rest is killed; nothing is lost then, only done again.
GRACE = timedelta(seconds=20)
# A run that lasted this long was sound: its failure starts a new row.
SOUND = timedelta(minutes=5)
_LOOK_EVERY_S = 0.1
PAUSES_S = (1, 2, 5, 10, 30)


class Group:
    """The processes of one start, and what they tell."""

    def __init__(
        self,
        job: Job,
        indices: Sequence[int] | None = None,
        grace: timedelta = GRACE,
        rules: RuleWatch | None = None,
    ) -> None:
        """Start the job's processes, one for each address or a single one, or those of `indices` only.

        `grace` is how long they may take to end; `rules` judges the rules by what they count.
        """
        self.cut = ""
        self._rules = rules
        # How a replay's partitions lie in time depends on how fast each was read: it is judged at its end.
        self._live = rules if job.follow else None
        self._grace = grace
        self._lock = Lock()
        self._told: dict[int, Told] = {}
        self._readers: list[Thread] = []
        ours = range(len(job.addresses) or 1) if indices is None else indices
        self._processes = [self._start(job, index) for index in ours]

    @property
    def progress(self) -> Progress:
        """What all of them together have done since this start."""
        with self._lock:
            return add_up(self._told.values())

    @property
    def epoch_ms(self) -> int:
        """When the process furthest behind ended an epoch, in ms of the steady clock; 0 before any did."""
        with self._lock:
            return min((told.epoch_ms for told in self._told.values() if told.epoch_ms), default=0)

    @property
    def started(self) -> bool:
        """Whether each of them runs its part of the flow."""
        with self._lock:
            return len(self._told) == len(self._processes)

    def wait(
        self,
        watch: Callable[[Progress], None],
        stop: StopSign,
        signals: Signals | None = None,
        look: Callable[[], None] = lambda: None,
        lost: Callable[[], bool] = lambda: False,
    ) -> int:
        """Wait until all have ended and give the worst exit code; `look` is called now and then.

        They see the stop sign by themselves. Those that have not ended when the grace is over, or when
        `signals` tell of impatience, are cut, which `cut` then says. When one has crashed, or processes on
        other machines are `lost`, the others cannot end gracefully.
        """
        asked_at: float | None = None
        while any(process.poll() is None for process in self._processes):
            time.sleep(_LOOK_EVERY_S)
            watch(self.progress)
            look()
            if self._live is not None:
                self._live.look()
            if stop.asked:
                asked_at = asked_at or time.monotonic()
                if signals is not None and signals.impatient:
                    self._cut("asked to end a second time")
                elif time.monotonic() - asked_at > self._grace.total_seconds():
                    self._cut(f"not done within {self._grace.total_seconds():g} s")
            if lost() or (not stop.asked and self._crashed):
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
                told = msgspec.json.decode(line, type=Told)
                with self._lock:
                    self._told[index] = told
                if self._rules is not None:
                    self._rules.take(told.hours)
        with suppress(BrokenPipeError):
            stdin.close()

    @property
    def _crashed(self) -> bool:
        return any(process.poll() not in (None, 0) for process in self._processes)

    def _cut(self, why: str) -> None:
        late = self._kill()
        if late:
            self.cut = (
                f"{why}: {counted(late, 'process')} of {len(self._processes)} cut off; what came since the "
                "last snapshot is done again at the next start"
            )

    def _kill(self) -> int:
        """End what still runs, and give how many those were."""
        running = [process for process in self._processes if process.poll() is None]
        for process in running:
            process.kill()
        return len(running)


def supervise(
    job: Job,
    watch: Callable[[Progress], None],
    *,
    processes: int = 1,
    restarts: int = 0,
    grace: timedelta = GRACE,
    on_restart: Callable[[], None] = lambda: None,
    on_start: Callable[[Group], None] = lambda group: None,
    reload: Callable[[], Job | None] | None = None,
    rules: RuleWatch | None = None,
) -> tuple[int, str]:
    """Run a job in processes of its own, begun again after a crash at most `restarts` times in a row.

    Gives the exit code (0, GAVE_UP when the flow stopped itself, else that of the process that failed) and
    why it was asked to stop, "" when it was not. A signal asks all processes to end, which they may take
    `grace` for; a second one ends them at once. SIGHUP asks `reload` for the job to go on with: None leaves
    everything as it is, else the processes end gracefully and begin again with it. `rules` watches over the
    rules that the job runs.
    """
    failures = 0
    # One sign for all: a process that ended alone would wait for the others.
    with TemporaryDirectory(prefix="riskdesk-") as folder, held(job):
        stop = StopSign(Path(folder) / "stop")
        with signals_to(stop, reloads=reload is not None) as signals:
            while True:
                prepare(job)
                began = time.monotonic()
                addresses = free_addresses(processes) if processes > 1 else ()
                if rules is not None:
                    rules.begin(profile_of(job))
                group = Group(
                    replace(job, stop_file=stop.shared, addresses=addresses), grace=grace, rules=rules
                )
                on_start(group)
                coming = _Coming(reload, signals, stop)
                code = group.wait(watch, stop, signals, coming.look)
                if coming.job is not None and not signals.end and stop.reason == RELOAD:
                    if group.cut:
                        log.error("the flow was cut for the reload", extra={"cut": group.cut})
                    job = coming.job
                    stop.clear()
                    continue
                if time.monotonic() - began > SOUND.total_seconds():
                    failures = 0
                if code in (0, GAVE_UP) or stop.asked or failures >= restarts:
                    return code, "; ".join(filter(None, (signals.end or stop.reason, group.cut)))
                pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
                failures += 1
                log.error("the flow failed", extra={"exit_code": code, "next_try_s": pause})
                on_restart()
                sleep(pause, stop)


class _Coming:
    """The job that a reload has brought, None before."""

    def __init__(self, reload: Callable[[], Job | None] | None, signals: Signals, stop: StopSign) -> None:
        self.job: Job | None = None
        self._reload = reload
        self._signals = signals
        self._stop = stop

    def look(self) -> None:
        """See whether a reload was asked for, and if there is a job to go on with, let this one end."""
        if self._reload is None or not self._signals.reload or self._stop.asked:
            return
        self._signals.reload = False
        self.job = self._reload()
        if self.job is not None:
            self._stop.ask(RELOAD)


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


def sleep(seconds: float, stop: StopSign) -> None:
    """Wait, unless asked to stop."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop.asked:
        time.sleep(_LOOK_EVERY_S)
