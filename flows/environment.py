"""A flow over the inputs and into the store that the environment names (RISKDESK_...)."""

from pathlib import Path

from bytewax.dataflow import Dataflow

from cases.policy import QueuePolicy
from config.profiles import FlowName, load_profile
from config.settings import load_settings
from connectors.pulse import Pulse
from connectors.stopping import StopSign
from flows.dataflow import build_flow
from flows.job import Job
from flows.model_feed import feed_of
from flows.tracing import traces_of
from observability.metrics import Metrics


def build_named(flow: FlowName, profile: str) -> Dataflow:
    """Build a flow for Bytewax's runner.

    Raises ProfileError where the profile is wrong or for another flow, and what `build_flow` raises.
    """
    load_profile(Path(profile), QueuePolicy, flow)
    settings = load_settings()
    job = Job(
        profile=Path(profile),
        inputs=settings.inputs,
        topics=settings.topics,
        publish=True,
        follow=settings.follow,
        store=settings.store,
        alerts=settings.alerts,
        traces=settings.traces,
        traces_share=settings.traces_share,
    )
    metrics = Metrics()
    feed = feed_of(job, metrics)
    if job.follow:
        feed.follow()
    traces = traces_of(job)
    # Whether the runner keeps snapshots is its own affair: they are made as if it did.
    return build_flow(job, StopSign(), metrics, Pulse(), published=feed.tables, saves=True, traces=traces)
