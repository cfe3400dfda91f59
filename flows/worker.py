"""One process of a run: builds the flow of a job, runs it in the engine, and ends gracefully when asked.

A supervisor starts it as `python -m flows.worker INDEX` with the job as JSON on standard input; it then
tells its progress on standard output, one JSON line a second.
"""

import os
import signal
import sys
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import BinaryIO

import msgspec
from bytewax._bytewax import cli_main
from bytewax.recovery import RecoveryConfig

from connectors.pulse import Pulse
from connectors.stopping import StopSign
from flows import recovery, state_formats
from flows.dataflow import ALERTS_STEP, LETTERS_STEP, SOURCE_STEP, build_flow
from flows.garbage import collect_seldom
from flows.inputs import check_inputs
from flows.job import Job, load_job, profile_of
from flows.lanes import alerts_step, profiles_beside
from flows.model_feed import check_tables, feed_of
from flows.progress import Told, read_progress
from flows.signals import RELOAD
from flows.tracing import check_traces, traces_of
from flows.warm_file import check_warm
from flows.webhook import alert_post
from observability.logs import set_up_logs
from observability.metrics import Metrics, serve

# The C library gives memory of this size back to the system at once and asks for it anew, until it has seen
# one such piece freed: that took a tenth of a microsecond for each event of a block.
_KEPT_BYTES = 16 << 20

_TELL_EVERY_S = 1.0

# Where nothing is saved, an epoch's end only packs what has not moved for a while.
_UNSAVED_EPOCH = timedelta(seconds=60)

# Why a run ends that somebody asked to end, or to begin anew.
_FROM_OUTSIDE = ("SIGTERM", "SIGINT", RELOAD)

# The exit code of a process that stopped itself: starting it again would not help.
GAVE_UP = 3


def run_job(job: Job, metrics: Metrics, *, index: int = 0, pulse: Pulse | None = None) -> str:
    """Run process `index` of a job to its end in this process.

    Gives why it was asked to stop, "" when the input ended; `pulse` beats meanwhile. The first SIGTERM or
    SIGINT asks for a graceful end, with everything committed; the second one ends at once.
    """
    stop = StopSign(job.stop_file)
    feed = feed_of(job, metrics, first=index == 0)
    traces = traces_of(job, index)
    flow = build_flow(
        job,
        stop,
        metrics,
        pulse or Pulse(),
        published=feed.tables,
        saves=job.recovery is not None,
        known=_remembered(job, SOURCE_STEP) if job.known is None else job.known,
        # Where machines share a flow, each has disks of its own.
        writes_files=index == 0,
        traces=traces,
    )
    _stop_on_signals(stop)
    end_serving = _serve(job, metrics, index)
    # A replay has the tables of its time from the start.
    end_following = feed.follow() if job.follow else lambda: None
    bytearray(_KEPT_BYTES)  # made and freed
    collect_seldom()
    try:
        cli_main(
            flow,
            process_id=index if job.addresses else None,
            addresses=list(job.addresses) or None,
            epoch_interval=_UNSAVED_EPOCH if job.recovery is None else timedelta(seconds=job.epoch_s),
            recovery_config=None if job.recovery is None else RecoveryConfig(job.recovery, timedelta(0)),
        )
    finally:
        if traces is not None:
            traces.end()
        end_following()
        end_serving()
    return stop.reason


def held(job: Job) -> AbstractContextManager[None]:
    """Keep the job's recovery folder for this process while the context lasts."""
    return nullcontext() if job.recovery is None else recovery.held(job.recovery)


def prepare(job: Job) -> None:
    """Check what the job needs, and repair what it resumes from; only while none of its processes is alive.

    Raises ProfileError, ConnectorError, RecoveryError, TracesError or a store's error: no process need be
    started to find that out.
    """
    profile = profile_of(job)
    check_inputs(job, profile)
    alert_post(job)
    check_warm(job, profile)
    check_tables(job)
    check_traces(job)
    beside = profiles_beside(job, profile)
    if job.recovery is not None:
        state_formats.check(job.recovery, profile, beside)
        recovery.prepare(job.recovery, profile.flow, profile.name)
        state_formats.settle(job.recovery, profile, beside)
    empty_output_files(job, {step for step in file_steps(job) if _remembered(job, step)})


def empty_output_files(job: Job, resumed: Container[str]) -> None:
    """Empty the files of steps that resume nothing.

    The engine opens a file with the first line for it: one of an earlier run must not stand till then.
    """
    for step, path in file_steps(job).items():
        if path is not None and path.parent.is_dir() and step not in resumed:
            path.write_bytes(b"")


def file_steps(job: Job) -> dict[str, Path | None]:
    """Give the steps that write a file each: the job's alerts, its dead letters, and the alerts beside."""
    return {
        ALERTS_STEP: job.alerts,
        LETTERS_STEP: job.dead_letters,
        **{alerts_step(each.name): each.alerts for each in job.beside},
    }


def exit_code(reason: str) -> int:
    """Give the exit code for why a run ended: only what nobody outside asked for is a failure."""
    return GAVE_UP if reason and reason not in _FROM_OUTSIDE else 0


def _remembered(job: Job, step: str) -> frozenset[str]:
    """Give the partitions of a source or sink that the job goes on with."""
    if job.recovery is None:
        return frozenset()
    flow = profile_of(job).flow
    return recovery.known_partitions(job.recovery, f"{flow}.{step}")


def _serve(job: Job, metrics: Metrics, index: int) -> Callable[[], None]:
    return serve(metrics, job.metrics_port + index) if job.metrics_port else lambda: None


def _stop_on_signals(stop: StopSign) -> None:
    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL)
        stop.ask(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)


def _end_unsupervised(ended: Event) -> None:
    # The supervisor holds the other end: when it is gone, a new one may already be at work on our state.
    # Read below Python's own buffer, whose lock a thread may not hold when the process ends.
    os.read(sys.stdin.fileno(), 1)
    # At the end it lets go as soon as we have said our last word: that must not change the exit code.
    if not ended.is_set():
        os._exit(1)


def _standard_output() -> BinaryIO:
    # For progress alone: what the engine prints, such as that a peer is not up yet, goes to standard error.
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return ours


def _tell(metrics: Metrics, pulse: Pulse, ended: Event, out: BinaryIO) -> None:
    while not ended.wait(_TELL_EVERY_S):
        _write(metrics, pulse, out)


def _write(metrics: Metrics, pulse: Pulse, out: BinaryIO) -> None:
    told = Told(
        **msgspec.structs.asdict(read_progress(metrics)),
        epoch_ms=pulse.epoch_ms,
        hours=tuple(metrics.hours.take()),
    )
    out.write(msgspec.json.encode(told) + b"\n")
    out.flush()


def main() -> None:
    """Run one process of the job on standard input."""
    out = _standard_output()
    job = load_job(sys.stdin.buffer.readline())
    # A terminal that is closed tells all: whether that means anything is the supervisor's to say.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ended = Event()
    Thread(target=_end_unsupervised, args=(ended,), daemon=True).start()
    set_up_logs(job.log_level)
    metrics, pulse = Metrics(), Pulse()
    teller = Thread(target=_tell, args=(metrics, pulse, ended, out), daemon=True)
    teller.start()
    try:
        reason = run_job(job, metrics, index=int(sys.argv[1]), pulse=pulse)
    finally:
        ended.set()
        teller.join()
        _write(metrics, pulse, out)
    sys.exit(exit_code(reason))


if __name__ == "__main__":
    main()
