"""The card flow: transactions -> codec -> detectors by scope -> alerts -> case queue.

Bytewax's own runner starts it too, with inputs and store from the environment:
`python -m bytewax.run 'flows.card_risk:build("config/profiles/card_risk.yaml")'`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from pydantic import TypeAdapter

from cases.policy import QueuePolicy
from cases.store import open_store
from config.profiles import Profile, load_profile
from config.settings import load_settings
from connectors.alert_file import AlertFileSink
from connectors.case_queue import CaseQueueSink
from connectors.codec import Codec, TimeBounds
from connectors.dead_letters import DeadLetterFileSink, DeadLetterSink, ShareLimit
from connectors.files import FileSource, name_partitions
from connectors.patience import patiently
from connectors.stopping import StopSign
from domain.alerts import Alert
from domain.instants import span_ms, to_ms
from domain.reference import Reference
from domain.rejections import Rejected
from flows.decoding import Decoding
from flows.exchange import Addressed, EventBatch, Exchange
from flows.job import Job
from flows.plan import ScopePlan, plan_scopes
from flows.watch import BucketWatch, Snapshot
from observability.metrics import Metrics

# Part of every step's recovery identity: a new name would leave all saved state behind.
NAME = "card_risk"
SOURCE_STEP = f"{NAME}.blocks"
ALERTS_STEP = f"{NAME}.alert_file"
LETTERS_STEP = f"{NAME}.dead_letters"


def build(profile: str) -> Dataflow:
    """Build the flow over the inputs and into the store that the environment names (RISKDESK_...)."""
    settings = load_settings()
    job = Job(
        profile=Path(profile),
        inputs=settings.inputs,
        follow=settings.follow,
        store=settings.store,
        alerts=settings.alerts,
    )
    # Whether the runner keeps snapshots is its own affair: they are made as if it did.
    return build_flow(job, StopSign(), Metrics(), saves=True)


def build_flow(
    job: Job, stop: StopSign, metrics: Metrics, *, saves: bool, known: Iterable[str] = ()
) -> Dataflow:
    """Wire the flow of a job.

    `known` names the partitions that the recovery store remembers; `saves` is whether snapshots are kept.
    Raises ProfileError, InputError or a store's error, each saying what to do.
    """
    profile = load_profile(job.profile, QueuePolicy)
    inputs = name_partitions(job.inputs)
    # One that is gone counts too: events of others may still be held back because of it.
    partitions = tuple(sorted({*inputs, *known}))
    scopes = plan_scopes(
        profile.build_detectors(),
        profile.read_tables(),
        log_scope=profile.input.scope,
        partitions=len(partitions),
    )
    flow = Dataflow(NAME)
    source = FileSource(inputs, follow=job.follow, stop=stop, known=known, block_bytes=job.block_bytes)
    blocks = op.input("blocks", flow, source)  # Block
    decoding = _decoding(job, profile, scopes, stop, metrics)
    decoded = op.flat_map("decode", blocks, decoding)  # Addressed | Rejected
    rejected = op.filter_map("rejected", decoded, _if_rejected)  # (partition, Rejected)
    if job.store is not None:
        op.output("dead_letters", rejected, DeadLetterSink(job.store))
    elif job.dead_letters is not None:
        op.output("dead_letters", rejected, DeadLetterFileSink(job.dead_letters))
    watched = []
    for plan in scopes:
        batches = op.filter_map(f"{plan.scope.value}_batches", decoded, _if_for(plan))
        step = op.stateful_batch(
            f"watch_{plan.scope.value}", batches, _watch(plan, partitions, metrics, saves)
        )
        watched.append(step)
    alerts: KeyedStream[Alert] = op.merge("alerts", *watched)  # (bucket, Alert)
    if job.alerts is not None:
        op.output("alert_file", alerts, AlertFileSink(job.alerts))
    if job.store is not None:
        policy = TypeAdapter(QueuePolicy).validate_python(profile.queue)
        op.output("case_queue", alerts, CaseQueueSink(job.store, policy, metrics))
    return flow


def _decoding(
    job: Job, profile: Profile, scopes: tuple[ScopePlan, ...], stop: StopSign, metrics: Metrics
) -> Decoding:
    bounds = TimeBounds(
        # The flow counts from 1970: earlier times are never believed.
        earliest_ms=max(0, to_ms(profile.bounds.earliest)),
        latest_ms=to_ms(profile.bounds.latest),
        ahead_of_ingest_ms=span_ms(profile.bounds.ahead_of_ingest),
    )
    limit = ShareLimit(profile.dead_letters.limit_share, profile.dead_letters.window)
    reference = _reference(job.store, profile.bank.time_zone)
    return Decoding(Codec(bounds), reference, Exchange(scopes), limit, stop, metrics)


def _reference(store: str | None, home_zone: str) -> Reference:
    if store is None:
        return Reference(home_zone)
    with patiently(lambda: open_store(store)) as opened:
        return Reference.of(opened.reference.all(), home_zone)


def _if_rejected(item: Addressed | Rejected) -> tuple[str, Rejected] | None:
    return (item.partition, item) if isinstance(item, Rejected) else None


def _if_for(plan: ScopePlan) -> Callable[[Addressed | Rejected], tuple[str, EventBatch] | None]:
    scope = plan.scope.value

    def pick(item: Addressed | Rejected) -> tuple[str, EventBatch] | None:
        return (item.bucket, item.batch) if isinstance(item, Addressed) and item.scope == scope else None

    return pick


def _watch(
    plan: ScopePlan, partitions: tuple[str, ...], metrics: Metrics, saves: bool
) -> Callable[[Snapshot | None], BucketWatch]:
    return lambda saved: BucketWatch(plan, partitions, metrics, saves=saves, saved=saved)
