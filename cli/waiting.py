"""What a person sees while a flow runs, and the one sentence at its end."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from domain.instants import iso
from flows.progress import Progress


class Waiting:
    """A line on standard error: event time reached, events, alerts, rate, and how much is left.

    It is drawn only where a person looks on, never into a file or a pipe.
    """

    def __init__(self, *, drawn: bool, total_bytes: int | None = None) -> None:
        """Prepare; `drawn` is whether it is wanted at all, `total_bytes` what there is to read, if known."""
        console = Console(stderr=True)
        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            *(() if total_bytes is None else (TaskProgressColumn(), TimeRemainingColumn())),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not (drawn and console.is_terminal),
        )
        self._task = self._bar.add_task("starting", total=total_bytes)
        self._began = time.monotonic()
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return (self._ended or time.monotonic()) - self._began

    def show(self, progress: Progress) -> None:
        """Draw how far it has come."""
        rate = progress.events / max(self.seconds, 0.001)
        reached = iso(progress.reached_ms)[:16] if progress.reached_ms else "-"
        self._bar.update(
            self._task,
            completed=progress.read_bytes,
            description=f"{reached}  {progress.events:,} events  {progress.alerts:,} alerts  {rate:,.0f}/s",
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        self._ended = time.monotonic()
        self._bar.stop()


def summary(progress: Progress, seconds: float) -> str:
    """Say what a run has done."""
    words = [
        f"{progress.events:,} events in {seconds:.1f} s",
        f"{progress.alerts:,} alerts",
        f"{progress.rejected:,} dead letters",
    ]
    if progress.repeats:
        words.append(f"{progress.repeats:,} repeated events dropped")
    if progress.unresolved:
        words.append(f"{progress.unresolved:,} events not in the reference data")
    if progress.errors:
        words.append(f"{progress.errors:,} DETECTOR ERRORS, see the log")
    return ", ".join(words)
