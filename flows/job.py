"""A run of a flow as one plain value, which crosses to the processes that share it."""

from pathlib import Path

import msgspec
from msgspec import Struct


class Job(Struct, frozen=True, kw_only=True):
    """What to run, over what, into what.

    `store` is a URL and `alerts` a file; at least one of them is given. `recovery` is the folder that
    state is saved to every `epoch_s` seconds, None to save nothing. `addresses` are the cluster's
    processes (`host:port`), empty for a single one; `metrics_port` is the first one's, 0 for none.
    """

    profile: Path
    inputs: tuple[Path, ...]
    follow: bool = False
    store: str | None = None
    alerts: Path | None = None
    recovery: Path | None = None
    epoch_s: float = 10.0
    block_bytes: int = 1 << 19
    addresses: tuple[str, ...] = ()
    metrics_port: int = 0
    log_level: str = "info"
    stop_file: Path | None = None

    @property
    def dead_letters(self) -> Path | None:
        """The file for lines that are no event where there is no store to keep them."""
        if self.store is not None or self.alerts is None:
            return None
        return self.alerts.with_name(f"{self.alerts.stem}.dead-letters.jsonl")


def dump_job(job: Job) -> bytes:
    """Write a job as one JSON line."""
    return msgspec.json.encode(job, enc_hook=str) + b"\n"


def load_job(line: bytes) -> Job:
    """Read what `dump_job` wrote."""
    return msgspec.json.decode(line, type=Job, dec_hook=lambda type_, value: type_(value))
