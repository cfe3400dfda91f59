"""Which detectors begin with nothing, and until when they do not yet know what they ask for."""

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from config.profiles import Profile
from domain.instants import iso, span_ms, span_words
from domain.wording import listed
from flows.job import Job, profile_of
from flows.progress import Progress
from flows.recovery import IDENTITY
from flows.state_formats import read_formats
from flows.warm_file import check_warm, plans_of

log = logging.getLogger(__name__)

# Until when each detector is cold, beside the state: a restart begins no new cold time.
COLD = "cold.json"


def cold_detectors(job: Job, profile: Profile) -> dict[str, int]:
    """Give the detectors that begin with nothing, each with the ms of events that it has to watch first.

    Those have neither state in the recovery folder nor a place in the warm file. Raises WarmError or
    RecoveryError.
    """
    without_history = set(check_warm(job, profile))
    folder = job.recovery
    resumed = folder is not None and (folder / IDENTITY).exists()
    enabled = read_formats(folder).enabled if folder is not None and resumed else ()
    return {
        watcher.name: span_ms(watcher.detector.memory)
        for plan in plans_of(profile)
        for watcher in plan.watchers
        # A state without a record of its detectors is older than the record.
        if watcher.name in without_history and not (resumed and (watcher.name in enabled or not enabled))
    }


def cold_words(cold: Mapping[str, int]) -> str:
    """Say which detectors begin with nothing, and for how long."""
    each = listed([f"{name} ({span_words(memory_ms)})" for name, memory_ms in sorted(cold.items())])
    return (
        f"begins with nothing, and is cold for so long from the first event on: {each}; `riskdesk warm` "
        "makes what they remember of history, for --warm"
    )


class ColdWatch:
    """Says once until when detectors are cold, and once when that is over; give it each progress.

    Until then they may miss what they would see had they watched for longer, and take for new what is not.
    """

    def __init__(self, job: Job) -> None:
        """Find out who is cold, before the run begins. Raises WarmError or RecoveryError."""
        self._beginning = cold_detectors(job, profile_of(job))
        self._path = None if job.recovery is None else job.recovery / COLD
        self._until_ms = _read(self._path)

    def __call__(self, progress: Progress) -> None:
        """Look at how far event time has come."""
        if not progress.reached_ms:
            return
        if self._beginning:
            for name, memory_ms in self._beginning.items():
                self._until_ms[name] = progress.reached_ms + memory_ms
                log.warning(
                    "%s is cold: it began with nothing, and knows what it asks for at %s",
                    name,
                    iso(self._until_ms[name]),
                )
            self._beginning = {}
            self._keep()
        over = [name for name, until_ms in self._until_ms.items() if until_ms <= progress.reached_ms]
        for name in over:
            log.info("%s is cold no longer: it has watched for as long as it remembers", name)
            del self._until_ms[name]
        if over:
            self._keep()

    def _keep(self) -> None:
        if self._path is not None and self._path.parent.is_dir():
            draft = self._path.with_name(f".{COLD}.draft")
            draft.write_bytes(msgspec.json.encode(self._until_ms))
            draft.replace(self._path)


def _read(path: Path | None) -> dict[str, int]:
    if path is None or not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.MsgspecError:
        log.warning("%s does not say until when detectors are cold; it is passed over", path)
        return {}
