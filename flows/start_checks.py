"""All that must hold before a flow begins, looked at together so that everything wrong is said at once."""

import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from cases.policy import QueuePolicy
from config.located_yaml import ProfileError
from config.profiles import FlowName, Profile, load_profile
from connectors.errors import InputError
from connectors.files import name_partitions
from domain.wording import counted
from flows import recovery, state_formats
from flows.clock_check import ClockCheck, newest_event_ms
from flows.cold import cold_detectors, cold_words
from flows.findings import Finding, Weight, note, problem, warning
from flows.job import Job
from flows.kafka_check import kafka_findings
from flows.lanes import profiles_beside
from flows.recovery import RecoveryError
from flows.recovery_survey import in_use, latest_event_ms
from flows.store_check import StoreCheck
from flows.tracing import check_traces
from flows.warm_file import WarmError
from observability.traces import TracesError

# Below the first nothing can be relied on, below the second it is time to do something.
_LEAST_FREE_BYTES = 64 << 20
_LITTLE_FREE_BYTES = 1 << 30


def start_findings(
    job: Job,
    clock: Callable[[], int],
    *,
    flow: FlowName | None = None,
    ports: Iterable[int] = (),
    host: str = "127.0.0.1",
    share: bool = False,
    running: bool = False,
) -> tuple[Finding, ...]:
    """Look for all that would keep a job from running, and give what was found, the worst first.

    `flow` is what the profile must be for, `clock` gives the time in ms since 1970, and `ports` of `host`
    must be free to listen on. With `share` the recovery folder has only a part of the store. While the job is
    `running`, as at a reload, its folder and ports are its own.
    """
    watched_clock = ClockCheck(clock)
    found: list[Finding] = []
    profile = None
    try:
        profile = load_profile(job.profile, QueuePolicy, flow, text=job.profile_text)
    except ProfileError as error:
        found += [problem(str(each)) for each in error.problems]
    if profile is not None:
        found += _beside(job, profile)
    found += _inputs(job.inputs)
    if profile is not None:
        found += kafka_findings(job, profile)
    store = None if job.store is None else StoreCheck(job.store, profile.bank.time_zone if profile else "UTC")
    if store is not None:
        found += store.findings()
    if job.recovery is not None:
        found += _recovery(job.recovery, profile, share=share, running=running)
    if profile is not None:
        found += _cold(job, profile, running=running)
    found += _traces(job)
    found += _room(job)
    if not running:
        found += _ports(host, ports)
    tried = None if store is None else store.tried
    found += watched_clock.findings(
        store_ms=None if tried is None else tried.now_ms,
        events=_newest(job, None if tried is None else tried.newest_ms),
        written=sorted(job.recovery.glob("part-*")) if job.recovery is not None else (),
    )
    order = list(Weight)
    return tuple(sorted(found, key=lambda finding: order.index(finding.weight)))


def _beside(job: Job, profile: Profile) -> Iterator[Finding]:
    try:
        profiles_beside(job, profile)
    except ProfileError as error:
        yield from (problem(str(each)) for each in error.problems)


def _inputs(inputs: Sequence[Path]) -> Iterator[Finding]:
    missing = [path for path in inputs if not path.exists()]
    for path in missing:
        yield problem(f"no such file or folder: {path}")
    if not missing and inputs:
        try:
            name_partitions(inputs)
        except InputError as error:
            yield problem(str(error))
    for path in inputs:
        if path.exists() and not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            yield problem(f"{path} cannot be read by this user")


def _recovery(folder: Path, profile: Profile | None, *, share: bool, running: bool) -> Iterator[Finding]:
    if not folder.exists():
        above = next(parent for parent in folder.absolute().parents if parent.exists())
        if not above.is_dir() or not os.access(above, os.W_OK):
            yield problem(f"the recovery folder {folder} cannot be made: {above} cannot be written")
        else:
            yield note("there is no state yet; the run begins from the start of its inputs")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield problem(f"the recovery folder {folder} cannot be written by this user")
    if not running and in_use(folder):
        yield problem(f"{folder} is in use by another run; wait for it, or give another folder")
    if profile is None:
        return
    try:
        there = recovery.check_whose(folder, profile.flow, profile.name)
        changed = state_formats.check(folder, profile) if there else state_formats.Changed()
        if there:
            with recovery.opened(folder, whole=not share):
                pass
    except RecoveryError as error:
        yield problem(str(error))
        return
    if changed.added:
        yield note(f"new since the last run: {', '.join(changed.added)}")
    if changed.removed:
        yield note(f"gone since the last run, with what they remembered: {', '.join(changed.removed)}")


def _cold(job: Job, profile: Profile, *, running: bool) -> Iterator[Finding]:
    try:
        cold = cold_detectors(job, profile)
    except WarmError as error:
        yield problem(str(error))
    except RecoveryError:
        return  # told of already
    else:
        if cold and not running:
            yield note(cold_words(cold))


def _traces(job: Job) -> Iterator[Finding]:
    try:
        check_traces(job)
    except TracesError as error:
        yield problem(str(error))


def _room(job: Job) -> Iterator[Finding]:
    """See that there is room where the run writes, once for each disk."""
    folders = [job.recovery, None if job.alerts is None else job.alerts.parent]
    if job.store is not None and job.store.startswith("sqlite:///"):
        folders.append(Path(job.store.removeprefix("sqlite:///")).parent)
    seen: set[int] = set()
    for folder in filter(None, folders):
        above = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
        disk = above.stat().st_dev
        if disk in seen:
            continue
        seen.add(disk)
        free = shutil.disk_usage(above).free
        if free < _LEAST_FREE_BYTES:
            yield problem(f"the disk of {folder} has {free / 1e6:.0f} MB left; make room")
        elif free < _LITTLE_FREE_BYTES:
            yield warning(f"the disk of {folder} has only {free / 1e6:.0f} MB left")


def _ports(host: str, ports: Iterable[int]) -> Iterator[Finding]:
    for port in ports:
        try:
            socket.create_server((host, port)).close()
        except OSError as error:
            yield problem(f"cannot listen on port {port} of {host}: {error.strerror}; choose another")


def _newest(job: Job, in_store_ms: int | None) -> dict[str, int]:
    """Give the newest event times there are, by where they are."""
    found = {"the store": in_store_ms}
    if job.recovery is not None and job.recovery.is_dir():
        found["the saved state"] = latest_event_ms(job.recovery)
    found |= {str(path): newest_event_ms(path) for path in job.inputs if path.exists()}
    return {where: at_ms for where, at_ms in found.items() if at_ms is not None}


def told(findings: Sequence[Finding]) -> str:
    """Sum findings up in one line."""
    counts = [
        counted(len(some), weight.value)
        for weight in (Weight.PROBLEM, Weight.WARNING)
        if (some := [each for each in findings if each.weight is weight])
    ]
    return ", ".join(counts) or "nothing to put right"
