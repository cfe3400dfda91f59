"""A run of a flow as one plain value, which crosses to the processes that share it."""

from pathlib import Path

import msgspec
from msgspec import Struct

from cases.policy import QueuePolicy
from config.profiles import Profile, load_profile


class Beside(Struct, frozen=True, kw_only=True):
    """A profile that runs beside the job's own over the same events, into a file of alerts and nowhere else.

    `profile_text` is as that of the job. The flow goes on without an `expendable` one whose file cannot be
    written: what only looks on must not stop what watches.
    """

    name: str
    profile: Path
    alerts: Path
    profile_text: str | None = None
    expendable: bool = False


class Job(Struct, frozen=True, kw_only=True):
    """What to run, over what, into what.

    `profile_text` is what the profile held when the run began, so that one that is being written does not
    come in with a restart; None to read the file. `beside` are the profiles that share the pass.
    `inputs` are files and folders, `topics` what TopicInput reads; `publish` is whether the topics that the
    profile names for alerts and dead letters are written to.
    `store` is a URL, `alerts` a file and `webhook` an address, with the file of the secret shared with it; at
    least one of the three is given. `reference` is the URL of a store that only lends its reference data,
    where there is no `store`, and `models` that of one whose learnt tables are used instead of theirs.
    `recovery` is the folder that state is saved to every `epoch_s` seconds, None to save nothing. `addresses`
    are the cluster's processes (`host:port`), empty for a single one; `metrics_port` is the first one's, 0
    for none. `traces` is the address of the collector that `traces_share` of the traces go to, None for none.
    `known` names the partitions of input that the state holds a position of, None where the folder
    alone tells.
    `speed` is how many times as fast as they happened recorded events come in, None as fast as they can; one
    process then reads all of them. `warm` is the file of what detectors remember of history.
    """

    profile: Path
    profile_text: str | None = None
    beside: tuple[Beside, ...] = ()
    inputs: tuple[Path, ...] = ()
    topics: tuple[str, ...] = ()
    publish: bool = False
    follow: bool = False
    speed: float | None = None
    store: str | None = None
    reference: str | None = None
    models: str | None = None
    alerts: Path | None = None
    webhook: str | None = None
    webhook_secret: Path | None = None
    recovery: Path | None = None
    warm: Path | None = None
    epoch_s: float = 10.0
    block_bytes: int = 1 << 19
    addresses: tuple[str, ...] = ()
    known: tuple[str, ...] | None = None
    metrics_port: int = 0
    traces: str | None = None
    traces_share: float = 0.01
    log_level: str = "info"
    stop_file: Path | None = None

    @property
    def tables_from(self) -> str | None:
        """The URL of the store whose learnt tables are used."""
        return self.models or self.store or self.reference

    @property
    def dead_letters(self) -> Path | None:
        """The file for lines that are no event where there is no store to keep them."""
        if self.store is not None or self.alerts is None:
            return None
        return self.alerts.with_name(f"{self.alerts.stem}.dead-letters.jsonl")


def profile_of(job: Job) -> Profile:
    """Read the profile of a job. Raises ProfileError with every problem found."""
    return load_profile(job.profile, QueuePolicy, text=job.profile_text)


def dump_job(job: Job) -> bytes:
    """Write a job as one JSON line."""
    return msgspec.json.encode(job, enc_hook=str) + b"\n"


def load_job(line: bytes) -> Job:
    """Read what `dump_job` wrote."""
    return msgspec.json.decode(line, type=Job, dec_hook=lambda type_, value: type_(value))
