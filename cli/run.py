"""riskdesk run: live events into the queue, watched over by a supervisor."""

from pathlib import Path

import click

from cases.policy import QueuePolicy
from config.profiles import FlowName, load_profile
from config.settings import load_settings
from flows.job import Job
from flows.progress import Progress
from flows.supervisor import supervise
from observability.logs import set_up_logs
from observability.metrics import Metrics, serve

# A flow that fails more often than this in a row needs a person, not another start.
_RESTARTS = 10

FLOWS: dict[str, FlowName] = {"card-risk": "card_risk", "device-watch": "device_watch"}


@click.command(
    "run",
    epilog=r"""
Example: riskdesk run card-risk --profile config/profiles/card_risk.yaml --input var/transactions.jsonl
--store sqlite:///var/riskdesk.sqlite --recovery var/recovery
""",
)
@click.argument("flow", type=click.Choice(tuple(FLOWS)))
@click.option(
    "--profile", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What to detect, and with which parameters.",
)  # fmt: skip
@click.option(
    "--input", "inputs", multiple=True, type=click.Path(path_type=Path),
    help="File or folder that grows; once for each partition.",
)  # fmt: skip
@click.option("--store", help="Queue that the alerts go into, such as sqlite:///var/riskdesk.sqlite.")
@click.option("--alerts", type=click.Path(dir_okay=False, path_type=Path), help="File for the alerts too.")
@click.option(
    "--recovery", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the state; without it a restart begins from the start.",
)  # fmt: skip
@click.option("--epoch-s", type=click.FloatRange(0.1, 600), help="Seconds between two snapshots of state.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the work.")
@click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Loopback port for Prometheus.")
@click.option("--follow/--no-follow", default=True, show_default=True, help="Wait for files to grow.")
@click.pass_context
def run(
    ctx: click.Context,
    flow: str,
    profile: Path,
    inputs: tuple[Path, ...],
    store: str | None,
    alerts: Path | None,
    recovery: Path | None,
    epoch_s: float | None,
    processes: int | None,
    metrics_port: int | None,
    follow: bool,
) -> None:
    """Watch live events with the detectors of a profile, and keep watching.

    A crash is followed by a restart from the last snapshot. SIGTERM or Ctrl-C ends the run with
    everything committed; so does a share of dead letters above the profile's limit, with exit code 1.
    """
    load_profile(profile, QueuePolicy, FLOWS[flow])
    settings = load_settings(
        inputs=inputs or None, store=store, alerts=alerts, recovery=recovery, epoch_s=epoch_s,
        processes=processes, metrics_port=metrics_port,
    )  # fmt: skip
    if not settings.inputs:
        raise click.UsageError("nothing to watch: give --input, or RISKDESK_INPUTS")
    job = Job(
        profile=profile,
        inputs=settings.inputs,
        follow=follow,
        store=settings.store,
        alerts=settings.alerts,
        recovery=settings.recovery,
        epoch_s=settings.epoch_s,
        # The supervisor answers on the port itself, its processes on those behind it.
        metrics_port=settings.metrics_port + 1 if settings.metrics_port else 0,
        log_level=settings.log_level,
    )
    set_up_logs(job.log_level)
    metrics = Metrics()
    end_serving = serve(metrics, settings.metrics_port) if settings.metrics_port else lambda: None
    try:
        code, reason = supervise(
            job, _unwatched, processes=settings.processes, restarts=_RESTARTS, on_restart=metrics.restarts.inc
        )
    finally:
        end_serving()
    click.echo(f"stopped: {reason or 'the input ended'}", err=True)
    ctx.exit(1 if code else 0)


def _unwatched(progress: Progress) -> None:
    del progress
