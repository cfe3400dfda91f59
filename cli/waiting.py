"""What a person sees while a flow runs, and the one sentence at its end."""

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from cli.remaining import Estimate, Remaining
from domain.instants import iso
from flows.progress import Progress


class Waiting:
    """A line on standard error: event time reached, events, alerts, rate, and how much is left.

    It is drawn only where a person looks on, never into a file or a pipe.
    """

    def __init__(
        self, *, drawn: bool, remaining: Remaining | None = None, console: Console | None = None
    ) -> None:
        """Prepare; `drawn` is whether it is wanted at all, `remaining` tells how much is left to read."""
        console = console or Console(stderr=True)
        self._remaining = remaining
        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not (drawn and console.is_terminal),
        )
        self._task = self._bar.add_task("starting", total=None)
        self._began = time.monotonic()
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return (self._ended or time.monotonic()) - self._began

    def show(self, progress: Progress) -> None:
        """Draw how far it has come."""
        found = None if self._remaining is None else self._remaining.after(self.seconds, progress)
        self._bar.update(
            self._task,
            total=None if found is None else 1.0,
            completed=0.0 if found is None else found.share,
            description=described(progress, self.seconds, found),
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


def described(progress: Progress, seconds: float, estimate: Estimate | None) -> str:
    """Say how far a run has come after so many seconds."""
    reached = iso(progress.reached_ms)[:16] if progress.reached_ms else "-"
    rate = progress.events / max(seconds, 0.001)
    words = [
        f"{progress.events:,} events to {reached}",
        f"{progress.alerts:,} alerts",
        f"{rate:,.0f}/s",
    ]
    if estimate is not None:
        words.insert(0, f"{estimate.share:.0%}")
        if estimate.seconds_left is not None:
            words.append(f"{timedelta(seconds=round(estimate.seconds_left))} left, so far")
    return "  ".join(words)


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
