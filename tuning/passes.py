"""A pass: recorded events run once through the flow, under one profile or several, into alerts for each.

PassError               the pass did not come to its end; the text says why
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from connectors.alert_file import sort_alert_file
from connectors.kafka_topics import split_inputs
from flows.job import Beside, Job
from flows.progress import Progress, read_progress
from flows.supervisor import supervise
from flows.worker import prepare, run_job
from observability.metrics import Metrics

_LOOK_EVERY_S = 0.2


class PassError(RuntimeError):
    """Why a pass did not come to its end."""


class Variant(NamedTuple):
    """A profile as it is to be run: the file, or the text that stands for what the file holds.

    `label` names it among those of a pass: lower-case letters, digits and underscores.
    """

    label: str
    profile: Path
    text: str | None = None


class Ran(NamedTuple):
    """What a pass gave: each variant's alerts in the order of event time, by its label; how far it came."""

    alerts: Mapping[str, Path]
    progress: Progress


def run_pass(
    variants: Sequence[Variant],
    over: Sequence[str],
    folder: Path,
    *,
    store: str | None = None,
    processes: int = 1,
    log_level: str = "error",
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Ran:
    """Run the events of `over` through all variants at once, each as `riskdesk replay` would run it alone.

    `over` is what a replay takes: files, folders, topics. The alerts are written to `folder`, which exists;
    `store` lends its reference data and is not written to; `watch` is told of the progress. The first
    variant's profile decides what is a dead letter, and all must read the events alike. Raises ProfileError,
    InputError or PassError.
    """
    first, *others = variants
    files = {variant.label: folder / f"{variant.label}.alerts.jsonl" for variant in variants}
    paths, topics = split_inputs(over)
    job = Job(
        profile=first.profile,
        profile_text=first.text,
        beside=tuple(
            Beside(name=each.label, profile=each.profile, profile_text=each.text, alerts=files[each.label])
            for each in others
        ),
        inputs=paths,
        topics=topics,
        reference=store,
        alerts=files[first.label],
        log_level=log_level,
    )
    reason, progress = _here(job, watch) if processes == 1 else _spread(job, processes, watch)
    if reason:
        raise PassError(f"the pass over {', '.join(over)} stopped: {reason}")
    if progress.errors:
        raise PassError(
            f"detectors failed {progress.errors:,} times; RISKDESK_LOG_LEVEL=error shows which, and where"
        )
    for path in files.values():
        sort_alert_file(path)
    return Ran(files, progress)


def _here(job: Job, watch: Callable[[Progress], None]) -> tuple[str, Progress]:
    metrics, ended = Metrics(), Event()

    def look() -> None:
        while not ended.wait(_LOOK_EVERY_S):
            watch(read_progress(metrics))

    prepare(job)
    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        reason = run_job(job, metrics)
    finally:
        ended.set()
        looking.join()
    return reason, read_progress(metrics)


def _spread(job: Job, processes: int, watch: Callable[[Progress], None]) -> tuple[str, Progress]:
    last = [Progress()]

    def keep(progress: Progress) -> None:
        last[0] = progress
        watch(progress)

    code, reason = supervise(job, keep, processes=processes)
    return reason or (f"a process ended with exit code {code}" if code else ""), last[0]
