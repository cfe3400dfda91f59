"""What each detector costs, in the product's fused step and without the engine around it.

`python -m benchmarks.detectors` simulates a stream, sorts it into the flow's own batches (untimed), and runs
these through the keyed step with one detector and with none, in turn. The ratio of the two is what counts:
both suffer alike from a noisy machine.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple

import click
import msgspec

import detectors
from benchmarks.markdown import table
from benchmarks.nights import PROFILE, Stream, riskdesk
from config.profiles import load_profile
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from connectors.reference_files import read_reference
from detectors.base import Detector, Scope, Step, Use
from domain.events import Event, Progress
from domain.findings import Finding
from domain.reference import Reference
from domain.tables import Tables
from flows.exchange import EventBatch, Exchange
from flows.plan import ScopePlan, Watcher, plan_scopes
from flows.watch import BucketWatch
from observability.metrics import Metrics

STREAM = Stream(seed=107, customers=10_000, hours=72, events=100_000)
PARTITION = "bench"
_ANY_TIME = TimeBounds(0, 2**42, 0)


@dataclass(frozen=True)
class BarePlan(ScopePlan):
    """A scope's step with all that belongs to it but its detectors: keys, repeats, event time."""

    of: ScopePlan = field(kw_only=True)

    @cached_property
    def reads(self) -> frozenset[type]:
        """The types of events that the plan with its detectors reads."""
        return self.of.reads

    @cached_property
    def uses(self) -> frozenset[Use] | None:
        """The transactions that the plan with its detectors wants."""
        return self.of.uses

    @cached_property
    def memory_ms(self) -> int:
        """How long the plan with its detectors remembers a key."""
        return self.of.memory_ms


class Case(NamedTuple):
    """One detector with the batches that its scope gets of the stream."""

    name: str
    plan: ScopePlan
    bare: BarePlan
    batches: list[EventBatch]
    events: int


class Cost(NamedTuple):
    """One round: CPU for each event without and with the detector, and the slowest hundredth of its steps."""

    bare_ns: float
    with_ns: float
    p99_ns: float


def cases(blocks: Sequence[list[Event]], built: Iterable[Detector[Any, Any]], tables: Tables) -> list[Case]:
    """Prepare detectors for events."""
    prepared = []
    for detector in built:
        (plan,) = plan_scopes([detector], tables, log_scope=Scope.CARD, partitions=1)
        bare = BarePlan(plan.scope, (), plan.own_log, plan.one_log, of=plan)
        exchange = Exchange([plan])
        batches = [
            batch
            for number, events in enumerate(blocks, start=1)
            for addressed in exchange.route(PARTITION, events, number == len(blocks))
            for batch in addressed.batches
        ]
        prepared.append(
            Case(
                detectors.name_of(detector),
                plan,
                bare,
                batches,
                sum(len(batch.events) for batch in batches),
            )
        )
    return prepared


def decoded(stream: Stream, folder: Path) -> list[list[Event]]:
    """Simulate a stream and give its events, joined with the bank's reference data, block by block."""
    lines, bank = folder / "events.jsonl", folder / "bank.jsonl"
    truth = folder / "truth.jsonl"
    riskdesk("simulate", *stream.options, "-o", lines, "--truth", truth, "--reference", bank)
    reference = Reference.of(read_reference([bank]), load_profile(PROFILE).bank.time_zone)
    codec = Codec(_ANY_TIME)
    blocks = [codec.decode(block)[0] for block in read_blocks(lines)]
    for event in (event for block in blocks for event in block):
        if not isinstance(event, Progress):
            reference.join(event)
    return blocks


def cpu_ns(plan: ScopePlan, case: Case) -> float:
    """Give the CPU for each event of a case's batches, in ns."""
    watches = _watches(plan, case)
    gc.collect()
    gc.disable()
    began_ns = process_time_ns()
    for batch in case.batches:
        watches[batch.bucket].on_batch([batch])
    taken_ns = process_time_ns() - began_ns
    gc.enable()
    return taken_ns / case.events


def p99_ns(case: Case) -> float:
    """Give the time below which 99 of 100 of the detector's steps stay, in ns, the clock's own included."""
    (watcher,) = case.plan.watchers
    taken_ns: list[int] = []
    timed = replace(case.plan, watchers=(_timed(watcher, taken_ns),))
    cpu_ns(timed, case)
    return float(sorted(taken_ns)[len(taken_ns) * 99 // 100])


def measured(prepared: Sequence[Case], rounds: int) -> Iterator[tuple[Case, Cost]]:
    """Measure all cases in turn, and all of them again, `rounds` times."""
    for number in range(rounds):
        for case in prepared:
            # Whoever comes second finds a warmer cache: they take turns.
            if number % 2:
                bare_ns, with_ns = cpu_ns(case.bare, case), cpu_ns(case.plan, case)
            else:
                with_ns, bare_ns = cpu_ns(case.plan, case), cpu_ns(case.bare, case)
            yield case, Cost(bare_ns, with_ns, p99_ns(case))


def _watches(plan: ScopePlan, case: Case) -> dict[str, BucketWatch]:
    metrics = Metrics()
    return {
        bucket: BucketWatch(plan, (PARTITION,), metrics, saves=False, saved=None)
        for bucket in {batch.bucket for batch in case.batches}
    }


def _timed(watcher: Watcher, taken_ns: list[int]) -> Watcher:
    step: Step = watcher.step
    record: Callable[[int], None] = taken_ns.append

    def run(state: Any, event: Any) -> tuple[Finding, ...]:
        began_ns = perf_counter_ns()
        found = step(state, event)
        record(perf_counter_ns() - began_ns)
        return found

    return replace(watcher, step=run)


def _row(case: Case, costs: Sequence[Cost]) -> tuple[str, ...]:
    ratio = median(cost.with_ns / cost.bare_ns for cost in costs)
    return (
        case.name,
        case.plan.scope.value,
        f"{case.events:,}",
        f"{median(cost.bare_ns for cost in costs) / 1000:.2f}",
        f"{median(cost.with_ns for cost in costs) / 1000:.2f}",
        f"{ratio:.2f}",
        f"{median(cost.p99_ns for cost in costs) / 1000:.1f}",
    )


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1), help="How often all is run.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON object.")
def main(rounds: int, as_json: bool) -> None:
    """Measure what each detector costs for an event; prints a Markdown table of medians."""
    with TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        built = [detectors.build(name, {}) for name in detectors.available()]
        prepared = cases(decoded(STREAM, Path(folder)), built, load_profile(PROFILE).read_tables())
    # The stream lives until the end: the collector need not walk it before every round.
    gc.freeze()
    costs: dict[str, list[Cost]] = {case.name: [] for case in prepared}
    for case, cost in measured(prepared, rounds):
        costs[case.name].append(cost)
    if as_json:
        click.echo(
            msgspec.json.encode({name: [cost._asdict() for cost in each] for name, each in costs.items()})
        )
        return
    heads = ("detector", "scope", "events read", "bare, us", "with it, us", "ratio", "p99 of a step, us")
    click.echo(table(heads, [_row(case, costs[case.name]) for case in prepared]), nl=False)


if __name__ == "__main__":
    main()
