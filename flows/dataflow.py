"""The one dataflow: events -> codec -> join -> detectors by scope -> alerts -> case queue.

Which detectors watch is the profile's; the flows that have a name differ in nothing else.
"""

from collections.abc import Callable, Iterable, Mapping

import bytewax.operators as op
from bytewax.dataflow import Dataflow, Stream
from bytewax.operators import KeyedStream
from pydantic import TypeAdapter

from cases.policy import QueuePolicy
from cases.store import open_store
from config.profiles import Profile
from connectors.alert_file import AlertFileSink, ExpendableAlertFileSink
from connectors.alert_webhook import AlertWebhookSink
from connectors.case_queue import CaseQueueSink
from connectors.codec import Codec
from connectors.dead_letters import DeadLetterFileSink, DeadLetterSink, ShareLimit
from connectors.kafka_sinks import KafkaAlertSink, KafkaDeadLetterSink
from connectors.patience import patiently
from connectors.pulse import Pulse, PulsedSource
from connectors.stopping import StopSign
from devices.registry import Fleet
from domain.alerts import Alert, Reached
from domain.reference import Reference
from domain.rejections import Rejected
from domain.tables import NO_TABLES, Tables
from flows.bounds import time_bounds
from flows.decoding import KIND_OF_TYPE, Decoding
from flows.desk_time import desk_now_ms
from flows.exchange import Addressed, EventBatch, Exchange
from flows.inputs import connection_of, open_inputs
from flows.job import Job, profile_of
from flows.lanes import Lane, distinct, open_lanes
from flows.latency import Timing
from flows.liveness_rules import fields_needed
from flows.plan import ScopePlan
from flows.snapshots import Snapshot
from flows.tracing import Logic, Tracing
from flows.warm_file import WarmFile
from flows.watch import BucketWatch
from flows.webhook import alert_post
from observability.metrics import Metrics
from observability.traces import Traces

# Names of steps, each behind the flow's: part of their recovery identity, so a new name would leave all saved
# state behind.
SOURCE_STEP = "blocks"
ALERTS_STEP = "alert_file"
LETTERS_STEP = "dead_letters"


def build_flow(
    job: Job,
    stop: StopSign,
    metrics: Metrics,
    pulse: Pulse,
    *,
    saves: bool,
    published: Tables = NO_TABLES,
    known: Iterable[str] = (),
    writes_files: bool = True,
    traces: Traces | None = None,
) -> Dataflow:
    """Wire the flow of a job.

    `published` are the learnt tables of a store, which may grow while the flow runs; `known` names the
    partitions that the recovery store remembers; `saves` is whether snapshots are kept;
    `writes_files` is whether this process may be the one that writes the job's files; `traces` makes the
    spans, where they are wanted.
    Raises ProfileError, InputError or a store's error, each saying what to do.
    """
    profile = profile_of(job)
    source, inputs = open_inputs(job, profile, stop, metrics, known)
    # One that is gone counts too: events of others may still be held back because of it.
    partitions = tuple(sorted({*inputs, *known}))
    lanes = open_lanes(job, profile, len(partitions), metrics, published)
    metrics.hours.look_for(KIND_OF_TYPE, fields_needed(profile.build_detectors()))
    flow = Dataflow(profile.flow)
    tracing = None if traces is None else Tracing(traces)
    pulsed = PulsedSource(source, pulse)
    blocks = op.input(SOURCE_STEP, flow, tracing.source(pulsed) if tracing else pulsed)  # Block
    lends = job.store or job.reference
    decoding = decoding_of(profile, lends, distinct(lanes), stop, metrics, create=job.store is not None)
    decode = tracing.decoding(decoding) if tracing else decoding
    decoded = op.flat_map("decode", blocks, decode)  # Addressed | Rejected
    rejected = op.filter_map("rejected", decoded, _if_rejected)  # (partition, Rejected)
    if job.store is not None:
        op.output(LETTERS_STEP, rejected, DeadLetterSink(job.store))
    elif job.dead_letters is not None:
        op.output(LETTERS_STEP, rejected, DeadLetterFileSink(job.dead_letters, here=writes_files))
    kafka = profile.kafka if job.publish else None
    if kafka is not None and kafka.dead_letters is not None:
        letters = KafkaDeadLetterSink(connection_of(kafka), kafka.dead_letters)
        op.output("kafka_dead_letters", rejected, letters)
    warm = None if job.warm is None else WarmFile(job.warm)
    watched = {
        plan: _watched(plan, decoded, _watch(plan, partitions, counted, saves, warm, tracing))
        for plan, counted in distinct(lanes).items()
    }
    for lane in lanes[1:]:
        _write_beside(lane, watched, writes_files)
    (own, *_) = lanes
    told = _told("alerts", own, watched)
    # Only a live run knows what time it is at the desk.
    now_ms = desk_now_ms if job.follow else None
    timing = None if now_ms is None else Timing(now_ms, metrics)
    if timing is not None:
        told = op.map("measured", told, timing.measure)
    alone = op.filter_map("alerts_alone", told, _if_alert)  # (bucket, Alert)
    if job.alerts is not None:
        op.output(ALERTS_STEP, alone, AlertFileSink(job.alerts, here=writes_files))
    post = alert_post(job)
    if post is not None:
        op.output("alert_webhook", alone, AlertWebhookSink(post, stop=stop))
    if kafka is not None and kafka.alerts is not None:
        op.output("kafka_alerts", alone, KafkaAlertSink(connection_of(kafka), kafka.alerts))
    if job.store is not None:
        policy = TypeAdapter(QueuePolicy).validate_python(profile.queue)
        clocks = [clock for plan in own.plans for clock in plan.clocks(partitions)]
        queued = told if timing is None else op.map("stamped", told, timing.stamp)
        sink = CaseQueueSink(job.store, policy, metrics, clocks, now_ms)
        op.output("case_queue", queued, tracing.queue(sink) if tracing else sink)
    return flow


def _watched(
    plan: ScopePlan,
    decoded: Stream[Addressed | Rejected],
    watch: Callable[[Snapshot | None], Logic],
) -> KeyedStream[Alert | Reached]:
    """Watch a scope; gives what is told, and where it matters up to when all was told."""
    batches = op.flat_map(f"{plan.step}_batches", decoded, _batches_for(plan))
    step = op.stateful_batch(plan.step, batches, watch)
    return op.map(f"{plan.step}_time", step, _with_clock(plan)) if plan.tells_time else step


def _told(
    name: str, lane: Lane, watched: Mapping[ScopePlan, KeyedStream[Alert | Reached]]
) -> KeyedStream[Alert | Reached]:
    return op.merge(name, *(watched[plan] for plan in lane.plans))  # (bucket, Alert | Reached)


def _write_beside(
    lane: Lane, watched: Mapping[ScopePlan, KeyedStream[Alert | Reached]], writes_files: bool
) -> None:
    """Write what a profile beside the job's own says into its file; it reaches nothing else."""
    if lane.beside is None:
        return
    told = _told(f"beside_{lane.name}_alerts", lane, watched)
    alone = op.filter_map(f"beside_{lane.name}_alerts_alone", told, _if_alert)
    sink = ExpendableAlertFileSink if lane.beside.expendable else AlertFileSink
    op.output(lane.alerts_step, alone, sink(lane.beside.alerts, here=writes_files))


def decoding_of(
    profile: Profile,
    store: str | None,
    scopes: Iterable[ScopePlan],
    stop: StopSign,
    metrics: Metrics,
    *,
    create: bool = False,
) -> Decoding:
    """Give the step that decodes, joins and routes; `store` lends its reference data.

    `create` is whether a store that is not there is made. Raises a store's error.
    """
    limit = ShareLimit(profile.dead_letters.limit_share, profile.dead_letters.window)
    reference, fleet = _on_record(store, profile.bank.time_zone, create)
    return Decoding(
        Codec(time_bounds(profile)),
        reference,
        fleet,
        Exchange(scopes),
        limit,
        stop,
        metrics,
        profile.dead_letters.past_limit,
    )


def _on_record(store: str | None, home_zone: str, create: bool) -> tuple[Reference, Fleet]:
    if store is None:
        return Reference(home_zone), Fleet(home_zone)

    def read() -> tuple[Reference, Fleet]:
        with open_store(store, create=create) as opened:
            return Reference.of(opened.reference.all(), home_zone), opened.reference.fleet(home_zone)

    # A database that restarts amid the reading is waited for as well.
    return patiently(read)


def _if_alert(item: tuple[str, Alert | Reached]) -> tuple[str, Alert] | None:
    bucket, told = item
    return (bucket, told) if isinstance(told, Alert) else None


def _if_rejected(item: Addressed | Rejected) -> tuple[str, Rejected] | None:
    return (item.partition, item) if isinstance(item, Rejected) else None


def _batches_for(plan: ScopePlan) -> Callable[[Addressed | Rejected], list[tuple[str, EventBatch]]]:
    address = plan.address

    def pick(item: Addressed | Rejected) -> list[tuple[str, EventBatch]]:
        if isinstance(item, Rejected) or item.address != address:
            return []
        return [(batch.bucket, batch) for batch in item.batches]

    return pick


def _with_clock(
    plan: ScopePlan,
) -> Callable[[tuple[str, Alert | Reached]], tuple[str, Alert | Reached]]:
    """Say of which bucket it is that time has passed."""

    def name(item: tuple[str, Alert | Reached]) -> tuple[str, Alert | Reached]:
        bucket, told = item
        return (bucket, Reached(plan.clock(bucket), told.at_ms)) if isinstance(told, Reached) else item

    return name


def _watch(
    plan: ScopePlan,
    partitions: tuple[str, ...],
    metrics: Metrics,
    saves: bool,
    warm: WarmFile | None,
    tracing: Tracing | None,
) -> Callable[[Snapshot | None], Logic]:
    history = None if warm is None else warm.history_of(plan)

    def build(saved: Snapshot | None) -> BucketWatch:
        return BucketWatch(plan, partitions, metrics, saves=saves, saved=saved, history=history)

    return tracing.watch(plan.scope.value, build) if tracing else build
