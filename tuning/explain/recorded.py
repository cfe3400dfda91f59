"""What detectors were handed: recorded events of some keys, in the order in which the flow hands them on."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple

import detectors
from config.profiles import Profile
from connectors.blocks import Block
from connectors.errors import InputError
from connectors.kafka_topics import split_inputs
from connectors.stopping import StopSign
from domain.alerts import Alert
from domain.findings import QUIET, Finding
from domain.tables import Tables
from flows.dataflow import decoding_of
from flows.exchange import Addressed, Watched
from flows.inputs import EventSource, open_inputs
from flows.job import Job, profile_of
from flows.plan import ScopePlan, Watcher, plan_scopes
from flows.watch import BucketWatch
from observability.metrics import Metrics

_PAUSE_S = 0.05
_EVENT = "event"


class Subject(NamedTuple):
    """A detector, and the key of its scope that it watches."""

    detector: str
    key: str


class Handed(NamedTuple):
    """An event as a detector was handed it; `order_ms` is how far time had come for its key by then."""

    order_ms: int
    event: Watched


# The memory of a key lies in one bucket, or in one of each partition where these are cut by the scope.
Histories = dict[Subject, tuple[Sequence[Handed], ...]]


class Recorded(NamedTuple):
    """Where recorded events are, and what makes them what a detector sees.

    `over` is what a replay takes, `store` lends its reference data.
    """

    profile: Path
    over: Sequence[str]
    store: str | None = None

    def read_profile(self) -> Profile:
        """Read the profile. Raises ProfileError."""
        return profile_of(Job(profile=self.profile))


def hear(recorded: Recorded, wanted: Collection[Subject]) -> Histories:
    """Read the events once, and give those that each subject's detector is handed.

    They go the flow's own way: its codec, its join, its exchange and its keyed step, in which every detector
    only listens. Order, repeats and lateness are therefore the flow's. Raises ProfileError, InputError or a
    store's error, and InputError as well where the flow would have stopped.
    """
    profile = recorded.read_profile()
    paths, topics = split_inputs(recorded.over)
    stop, metrics = StopSign(), Metrics()
    job = Job(profile=recorded.profile, inputs=paths, topics=topics, reference=recorded.store)
    source, partitions = open_inputs(job, profile, stop, metrics, ())
    plans = _listening(profile, len(partitions), wanted)
    decode = decoding_of(profile, recorded.store, plans.values(), stop, metrics)
    steps: dict[tuple[str, str], BucketWatch] = {}
    heard: defaultdict[Subject, defaultdict[str, list[Handed]]] = defaultdict(lambda: defaultdict(list))
    for block in _blocks(source, partitions):
        for item in decode(block):
            if not isinstance(item, Addressed):
                continue
            plan = plans[item.address]
            for batch in item.batches:
                place = item.address, batch.bucket
                if place not in steps:
                    steps[place] = BucketWatch(plan, partitions, metrics, saves=False, saved=None)
                told, _ = steps[place].on_batch([batch])
                for alert in told:
                    if isinstance(alert, Alert) and _EVENT in alert.evidence:
                        handed = Handed(alert.told_ms, alert.evidence[_EVENT])
                        heard[Subject(alert.detector, alert.key)][batch.bucket].append(handed)
    if stop.asked:
        raise InputError(f"{', '.join(recorded.over)} cannot be read to the end: {stop.reason}")
    return {subject: tuple(of_bucket.values()) for subject, of_bucket in heard.items()}


def _listening(profile: Profile, partitions: int, wanted: Collection[Subject]) -> dict[str, ScopePlan]:
    """Plan as the flow does, the wanted detectors included; each only says which events it was handed."""
    known = detectors.available(profile.detector_package)
    enabled = {detectors.name_of(each): each for each in profile.build_detectors()}
    enabled |= {name: known[name]() for name, _ in wanted if name not in enabled}
    plans = plan_scopes(
        enabled.values(),
        Tables(),
        log_scope=profile.input.scope,
        partitions=partitions,
        lateness=profile.input.lateness,
    )
    return {
        plan.address: replace(
            plan, watchers=tuple(_listener(plan, watcher, wanted) for watcher in plan.watchers)
        )
        for plan in plans
    }


def _listener(plan: ScopePlan, watcher: Watcher, wanted: Collection[Subject]) -> Watcher:
    keys = {key for name, key in wanted if name == watcher.name}
    key_of = plan.key_of

    def step(state: Any, event: Any) -> tuple[Finding, ...]:
        del state
        if key_of(event) not in keys:
            return QUIET
        return (Finding(reason="", probability=1.0, evidence={_EVENT: event}),)

    return replace(watcher, step=step)


def _blocks(source: EventSource, partitions: Sequence[str]) -> Iterator[Block]:
    """Read all partitions to their ends, each a little in turn, so that none must be held back for long."""
    still_open = [source.build_part("hear", name, None) for name in partitions]
    try:
        while still_open:
            idle = True
            for partition in tuple(still_open):
                try:
                    blocks = list(partition.next_batch())
                except StopIteration:
                    still_open.remove(partition)
                    partition.close()
                    continue
                idle = idle and not blocks
                yield from blocks
            if idle and still_open:
                sleep(_PAUSE_S)  # a broker has nothing for us yet
    finally:
        for partition in still_open:
            partition.close()
